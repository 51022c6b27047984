import { invalid, type KubeObject } from '#api';
import { lookUp } from '#base';
import type { ServedKind } from '../contract.ts';
import { parseKey } from '#store';
import type { Core } from '../core.ts';
import { peekAll } from './cache-reads.ts';

/** The object with the unique names it needs, and the claims that the store shall give it. Throws ApiError 422 when none are left. */
export function withClaims(
  core: Core,
  {
    kind,
    key,
    object,
    previous,
    subresource,
    taken,
  }: { kind: ServedKind; key: string; object: KubeObject; previous?: KubeObject; subresource?: string; taken: ReadonlySet<string> },
): { object: KubeObject; claims?: string[] } {
  const part = subresource === undefined ? kind.definition : lookUp(kind.definition.subresources ?? {}, subresource);
  if (!part || !('allocate' in part) || !part.allocate) return { object };
  const chosen = part.allocate(object, previous, {
    ...core.ranges,
    taken: (claim) => taken.has(claim) || (core.cache.taken(claim) ?? key) !== key,
    holderOf: (claim) => {
      const holder = core.cache.taken(claim);
      return holder === undefined ? undefined : parseKey(holder);
    },
    list: (gvk) => peekAll(core, gvk),
    below: (limit) => core.random.below(limit),
  });
  if ('errors' in chosen) throw invalid(kind.definition.gvk, object.metadata.name ?? '', chosen.errors);
  return chosen;
}
