import { type Gvk, type KubeObject, notFound } from '#api';
import type { ServedKind } from '../contract.ts';
import type { Core } from '../core.ts';
import { keyFor, present } from './cache-reads.ts';
import { type Decision, unchanged, untilWritten } from './decide.ts';
import { finished } from './finish-deletion.ts';
import { isNoOp, withServerFields } from './next-stored.ts';

/** Throws ApiError 404 when the kind is not served. */
export function servedKind(core: Core, gvk: Gvk): ServedKind {
  const kind = core.kinds.ofGvk(gvk);
  if (!kind) throw notFound({ group: gvk.group, resource: gvk.kind }, '');
  return kind;
}

/** Reads, changes and writes an object of the server's own accord, until no other writer interferes. */
export async function modify<O extends KubeObject>(
  core: Core,
  { kind, namespace, name }: { kind: ServedKind; namespace: string; name: string },
  change: (object: O) => O | undefined,
): Promise<O> {
  const key = keyFor(kind, namespace, name);
  const decide = async (): Promise<Decision> => {
    const current = await present(core, kind, key, name);
    const wanted = change(current.object as O);
    if (!wanted) return { do: 'answer', written: unchanged(kind, current) };
    // A kind's own action may change what clients may not: a binding sets `spec.nodeName`.
    const next = withServerFields(kind, wanted, current.object);
    if (isNoOp(next, current.object)) return { do: 'answer', written: unchanged(kind, current) };
    const outcome = finished(kind, next, current.object) ? 'deleted' : 'updated';
    return { do: 'write', outcome, kind, key, expect: current.revision, object: next, previous: current.object };
  };
  const written = await untilWritten(core, decide, { retries: () => true });
  return written.served.object as O;
}
