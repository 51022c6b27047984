import type { CSINode, VolumeAttachment, PersistentVolume, PersistentVolumeClaim, StorageClass, Volume } from '#api/types';
import { clusterOf, node, pod, verdicts } from '../testing.ts';
import { nodeVolumeLimits } from './node-volume-limits.ts';

const driver = 'x.example.com';
const bound = (name: string, volumeName?: string): PersistentVolumeClaim =>
  ({ metadata: { name, namespace: 'default' }, spec: { volumeName, storageClassName: 'x' } }) as PersistentVolumeClaim;
const volume = (name: string, volumeHandle = name): PersistentVolume =>
  ({ metadata: { name }, spec: { csi: { driver, volumeHandle } } }) as PersistentVolume;
const limited = (name: string, count: number): CSINode =>
  ({ metadata: { name }, spec: { drivers: [{ name: driver, nodeID: name, allocatable: { count } }] } }) as CSINode;
const mount = (...names: string[]): Volume[] => names.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } }));
const full = 'node(s) exceed max volume count';

it.each<[string, Volume[], unknown]>([
  ['a pod without volumes of a driver is not asked', [{ name: 'v', emptyDir: {} }], 'skip'],
  ['one more than the driver can have', mount('c'), { a: full, b: 'fits' }],
  ['one that is there already is no more', mount('a'), { a: 'fits', b: 'fits' }],
  ['one that is there under another claim is no more', mount('again'), { a: 'fits', b: 'fits' }],
  ['one that is still to be made is one more', mount('pending'), { a: full, b: 'fits' }],
])('%s', (_name, volumes, want) => {
  const running = [pod('q', { nodeName: 'a', spec: { volumes: mount('a', 'b') } })];
  const cluster = clusterOf([node('a'), node('b')], running, {
    persistentVolumeClaims: [bound('a', 'va'), bound('b', 'vb'), bound('c', 'vc'), bound('again', 'again'), bound('pending')],
    persistentVolumes: [volume('va'), volume('vb'), volume('vc'), volume('again', 'va')],
    storageClasses: [{ metadata: { name: 'x' }, provisioner: driver } as StorageClass],
    csiNodes: [limited('a', 2), limited('b', 2)],
  });
  expect(verdicts(nodeVolumeLimits, pod('p', { spec: { volumes } }), cluster)).toEqual(want);
});

it.each<[string, object, unknown]>([
  ['one that is attached counts, though no pod uses it', { persistentVolumeName: 'vb' }, { a: full }],
  ['one of no claim counts', { inlineVolumeSpec: { csi: { driver, volumeHandle: 'inline' } } }, { a: full }],
  ['one that the pod wants is no more', { persistentVolumeName: 'va' }, { a: 'fits' }],
  ['one whose volume is gone is not known', { persistentVolumeName: 'gone' }, { a: 'fits' }],
])('%s', (_name, source, want) => {
  const cluster = clusterOf([node('a')], [], {
    persistentVolumeClaims: [bound('a', 'va')],
    persistentVolumes: [volume('va'), volume('vb')],
    csiNodes: [limited('a', 1)],
    volumeAttachments: [{ metadata: { name: 't' }, spec: { attacher: driver, nodeName: 'a', source } } as VolumeAttachment],
  });
  expect(verdicts(nodeVolumeLimits, pod('p', { spec: { volumes: mount('a') } }), cluster)).toEqual(want);
});
