import { admit, named } from '../testing/admission.ts';
import { storageProtection } from './storage-protection.ts';

describe('StorageObjectInUseProtection', () => {
  it.each([
    ['persistentvolumeclaims', 'PersistentVolumeClaim', [], ['kubernetes.io/pvc-protection']],
    ['persistentvolumes', 'PersistentVolume', ['a/b'], ['a/b', 'kubernetes.io/pv-protection']],
    ['persistentvolumes', 'PersistentVolume', ['kubernetes.io/pv-protection'], ['kubernetes.io/pv-protection']],
    ['secrets', 'Secret', [], []],
  ])('protects %s: %s with %j has %j', async (resource, kind, finalizers, want) => {
    const object = { ...named(kind, 'a'), metadata: { name: 'a', finalizers } };
    expect((await admit(storageProtection, { resource, object }))?.metadata.finalizers).toEqual(want);
  });
});
