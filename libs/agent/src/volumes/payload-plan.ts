import type { KeyToPath, Pod } from '#api/types';
import { ConfigError, type DownwardFacts, fieldValue, resourcesOf, resourceValue } from '../environment-plan.ts';

/** Files of a volume made from API objects: path below the volume → content and mode. */
export type Payload = Map<string, { content: Buffer; mode: number }>;

/** What of an object becomes files. `data` undefined: the object does not exist. */
export interface PayloadSource {
  data: ReadonlyMap<string, Buffer> | undefined;
  items?: readonly KeyToPath[];
  mode: number;
  optional: boolean;
  /** `configmap "a"`, for messages. */
  what: string;
  name: string;
}

/** Files of a ConfigMap or Secret: every key, or those in `items` at their paths. */
export function objectPayload({ data, items, mode, optional, what, name }: PayloadSource): Payload {
  if (!data) {
    if (optional) return new Map();
    throw new ConfigError(`${what} "${name}" not found`);
  }
  if (!items?.length) return new Map([...data].map(([key, content]) => [key, { content, mode }]));
  const payload: Payload = new Map();
  for (const item of items) {
    const content = data.get(item.key);
    if (content) payload.set(item.path, { content, mode: item.mode ?? mode });
    else if (!optional) throw new ConfigError(`${what} references non-existent config key: ${item.key}`);
  }
  return payload;
}

type DownwardItems = NonNullable<NonNullable<Pod['spec']['volumes']>[number]['downwardAPI']>['items'];

/** Kubernetes, "Downward API". Throws ConfigError for a field or a container that is none. */
export function downwardPayload(pod: Pod, items: DownwardItems, { mode, facts }: { mode: number; facts: DownwardFacts }): Payload {
  const payload: Payload = new Map();
  for (const item of items ?? []) {
    const text = item.fieldRef
      ? fieldValue(pod, item.fieldRef.fieldPath, facts)
      : resourceValue(resourcesOf(pod, item.resourceFieldRef?.containerName ?? ''), item.resourceFieldRef!, facts);
    payload.set(item.path, { content: Buffer.from(text), mode: item.mode ?? mode });
  }
  return payload;
}

/** Of sources with the same path the last one counts. */
export function mergePayloads(payloads: readonly Payload[]): Payload {
  return new Map(payloads.flatMap((payload) => [...payload]));
}
