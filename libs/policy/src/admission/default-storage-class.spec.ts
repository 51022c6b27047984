import { FakeView } from '#api-server/testing';
import type { PersistentVolumeClaim } from '#api/types';
import { admit, named } from '../testing/admission.ts';
import { defaultStorageClass } from './default-storage-class.ts';

const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
const classOf = (name: string, metadata: object) => ({
  ...named('StorageClass', name),
  apiVersion: 'storage.k8s.io/v1',
  metadata: { name, uid: name, ...metadata },
});
const resource = 'persistentvolumeclaims';

describe('DefaultStorageClass', () => {
  const classes = [
    classOf('old', { annotations, creationTimestamp: '2026-01-01T00:00:00Z' }),
    classOf('b', { annotations, creationTimestamp: '2026-01-02T00:00:00Z' }),
    classOf('a', { annotations, creationTimestamp: '2026-01-02T00:00:00Z' }),
    classOf('plain', { creationTimestamp: '2026-01-03T00:00:00Z' }),
  ];
  it.each<[string, object, object, string | undefined]>([
    ['the newest default, the first by name', {}, {}, 'a'],
    ['the class that it names', { storageClassName: 'plain' }, {}, 'plain'],
    ['none where it wants none', { storageClassName: '' }, {}, ''],
    ['none beside the one of its annotation', {}, { 'volume.beta.kubernetes.io/storage-class': 'plain' }, undefined],
  ])('a claim gets %s', async (_name, spec, given, want) => {
    const object = {
      ...named('PersistentVolumeClaim', 'c', { spec }, 'dev'),
      metadata: { name: 'c', namespace: 'dev', annotations: { ...given } },
    };
    const admitted = (await admit(defaultStorageClass, { resource, object }, new FakeView(...classes))) as PersistentVolumeClaim;
    expect(admitted.spec.storageClassName).toBe(want);
  });

  it('a claim waits where there is no default', async () => {
    const object = named('PersistentVolumeClaim', 'c', { spec: {} }, 'dev');
    expect(await admit(defaultStorageClass, { resource, object }, new FakeView(classes[3]!))).toBe(object);
  });
});
