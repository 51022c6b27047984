import { apiVersionOf, applyTableDefaults, builtinTypes, decodeObject, type FieldError, type KubeObject } from '#api';
import type { Pod, PodSpec } from '#api/types';
import type { KindDefinition, WriteContext } from './contract.ts';

/** Any JSON: what a client would send. */
export type Json = Record<string, unknown>;

/** Who writes in tests, and when. */
export const someWrite: WriteContext = {
  user: { username: 'someone', groups: ['system:authenticated'] },
  now: new Date('2026-01-01T00:00:00Z'),
};

/** The object as it would be stored, after all defaults, were it accepted. */
export function created<T extends KubeObject>(kind: KindDefinition<T>, body: Json, write = someWrite): T {
  const defaulted = defaultsOf(kind, { metadata: { name: 'a', namespace: kind.scope === 'Namespaced' ? 'default' : undefined }, ...body });
  return kind.strategy?.prepareForCreate?.(defaulted, write) ?? defaulted;
}

/** Every complaint about a creation, as `field: message`. */
export function complaintsAbout<T extends KubeObject>(kind: KindDefinition<T>, body: Json): string[] {
  const object = created(kind, body);
  return lines([...kind.validate(object), ...(kind.validateCreate?.(object) ?? [])]);
}

/** What an update of `previous` to `body` becomes, and every complaint about it. */
export function updated<T extends KubeObject>(kind: KindDefinition<T>, previous: T, body: Json): { object: T; complaints: string[] } {
  const defaulted = defaultsOf(kind, body);
  const object = kind.strategy?.prepareForUpdate?.(defaulted, previous) ?? defaulted;
  return { object, complaints: lines([...kind.validate(object), ...(kind.validateUpdate?.(object, previous) ?? [])]) };
}

/** Upstream's way to write complaints. */
export const lines = (errors: readonly FieldError[]): string[] => errors.map(({ field, message }) => `${field}: ${message}`);

/** What `kubectl get` shows, by column. */
export function cells<T extends KubeObject>(
  kind: KindDefinition<T>,
  object: T,
  now = new Date('2026-01-01T00:00:00Z'),
): Record<string, unknown> {
  return Object.fromEntries(kind.columns.map((column) => [column.name, column.value(object, now)]));
}

function defaultsOf<T extends KubeObject>(kind: KindDefinition<T>, body: Json): T {
  const typed = { apiVersion: apiVersionOf(kind.gvk), kind: kind.gvk.kind, ...body };
  const decoded = decodeObject(builtinTypes, typed, { gvk: kind.gvk, fieldValidation: 'Strict' });
  const object = applyTableDefaults(builtinTypes, decoded) as T;
  return kind.applyDefaults?.(object) ?? object;
}

/** A pod spec of one good container, with changes. */
export const podSpec = (changes: Json = {}, container: Json = {}): Json => ({
  containers: [{ name: 'c', image: 'example.com/a/b:1', ...container }],
  ...changes,
});

/** A stored pod, for the parts that read pods. */
export const storedPod = (changes: { metadata?: Json; spec?: Json; status?: Json } = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a', namespace: 'default', uid: 'u1', creationTimestamp: '2025-12-31T23:00:00Z', ...changes.metadata },
  spec: { containers: [{ name: 'c', image: 'i' }], ...changes.spec } as PodSpec,
  status: { phase: 'Running', ...changes.status },
});
