import { timestamp } from '#api';
import type { Pod, PodCondition, PodStatus } from '#api/types';
import type { Api } from '#client';
import { resources } from '#objects';
import { write } from '../status.ts';

/** KEP-3329: says why the system ends a pod, before it does. */
export async function markDisrupted(
  api: Api,
  pod: Pod,
  { reason, message, now }: { reason: string; message: string; now: Date },
): Promise<void> {
  await patchStatus(api, pod, { conditions: [disruptionTarget(reason, message, now)] });
}

export function disruptionTarget(reason: string, message: string, now: Date): PodCondition {
  return { type: 'DisruptionTarget', status: 'True', lastTransitionTime: timestamp(now), reason, message };
}

/** Conditions merge by type, so what the node writes meanwhile stays. */
export async function patchStatus(api: Api, pod: Pod, status: PodStatus): Promise<void> {
  const { namespace, name = '', uid } = pod.metadata;
  await write(api, {
    verb: 'patch',
    resource: resources.pods,
    subresource: 'status',
    namespace,
    name,
    patchType: 'application/strategic-merge-patch+json',
    patch: { metadata: { uid }, status },
  });
}
