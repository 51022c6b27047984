import { invalid, type KubeObject } from '#api';
import type { ServedKind } from '../contract.ts';
import type { Core } from '../core.ts';

/** The object with the unique names it needs, and the claims that the store shall give it. Throws ApiError 422 when none are left. */
export function withClaims(
  core: Core,
  {
    kind,
    key,
    object,
    previous,
    taken,
  }: { kind: ServedKind; key: string; object: KubeObject; previous?: KubeObject; taken: ReadonlySet<string> },
): { object: KubeObject; claims?: string[] } {
  const { definition } = kind;
  if (!definition.allocate) return { object };
  const chosen = definition.allocate(object, previous, {
    ...core.ranges,
    taken: (claim) => taken.has(claim) || (core.cache.taken(claim) ?? key) !== key,
    below: (limit) => core.random.below(limit),
  });
  if ('errors' in chosen) throw invalid(kind.definition.gvk, object.metadata.name ?? '', chosen.errors);
  return chosen;
}
