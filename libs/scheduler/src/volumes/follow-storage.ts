import type { KubeObject, Resource } from '#api';
import type { PersistentVolumeClaim } from '#api/types';
import type { InformerFactory } from '#client/contract';
import { resources } from '#objects';
import type { StorageCache, Stored } from '../cache/storage-cache.ts';
import type { PodInfo, StorageKind } from '../contract.ts';
import type { ClusterChange } from '../queue/scheduling-queue.ts';
import { claimNameOf } from './pod-claims.ts';

const followed: readonly { kind: keyof Stored; resource: Resource; event: StorageKind }[] = [
  { kind: 'storageClasses', resource: resources.storageClasses, event: 'StorageClass' },
  { kind: 'csiDrivers', resource: resources.csiDrivers, event: 'CSIDriver' },
  { kind: 'csiNodes', resource: resources.csiNodes, event: 'CSINode' },
  { kind: 'csiStorageCapacities', resource: resources.csiStorageCapacities, event: 'CSIStorageCapacity' },
  { kind: 'volumeAttachments', resource: resources.volumeAttachments, event: 'VolumeAttachment' },
  { kind: 'persistentVolumes', resource: resources.persistentVolumes, event: 'PersistentVolume' },
  { kind: 'persistentVolumeClaims', resource: resources.persistentVolumeClaims, event: 'PersistentVolumeClaim' },
];

/** Keeps the cache current, once all that is there is in it. Returns how to end it. */
export async function followStorage(
  informers: InformerFactory,
  cache: StorageCache,
  changed: (change: ClusterChange) => void,
): Promise<(() => void)[]> {
  const each = followed.map((of) => ({ ...of, informer: informers.informer<KubeObject>({ resource: of.resource }) }));
  await Promise.all(each.map(({ informer }) => informer.synced()));
  return each.map(({ kind, event, informer }) =>
    informer.onChange(({ object, previous, deleted }) => {
      cache.set(kind, object as Stored[typeof kind], deleted);
      const what = deleted ? 'delete' : previous ? 'update' : 'add';
      const concerns = kind === 'persistentVolumeClaims' ? usersOf(object as PersistentVolumeClaim) : undefined;
      changed({ resource: event, event: what, ...(concerns && { concerns }) });
    }),
  );
}

/** A claim helps no pod but those that name it. */
const usersOf =
  ({ metadata }: PersistentVolumeClaim) =>
  ({ pod, namespace }: PodInfo): boolean =>
    namespace === metadata.namespace && (pod.spec.volumes ?? []).some((volume) => claimNameOf(pod, volume) === metadata.name);
