import { chmod, chown, mkdir } from 'node:fs/promises';
import { quantityValue } from '#api';
import type { Pod } from '#api/types';
import { removeTree } from '#base';
import { podResources } from '../../resources-plan.ts';
import type { VolumeNode, VolumePlugin } from '../volume-plugin.ts';

/** Kubernetes, "emptyDir": lives as long as its pod, on disk or in memory. */
export const emptyDir: VolumePlugin<'emptyDir'> = {
  type: 'emptyDir',
  refusal: ({ medium }) => {
    // No node has huge pages to give, so that no pod comes here which requests some.
    if (medium?.startsWith('HugePages'))
      return `medium ${medium}: hugePages storage requested, but there is no resource request for huge pages`;
    return medium && medium !== 'Memory' ? `unknown storage medium "${medium}"` : undefined;
  },
  async setUp({ pod, source: { medium, sizeLimit }, directory }, node) {
    const gid = pod.spec.securityContext?.fsGroup;
    await mkdir(directory, { recursive: true });
    if (medium === 'Memory') node.mounts.tmpfs(directory, { mode: 0o777, sizeBytes: memoryBytes(pod, sizeLimit, node) });
    if (gid !== undefined) await chown(directory, 0, gid);
    await chmod(directory, gid === undefined ? 0o777 : 0o2777);
  },
  async tearDown({ directory }, { mounts }) {
    // What a privileged container has mounted inside goes before what it is mounted on.
    for (const mount of mounts.mountsBelow(directory)) await mounts.unmount(mount);
    await removeTree(directory);
  },
};

/** KEP-1967: no more than the pod may use, and than it asks for. */
function memoryBytes(pod: Pod, sizeLimit: string | undefined, { facts }: VolumeNode): number {
  const most = podResources(pod).memoryLimitBytes ?? facts().nodeAllocatable.memoryBytes;
  const wanted = sizeLimit ? quantityValue(sizeLimit) : 0;
  return wanted > 0 ? Math.min(wanted, most) : most;
}
