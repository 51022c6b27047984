import type { Volume } from '#api/types';
import { type FilterPlugin, type NodeInfo, type PodInfo, type PreFilterPlugin, success, unschedulable } from '../contract.ts';
import { claimNameOf, hasClaims } from '../volumes/pod-claims.ts';

interface Kept {
  /** Claims for one pod alone. */
  exclusive: ReadonlySet<string>;
  /** Disks that the pod mounts without a claim. */
  disks: readonly Volume[];
}

const key = 'VolumeRestrictions';

/** A claim that is for one pod is used by one at a time (KEP-2485), and so is a disk that cannot be shared. */
export const volumeRestrictions: PreFilterPlugin & FilterPlugin = {
  name: key,
  requeueOn: [
    { resource: 'Pod', events: ['delete'] },
    { resource: 'Node', events: ['add'] },
    { resource: 'PersistentVolumeClaim', events: ['add'] },
  ],
  preFilter(state, pod, { storage }) {
    const volumes = pod.pod.spec.volumes ?? [];
    const exclusive = hasClaims(pod)
      ? volumes.flatMap((volume) => claimNameOf(pod.pod, volume) ?? []).filter((name) => isExclusive(storage.claim(pod.namespace, name)))
      : [];
    const disks = volumes.filter((volume) => diskKinds.some((kind) => volume[kind]));
    if (exclusive.length === 0 && disks.length === 0) return 'skip';
    state.set(key, { exclusive: new Set(exclusive), disks } satisfies Kept);
    return undefined;
  },
  filter(state, pod, node) {
    const { exclusive, disks } = state.get(key) as Kept;
    const others = [...node.pods.values()].filter(({ uid }) => uid !== pod.uid);
    if (others.some((other) => sharesClaim(other, pod, exclusive))) {
      return unschedulable('node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode');
    }
    return disks.some((disk) => isTaken(disk, others)) ? unschedulable('node(s) had no available disk') : success;
  },
};

const isExclusive = (claim: { spec: { accessModes?: string[] } } | undefined): boolean =>
  claim?.spec.accessModes?.includes('ReadWriteOncePod') ?? false;

const sharesClaim = (other: PodInfo, pod: PodInfo, exclusive: ReadonlySet<string>): boolean =>
  exclusive.size > 0 &&
  other.namespace === pod.namespace &&
  (other.pod.spec.volumes ?? []).some((volume) => exclusive.has(claimNameOf(other.pod, volume) ?? ''));

const diskKinds = ['gcePersistentDisk', 'awsElasticBlockStore', 'iscsi', 'rbd'] as const;

const isTaken = (disk: Volume, others: NodeInfo['pods'] extends ReadonlyMap<string, infer P> ? readonly P[] : never): boolean =>
  others.some(({ pod }) => (pod.spec.volumes ?? []).some((volume) => clashes(disk, volume)));

/** Mounted read-only by both, a disk can be shared, but for one of EBS. */
function clashes(a: Volume, b: Volume): boolean {
  const bothReadOnly = (x: { readOnly?: boolean }, y: { readOnly?: boolean }): boolean => Boolean(x.readOnly && y.readOnly);
  if (a.gcePersistentDisk && b.gcePersistentDisk) {
    return a.gcePersistentDisk.pdName === b.gcePersistentDisk.pdName && !bothReadOnly(a.gcePersistentDisk, b.gcePersistentDisk);
  }
  if (a.awsElasticBlockStore && b.awsElasticBlockStore) return a.awsElasticBlockStore.volumeID === b.awsElasticBlockStore.volumeID;
  if (a.iscsi && b.iscsi) return a.iscsi.iqn === b.iscsi.iqn && !bothReadOnly(a.iscsi, b.iscsi);
  if (!a.rbd || !b.rbd) return false;
  const [x, y] = [a.rbd, b.rbd];
  const sameImage = x.image === y.image && (x.pool ?? 'rbd') === (y.pool ?? 'rbd');
  return sameImage && x.monitors.some((monitor) => y.monitors.includes(monitor)) && !bothReadOnly(x, y);
}
