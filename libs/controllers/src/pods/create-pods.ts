import { ApiError, type KubeObject, type OwnerReference, type Status } from '#api';
import type { Pod, PodTemplateSpec } from '#api/types';
import type { WriteItem, WriteResult } from '#client';
import type { Io } from '#controller-runtime/contract';
import { resources } from '#objects';

/** A pod of an owner's template: `pkg/controller/controller_utils.go`, GetPodFromTemplate. */
export function podFromTemplate(owner: KubeObject, template: PodTemplateSpec, reference: OwnerReference): KubeObject & { spec: unknown } {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: owner.metadata.namespace,
      generateName: `${owner.metadata.name}-`,
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ...(finalizers && { finalizers }),
      ownerReferences: [reference],
    },
    spec: template.spec,
  };
}

/**
 * Creates pods in calls that begin with `first` of them and double while none is refused: a quota or a webhook that refuses is not asked for
 * all of them each time. Events tell what came of it. Throws the first refusal; a namespace that is going away is none: its content goes too.
 */
export async function createPods(io: Io, owner: KubeObject, pods: readonly KubeObject[], { first }: { first: number }): Promise<void> {
  const { namespace } = owner.metadata;
  for (let from = 0, size = first; from < pods.length; from += size, size *= 2) {
    const items = pods
      .slice(from, from + size)
      .map((object): WriteItem => ({ verb: 'create', resource: resources.pods, namespace, object, wantObject: true }));
    const results = await io.api.writeMany(items);
    for (const result of results) if (result.ok) created(io, owner, result.object as Pod);
    const refused = firstRefusal(results);
    if (!refused) continue;
    if (refused.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating')) return;
    io.events.event(owner, { type: 'Warning', reason: 'FailedCreate', message: `Error creating: ${refused.message}` });
    throw ApiError.fromStatus(refused);
  }
}

function created(io: Io, owner: KubeObject, pod: Pod): void {
  io.events.event(owner, { type: 'Normal', reason: 'SuccessfulCreate', message: `Created pod: ${pod.metadata.name}` });
}

/** Deletes pods in one call; those that are gone already, or were made anew under the same name, are no failure. */
export async function deletePods(io: Io, owner: KubeObject, pods: readonly Pod[]): Promise<void> {
  const results = await io.api.writeMany(
    pods.map(({ metadata: { namespace, name = '', uid } }) => ({
      verb: 'delete',
      resource: resources.pods,
      namespace,
      name,
      options: { preconditions: { uid } },
    })),
  );
  let failed: Status | undefined;
  results.forEach((result, i) => {
    const name = pods[i]!.metadata.name;
    if (result.ok) io.events.event(owner, { type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${name}` });
    else if (result.status.code !== 404 && result.status.code !== 409) {
      failed ??= result.status;
      io.events.event(owner, { type: 'Warning', reason: 'FailedDelete', message: `Error deleting: ${result.status.message}` });
    }
  });
  if (failed) throw ApiError.fromStatus(failed);
}

function firstRefusal(results: readonly WriteResult[]): Status | undefined {
  for (const result of results) if (!result.ok) return result.status;
  return undefined;
}
