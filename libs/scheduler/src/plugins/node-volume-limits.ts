import { claimClassOf } from '#objects';
import { type FilterPlugin, type PodInfo, type PreFilterPlugin, type Storage, success, unschedulable } from '../contract.ts';
import { claimNameOf } from '../volumes/pod-claims.ts';

/** Driver → its volumes that a pod uses. */
type DriverVolumes = ReadonlyMap<string, ReadonlySet<string>>;

interface Kept {
  storage: Storage;
  wanted: DriverVolumes;
}

const key = 'NodeVolumeLimits';

/** No node gets more volumes of a driver than the driver says that it can have there (KEP-554). */
export const nodeVolumeLimits: PreFilterPlugin & FilterPlugin = {
  name: key,
  requeueOn: [
    { resource: 'CSINode', events: ['add', 'update'] },
    { resource: 'Pod', events: ['delete'] },
    { resource: 'PersistentVolumeClaim', events: ['add'] },
    { resource: 'VolumeAttachment', events: ['delete'] },
  ],
  preFilter(state, pod, { storage }) {
    const wanted = driverVolumes(pod, storage);
    if (wanted.size === 0) return 'skip';
    state.set(key, { storage, wanted } satisfies Kept);
    return undefined;
  },
  filter(state, pod, node) {
    const { storage, wanted } = state.get(key) as Kept;
    const limits = storage.csiNode(node.name)?.spec.drivers ?? [];
    for (const { name, allocatable } of limits) {
      const volumes = wanted.get(name);
      if (!volumes || allocatable?.count === undefined) continue;
      const there = new Set<string>(volumes);
      for (const other of node.pods.values()) {
        if (other.uid !== pod.uid) for (const volume of driverVolumes(other, storage).get(name) ?? []) there.add(volume);
      }
      for (const volume of attachedVolumes(node.name, name, storage)) there.add(volume);
      if (there.size > allocatable.count) return unschedulable('node(s) exceed max volume count');
    }
    return success;
  },
};

/** A claim without a volume counts for the driver of its class: it will have one. */
function driverVolumes({ pod, namespace }: PodInfo, storage: Storage): DriverVolumes {
  const found = new Map<string, Set<string>>();
  for (const volume of pod.spec.volumes ?? []) {
    const name = claimNameOf(pod, volume);
    const claim = name === undefined ? undefined : storage.claim(namespace, name);
    if (!claim) continue;
    const csi = claim.spec.volumeName ? storage.volume(claim.spec.volumeName)?.spec.csi : undefined;
    const driver = csi?.driver ?? (claim.spec.volumeName ? undefined : storage.storageClass(claimClassOf(claim) ?? '')?.provisioner);
    if (driver === undefined) continue;
    const volumes = found.get(driver) ?? new Set<string>();
    found.set(driver, volumes.add(csi ? idOf(csi) : `claim ${namespace}/${name}`));
  }
  return found;
}

const idOf = ({ volumeHandle }: { volumeHandle: string }): string => `volume ${volumeHandle}`;

/** Also those that no pod uses any more, until they are detached. */
function attachedVolumes(nodeName: string, driver: string, storage: Storage): string[] {
  return storage.attachments(nodeName).flatMap(({ spec: { attacher, source } }) => {
    const name = source.persistentVolumeName;
    const spec = name === undefined ? source.inlineVolumeSpec : storage.volume(name)?.spec;
    return attacher === driver && spec?.csi ? [idOf(spec.csi)] : [];
  });
}
