import { ApiError, type Status } from '#api';
import type { Pod, StatefulSet } from '#api/types';
import type { WriteItem, WriteResult } from '#client';
import type { Io } from '#controller-runtime/contract';
import { resources } from '#objects';
import { createClaims, hasStaleClaim } from './claims.ts';
import { type Blueprint, statefulPod } from './identity.ts';

/** `pkg/controller/statefulset/stateful_pod_control.go`, in its words. */
type Verb = 'create' | 'delete' | 'update';

function tell(io: Io, set: StatefulSet, { verb, pod, failed }: { verb: Verb; pod: string; failed?: string }): void {
  const what = `${verb} Pod ${pod} in StatefulSet ${set.metadata.name}`;
  const titled = `${verb[0]!.toUpperCase()}${verb.slice(1)}`;
  io.events.event(
    set,
    failed === undefined
      ? { type: 'Normal', reason: `Successful${titled}`, message: `${what} successful` }
      : { type: 'Warning', reason: `Failed${titled}`, message: `${what} failed error: ${failed}` },
  );
}

/** At most this many at a time: `statefulset.MaxBatchSize`. */
const mostAtOnce = 500;

/** In calls that double while nothing is refused. Throws the first refusal. */
export async function createStatefulPods(io: Io, set: StatefulSet, blueprints: readonly Blueprint[]): Promise<void> {
  for (let from = 0, size = 1; from < blueprints.length; from += size, size = Math.min(size * 2, mostAtOnce)) {
    const pods = blueprints.slice(from, from + size).map((blueprint) => statefulPod(set, blueprint));
    for (const { metadata } of pods) {
      if (await hasStaleClaim(io, set, metadata.name))
        throw new Error(`a claim of pod ${metadata.name} is still to go with the one before`);
      const failed = await createClaims(io, set, metadata.name);
      if (failed === undefined) continue;
      tell(io, set, { verb: 'create', pod: metadata.name, failed });
      throw new Error(failed);
    }
    const { namespace } = set.metadata;
    const items = pods.map((object): WriteItem => ({ verb: 'create', resource: resources.pods, namespace, object }));
    const results = await io.api.writeMany(items);
    results.forEach((result, i) => tellCreated(io, set, pods[i]!.metadata.name, result));
    const refused = results.find((result) => !result.ok);
    if (refused && !refused.ok && !isOfGoingNamespace(refused.status)) throw ApiError.fromStatus(refused.status);
  }
}

/** A pod of that name that is another's, or that the cache does not show yet, is no event. */
function tellCreated(io: Io, set: StatefulSet, pod: string, result: WriteResult): void {
  if (result.ok) tell(io, set, { verb: 'create', pod });
  else if (result.status.reason !== 'AlreadyExists' && !isOfGoingNamespace(result.status)) {
    tell(io, set, { verb: 'create', pod, failed: result.status.message });
  }
}

function isOfGoingNamespace({ details }: Status): boolean {
  return details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating') ?? false;
}

/** Those that are gone already, or were made anew under the same name, are no failure. */
export async function deleteStatefulPods(io: Io, set: StatefulSet, pods: readonly Pod[]): Promise<void> {
  const items = pods.map(({ metadata: { namespace, name = '', uid } }): WriteItem => {
    return { verb: 'delete', resource: resources.pods, namespace, name, options: { preconditions: { uid } } };
  });
  const results = await io.api.writeMany(items);
  let failed: Status | undefined;
  results.forEach((result, i) => {
    const pod = pods[i]!.metadata.name ?? '';
    if (result.ok) return tell(io, set, { verb: 'delete', pod });
    if (result.status.code === 404 || result.status.code === 409) return;
    failed ??= result.status;
    tell(io, set, { verb: 'delete', pod, failed: result.status.message });
  });
  if (failed) throw ApiError.fromStatus(failed);
}

/** Gives a pod the labels of its identity back. */
export async function relabel(io: Io, set: StatefulSet, { metadata }: Pod, labels: Record<string, string>): Promise<void> {
  const { namespace, name = '', uid } = metadata;
  const patch = { metadata: { uid, labels } };
  const item: WriteItem = { verb: 'patch', resource: resources.pods, namespace, name, patchType: 'application/merge-patch+json', patch };
  const [result] = await io.api.writeMany([item]);
  if (!result || (!result.ok && result.status.code === 404)) return;
  tell(io, set, { verb: 'update', pod: name, ...(!result.ok && { failed: result.status.message }) });
  if (!result.ok) throw ApiError.fromStatus(result.status);
}
