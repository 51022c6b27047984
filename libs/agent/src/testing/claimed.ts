import type { PersistentVolume, PersistentVolumeClaim } from '#api/types';
import type { Api } from '#client/contract';
import { localStorage, resources, storageNames } from '#objects';

/** FakeApi gives it to the first object that it makes. */
const uid = 'uid-2';

/** A claim `data` of `default`, bound to the volume `pv1`, and what is given on top. */
export function claim(over: Partial<Pick<PersistentVolumeClaim, 'metadata' | 'spec' | 'status'>> = {}): PersistentVolumeClaim {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { namespace: 'default', name: 'data', ...over.metadata },
    spec: { volumeName: 'pv1', resources: { requests: { storage: '1Gi' } }, ...over.spec },
    status: { phase: 'Bound', capacity: { storage: '1Gi' }, ...over.status },
  };
}

/** A volume `pv1` of that claim. */
export function volume(spec: PersistentVolume['spec'], metadata: PersistentVolume['metadata'] = {}): PersistentVolume {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'pv1', uid: 'uid-pv', ...metadata },
    spec: {
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '1Gi' },
      claimRef: { namespace: 'default', name: 'data', uid },
      persistentVolumeReclaimPolicy: 'Delete',
      ...spec,
    },
  };
}

/** One of the built-in storage on `n1`. */
export const provisioned = (
  path: string,
  over: { metadata?: PersistentVolume['metadata']; spec?: PersistentVolume['spec'] } = {},
): PersistentVolume =>
  volume(
    { local: { path }, ...over.spec },
    {
      annotations: { [storageNames.provisionedBy]: localStorage.provisioner },
      labels: { [localStorage.nodeLabel]: 'n1' },
      finalizers: [localStorage.finalizer],
      ...over.metadata,
    },
  );

/** Both are there, the claim first. */
export function publish(api: Api, volumeObject: PersistentVolume, claimObject = claim()): Promise<unknown> {
  return api.writeMany([
    { verb: 'create', resource: resources.persistentVolumeClaims, namespace: 'default', object: claimObject },
    { verb: 'create', resource: resources.persistentVolumes, object: volumeObject },
  ]);
}
