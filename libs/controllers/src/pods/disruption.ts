import { timestamp } from '#api';
import type { Pod, PodStatus } from '#api/types';
import type { Api } from '#client';
import { resources } from '#objects';
import { write } from '../status.ts';

/** KEP-3329: says why the system ends a pod, before it does. With a phase, the pod is over as well: its node cannot say so any more. */
export async function markDisrupted(
  api: Api,
  pod: Pod,
  { reason, message, now, phase }: { reason: string; message: string; now: Date; phase?: 'Failed' },
): Promise<void> {
  const condition = { type: 'DisruptionTarget', status: 'True', lastTransitionTime: timestamp(now), reason, message };
  // Conditions merge by type, so what the node writes meanwhile stays.
  const status: PodStatus = { conditions: [condition], ...(phase && { phase }) };
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
