import type { CSIDriver, CSIStorageCapacity, Node, PersistentVolume, PersistentVolumeClaim, StorageClass, Volume } from '#api/types';
import { podInfo } from '../cache/pod-info.ts';
import { clusterOf, node, pod, verdicts } from '../testing.ts';
import type { Stored } from '../cache/storage-cache.ts';
import { volumeBinding } from './volume-binding.ts';

const bindCompleted = { 'pv.kubernetes.io/bind-completed': 'yes' };
const claim = (name: string, spec: object = {}, rest: object = {}): PersistentVolumeClaim =>
  ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: 'default', uid: name },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: 'w', ...spec },
    status: { phase: 'Pending' },
    ...rest,
  }) as PersistentVolumeClaim;
const bound = (name: string, volumeName: string): PersistentVolumeClaim =>
  claim(name, { volumeName }, { metadata: { name, namespace: 'default', uid: name, annotations: bindCompleted } });
const volume = (name: string, host?: string, spec: object = {}): PersistentVolume =>
  ({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'w',
      ...(host && {
        nodeAffinity: {
          required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [host] }] }] },
        },
      }),
      ...spec,
    },
    status: { phase: 'Available' },
  }) as PersistentVolume;
const classOf = (name: string, changes: object = {}): StorageClass =>
  ({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'WaitForFirstConsumer',
    ...changes,
  }) as StorageClass;
const mount = (...claims: string[]): Volume[] => claims.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } }));
const local: Node = {
  ...node('b'),
  metadata: { name: 'b', labels: { 'kubernetes.io/hostname': 'b' }, annotations: { 'local.storage.berth.io/path': '/v' } },
};
const nodes = [node('a', { labels: { zone: 'x' } }), local];

const says = (volumes: Volume[], stored: { [K in keyof Stored]?: Stored[K][] } = {}): unknown => {
  const cluster = clusterOf(nodes, [], { storageClasses: [classOf('w')], ...stored });
  return verdicts(volumeBinding, pod('p', { spec: { volumes } }), cluster);
};
const everywhere = (why: string): object => ({ a: `${why} (unresolvable)`, b: `${why} (unresolvable)` });

