import { type FilterPlugin, type PodInfo, success, unresolvable, type Verdict } from '../contract.ts';

/** A pod waits for the claims of its volumes. No claim is served yet, so each of them is one that is not there. */
export const volumeBinding: FilterPlugin = {
  name: 'VolumeBinding',
  requeueOn: [],
  filter: (_state, pod) => missingClaim(pod),
};

function missingClaim({ pod }: PodInfo): Verdict {
  for (const { name, persistentVolumeClaim, ephemeral } of pod.spec?.volumes ?? []) {
    if (persistentVolumeClaim) return unresolvable(`persistentvolumeclaim "${persistentVolumeClaim.claimName}" not found`);
    const generated = `${pod.metadata.name}-${name}`;
    if (ephemeral) return unresolvable(`waiting for ephemeral volume controller to create the persistentvolumeclaim "${generated}"`);
  }
  return success;
}
