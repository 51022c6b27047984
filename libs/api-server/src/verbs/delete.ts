import { badRequest, conflict, type GroupResource, type KubeObject, timestamp } from '#api';
import type { CachedObject } from '#store';
import type { DeleteOptions, ServedKind, WriteRequest, Written } from '../contract.ts';
import type { Core } from '../core.ts';
import { sameJson } from '../objects/equality.ts';
import { admit, admissionOf, warner } from '../writes/admit.ts';
import { keyFor, present, seen } from '../writes/cache-reads.ts';
import { type Decision, unchanged, untilWritten } from '../writes/decide.ts';

/** DELETE of one object, from a client, a kind's own action or a collection. */
export type DeleteRequest = Extract<WriteRequest, { verb: 'delete' }>;

const orphan = 'orphan';
const foreground = 'foregroundDeletion';

/** DELETE of one object: at once, or marked and left to whoever must act first (grace, finalizers). `k8s.io/apiserver` registry Store.Delete. */
export async function remove(core: Core, kind: ServedKind, request: DeleteRequest): Promise<Written> {
  const { name, namespace, options = {} } = request;
  checkOptions(options);
  const asked = options.propagationPolicy !== undefined || options.orphanDependents !== undefined;
  const warning = asked ? undefined : kind.definition.strategy?.deletionWarning;
  if (warning) request.warn?.(warning);
  const key = keyFor(kind, namespace, name);
  const decide = async (): Promise<Decision> => {
    const current = await present(core, kind, key, name);
    await checkPreconditions(core, kind, current, options);
    await admit(core, admissionOf('delete', kind, request, { object: undefined, oldObject: current.object }), warner(request));
    const marked = markedForDeletion(core, kind, current.object, options);
    const write = { do: 'write', kind, key, expect: current.revision, previous: current.object } as const;
    if (!marked) return { ...write, outcome: 'deleted', object: lastState(core, kind, current.object) };
    if (sameJson(marked, current.object)) return { do: 'answer', written: unchanged(kind, current) };
    return { ...write, outcome: 'updated', object: marked };
  };
  return untilWritten(core, decide, { dryRun: request.dryRun, retries: () => true });
}

/** Both say what becomes of dependents; `orphanDependents` is the older of the two. Throws ApiError 400. */
function checkOptions(options: DeleteOptions): void {
  if (options.orphanDependents !== undefined && options.propagationPolicy !== undefined) {
    throw badRequest('orphanDependents and deletionPropagation cannot be both set');
  }
}

/**
 * A delete is for the object that the client meant, not for one that took its name since. Throws ApiError 409. A version which is newer
 * than the cache is waited for before it is judged.
 */
async function checkPreconditions(core: Core, kind: ServedKind, current: CachedObject, { preconditions }: DeleteOptions): Promise<void> {
  const { uid, resourceVersion } = preconditions ?? {};
  const { name = '', uid: own } = current.object.metadata;
  if (uid !== undefined && uid !== own) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${own}). The object might have been deleted and then recreated`;
    throw conflict(kindOf(kind), name, why);
  }
  if (resourceVersion === undefined || resourceVersion === String(current.revision)) return;
  if (/^\d+$/.test(resourceVersion) && Number(resourceVersion) > core.cache.revision) await seen(core, Number(resourceVersion));
  const now = core.cache.get(current.key);
  if (now && String(now.revision) === resourceVersion) return;
  const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${current.revision}). The object might have been modified`;
  throw conflict(kindOf(kind), name, why);
}

/** Preconditions blame the kind, not the resource: `rest.BeforeDelete`. */
const kindOf = ({ gvk }: ServedKind): GroupResource => ({ group: gvk.group, resource: gvk.kind });

/** The object as it waits for its end; undefined when nothing keeps it. */
function markedForDeletion(core: Core, kind: ServedKind, object: KubeObject, options: DeleteOptions): KubeObject | undefined {
  const { strategy } = kind.definition;
  const finalizers = finalizersAfter(kind, object, options);
  const graceful = strategy?.deletionGrace?.(object, options.gracePeriodSeconds);
  const base = graceful?.object ?? object;
  const kept = finalizers.length > 0;
  const canFinish = strategy?.canFinish?.(base) ?? true;
  const graceSeconds = graceful?.graceSeconds ?? 0;
  if (graceSeconds === 0 && !kept && canFinish) return undefined;
  const metadata = { ...base.metadata, finalizers };
  if (!kept) delete (metadata as { finalizers?: string[] }).finalizers;
  // The first mark changes what controllers should do: generation tells them.
  if (!object.metadata.deletionTimestamp && metadata.generation) metadata.generation += 1;
  return { ...base, metadata: { ...metadata, ...deletionMark(core, { object, graceSeconds, showGrace: canFinish }) } };
}

/** What is answered of an object that goes at once: kinds with a grace say that there was none left. */
function lastState(core: Core, kind: ServedKind, object: KubeObject): KubeObject {
  if (!kind.definition.strategy?.deletionGrace || kind.definition.strategy.canFinish) return object;
  const { deletionTimestamp = timestamp(core.clock.now()) } = object.metadata;
  return { ...object, metadata: { ...object.metadata, deletionTimestamp, deletionGracePeriodSeconds: 0 } };
}

/** When the object shall be gone. A second delete may shorten the grace of the first, never lengthen it. */
function deletionMark(
  core: Core,
  { object, graceSeconds, showGrace }: { object: KubeObject; graceSeconds: number; showGrace: boolean },
): Pick<KubeObject['metadata'], 'deletionTimestamp' | 'deletionGracePeriodSeconds'> {
  const { deletionTimestamp: earlier, deletionGracePeriodSeconds: earlierGrace = 0 } = object.metadata;
  const shown = (seconds: number) => (showGrace ? { deletionGracePeriodSeconds: seconds } : {});
  if (!earlier) return { deletionTimestamp: timestamp(new Date(core.clock.now().getTime() + graceSeconds * 1000)), ...shown(graceSeconds) };
  if (graceSeconds >= earlierGrace) return { deletionTimestamp: earlier, ...shown(earlierGrace) };
  const requested = new Date(earlier).getTime() - earlierGrace * 1000;
  return { deletionTimestamp: timestamp(new Date(requested + graceSeconds * 1000)), ...shown(graceSeconds) };
}

/** What the garbage collector must do first: `deletionFinalizersForGarbageCollection`. */
function finalizersAfter(kind: ServedKind, object: KubeObject, options: DeleteOptions): string[] {
  const present = object.metadata.finalizers ?? [];
  const others = present.filter((finalizer) => finalizer !== orphan && finalizer !== foreground);
  const policy =
    options.propagationPolicy ?? (options.orphanDependents === undefined ? undefined : options.orphanDependents ? 'Orphan' : 'Background');
  switch (policy) {
    case 'Orphan':
      return [...others, orphan];
    case 'Foreground':
      return [...others, foreground];
    case 'Background':
      return others;
  }
  if (present.length !== others.length) return [...present];
  return kind.definition.strategy?.defaultPropagation === 'Orphan' ? [...others, orphan] : others;
}