describe('a pod with claims', () => {
  it.each<[string, Volume[], { [K in keyof Stored]?: Stored[K][] }, unknown]>([
    ['of none is not asked', [{ name: 'v', emptyDir: {} }], {}, 'skip'],
    ['that are not there', mount('c'), {}, everywhere('persistentvolumeclaim "c" not found')],
    [
      'that are to be made',
      [{ name: 'v', ephemeral: {} }],
      {},
      everywhere('waiting for ephemeral volume controller to create the persistentvolumeclaim "p-v"'),
    ],
    [
      'that were made for another',
      [{ name: 'v', ephemeral: {} }],
      { persistentVolumeClaims: [claim('p-v')] },
      everywhere('PVC default/p-v was not created for pod default/p (pod is not owner)'),
    ],
    [
      'that go',
      mount('c'),
      { persistentVolumeClaims: [claim('c', {}, { metadata: { name: 'c', namespace: 'default', deletionTimestamp: 'x' } })] },
      everywhere('persistentvolumeclaim "c" is being deleted'),
    ],
    [
      'that are lost',
      mount('c'),
      { persistentVolumeClaims: [claim('c', { volumeName: 'v' }, { status: { phase: 'Lost' } })] },
      everywhere('persistentvolumeclaim "c" bound to non-existent persistentvolume "v"'),
    ],
    [
      'that wait for nobody',
      mount('c'),
      {
        persistentVolumeClaims: [claim('c', { storageClassName: 'i' })],
        storageClasses: [classOf('i', { volumeBindingMode: 'Immediate' })],
      },
      everywhere('pod has unbound immediate PersistentVolumeClaims'),
    ],
    [
      'runs where its volume is',
      mount('c'),
      { persistentVolumeClaims: [bound('c', 'v')], persistentVolumes: [volume('v', 'a')] },
      { a: 'fits', b: "node(s) didn't match PersistentVolume's node affinity (unresolvable)" },
    ],
    [
      'whose volume is gone',
      mount('c'),
      { persistentVolumeClaims: [bound('c', 'v')] },
      everywhere('node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)'),
    ],
    [
      'runs where there is one for each',
      mount('c', 'd'),
      { persistentVolumeClaims: [claim('c'), claim('d')], persistentVolumes: [volume('v', 'a'), volume('w', 'a'), volume('x', 'b')] },
      { a: 'fits', b: "node(s) didn't find available persistent volumes to bind (unresolvable)" },
    ],
    [
      'runs where one can be made',
      mount('c'),
      {
        persistentVolumeClaims: [claim('c', { storageClassName: 'z' })],
        storageClasses: [
          classOf('z', { provisioner: 'x.example.com', allowedTopologies: [{ matchLabelExpressions: [{ key: 'zone', values: ['x'] }] }] }),
        ],
      },
      { a: 'fits', b: "node(s) didn't find available persistent volumes to bind (unresolvable)" },
    ],
    [
      'runs where a node has room for directories',
      mount('c'),
      {
        persistentVolumeClaims: [claim('c', { storageClassName: 'l' })],
        storageClasses: [classOf('l', { provisioner: 'local.storage.berth.io' })],
      },
      { a: "node(s) didn't find available persistent volumes to bind (unresolvable)", b: 'fits' },
    ],
    [
      'runs where its volume is being made',
      mount('c'),
      {
        persistentVolumeClaims: [
          claim('c', {}, { metadata: { name: 'c', namespace: 'default', annotations: { 'volume.kubernetes.io/selected-node': 'b' } } }),
        ],
      },
      { a: "node(s) didn't find available persistent volumes to bind (unresolvable)", b: 'fits' },
    ],
    [
      'runs where its driver has so much left',
      mount('c'),
      {
        persistentVolumeClaims: [claim('c', { storageClassName: 'd' })],
        storageClasses: [classOf('d', { provisioner: 'x.example.com' })],
        csiDrivers: [{ metadata: { name: 'x.example.com' }, spec: { storageCapacity: true } } as CSIDriver],
        csiStorageCapacities: [
          {
            metadata: { name: '1' },
            storageClassName: 'd',
            capacity: '1Gi',
            nodeTopology: { matchLabels: { zone: 'x' } },
          } as unknown as CSIStorageCapacity,
          {
            metadata: { name: '2' },
            storageClassName: 'd',
            capacity: '2Gi',
            maximumVolumeSize: '1Mi',
            nodeTopology: {},
          } as unknown as CSIStorageCapacity,
        ],
      },
      { a: 'fits', b: 'node(s) did not have enough free storage (unresolvable)' },
    ],
  ])('%s', (_name, volumes, stored, want) => expect(says(volumes, stored)).toEqual(want));

  it('gets the smallest that will do, and what is kept for another claim is not given twice', () => {
    const persistentVolumes = [volume('big', undefined, { capacity: { storage: '5Gi' } }), volume('small')];
    const cluster = clusterOf(nodes, [], { storageClasses: [classOf('w')], persistentVolumeClaims: [claim('c')], persistentVolumes });
    const chosen = (): unknown[] => {
      const [state, info] = [new Map<string, unknown>(), podInfo(pod('p', { spec: { volumes: mount('c') } }))];
      volumeBinding.preFilter(state, info, cluster);
      volumeBinding.filter(state, info, cluster.nodes[0]!);
      return volumeBinding.reserve(state, 'a')?.bind.map(({ volume: found }) => found.metadata.name) ?? [];
    };
    expect(chosen()).toEqual(['small']);
    cluster.storage.keep('small', 'default/other');
    expect(chosen()).toEqual(['big']);
    cluster.storage.giveBack('small');
    expect(chosen()).toEqual(['small']);
    cluster.storage.set(
      'persistentVolumes',
      { ...persistentVolumes[1]!, spec: { ...persistentVolumes[1]!.spec, claimRef: { namespace: 'default', name: 'other' } } },
      false,
    );
    expect(chosen()).toEqual(['big']);
  });
});
