import type {
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  PersistentVolumeSpec,
  StorageClass,
} from '#api/types';
import { localStorage } from '#objects';
import { node } from './small-cluster.ts';

/** A volume of a gibibyte that is free, as the api-server stores it. */
export function volume(name: string, spec: Partial<PersistentVolumeSpec> = {}, rest: Partial<PersistentVolume> = {}): PersistentVolume {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, uid: name, finalizers: ['kubernetes.io/pv-protection'] },
    status: { phase: 'Available' },
    ...rest,
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      volumeMode: 'Filesystem',
      hostPath: { path: '/x', type: '' },
      ...spec,
    },
  };
}

/** A claim of a gibibyte of no class. */
export function claim(
  name: string,
  spec: Partial<PersistentVolumeClaimSpec> = {},
  rest: Partial<PersistentVolumeClaim> = {},
): PersistentVolumeClaim {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: 'default', uid: name, finalizers: ['kubernetes.io/pvc-protection'] },
    status: { phase: 'Pending' },
    ...rest,
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      storageClassName: '',
      volumeMode: 'Filesystem',
      ...spec,
    },
  };
}

export function storageClass(name: string, changes: Partial<StorageClass> = {}): StorageClass {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name },
    provisioner: 'example.com/p',
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'Immediate',
    ...changes,
  };
}

/** Volumes are directories of the node that the pod is put on. */
export const localClass = storageClass('local', {
  provisioner: localStorage.provisioner,
  volumeBindingMode: 'WaitForFirstConsumer',
  allowVolumeExpansion: true,
});

export const nodeWithStorage = (name: string): Node => ({
  ...node(name),
  metadata: { name, labels: { 'kubernetes.io/hostname': `${name}.lan` }, annotations: { [localStorage.pathAnnotation]: '/var/lib/v' } },
});
