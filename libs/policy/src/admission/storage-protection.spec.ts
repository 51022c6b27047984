import { admit, named } from '../testing/admission.ts';
import { storageProtection } from './storage-protection.ts';

describe('StorageObjectInUseProtection', () => {
  it.each<[string, string, string[], string[], string?]>([
    ['persistentvolumeclaims', 'PersistentVolumeClaim', [], ['kubernetes.io/pvc-protection']],
    ['persistentvolumes', 'PersistentVolume', ['a/b'], ['a/b', 'kubernetes.io/pv-protection']],
    ['persistentvolumes', 'PersistentVolume', ['kubernetes.io/pv-protection'], ['kubernetes.io/pv-protection']],
    ['volumeattributesclasses', 'VolumeAttributesClass', [], ['kubernetes.io/vac-protection'], 'storage.k8s.io'],
    ['secrets', 'Secret', [], []],
  ])('protects %s: %s with %j has %j', async (resource, kind, ...[finalizers, want, group = '']) => {
    const object = { ...named(kind, 'a'), metadata: { name: 'a', finalizers } };
    expect((await admit(storageProtection, { resource, group, object }))?.metadata.finalizers).toEqual(want);
  });
});
