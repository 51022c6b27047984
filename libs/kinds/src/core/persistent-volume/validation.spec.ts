import { cells, complaintsAbout, created, type Json, updated } from '../../testing.ts';
import { persistentVolume } from './kind.ts';

const base = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] };
const hostPath = { path: '/x' };
const of = (changes: Json): Json => ({ ...base, hostPath, ...changes });
const affinity = (key = 'k', values = ['a']): Json => ({
  required: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'In', values }] }] },
});
const csi = { driver: 'x.example.com', volumeHandle: 'h' };

describe('a volume', () => {
  it.each<[string, Json, string[]]>([
    ['of the node', of({}), []],
    ['of nothing', base, ['spec: Required value: must specify a volume type']],
    ['of two things', of({ nfs: { server: 's', path: '/p' } }), ['spec.nfs: Forbidden: may not specify more than 1 volume type']],
    [
      'without capacity and modes',
      { hostPath },
      [
        'spec.accessModes: Required value',
        'spec.capacity: Required value',
        'spec.capacity: Unsupported value: {}: supported values: "storage"',
      ],
    ],
    [
      'with odd capacity and modes',
      of({ capacity: { cpu: '1', storage: '0' }, accessModes: ['X', 'ReadWriteOnce', 'ReadWriteOncePod'] }),
      [
        'spec.accessModes: Unsupported value: "X": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
        'spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes',
        'spec.capacity: Unsupported value: {"cpu":"1","storage":"0"}: supported values: "storage"',
        'spec.capacity[storage]: Invalid value: "0": must be greater than zero',
      ],
    ],
    [
      'that leads out of itself',
      { ...base, hostPath: { path: '/a/../b' } },
      [`spec.hostPath.path: Invalid value: "/a/../b": must not contain '..'`],
    ],
    [
      'that recycles the whole node',
      { ...base, hostPath: { path: '//.' }, persistentVolumeReclaimPolicy: 'Recycle' },
      [`spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'`],
    ],
    ['of one node', { ...base, local: { path: '/x' }, nodeAffinity: affinity() }, []],
    ['of some node', { ...base, local: { path: '/x' } }, ['spec.nodeAffinity: Required value: Local volume requires node affinity']],
    [
      'whose nodes are not said',
      of({ nodeAffinity: {} }),
      ['spec.nodeAffinity.required: Required value: must specify required node constraints'],
    ],
    ['of a driver', { ...base, csi, volumeAttributesClassName: 'gold' }, []],
    [
      'of a driver without its names',
      { ...base, csi: { driver: 'x'.repeat(64), volumeHandle: '', nodePublishSecretRef: { name: 's' } } },
      [
        'spec.csi.driver: Too long: may not be more than 63 bytes',
        'spec.csi.volumeHandle: Required value',
        'spec.csi.nodePublishSecretRef.namespace: Required value',
      ],
    ],
    [
      'of attributes that no driver gives',
      of({ volumeAttributesClassName: '' }),
      [
        'spec.volumeAttributesClassName: Required value: an empty string is disallowed',
        'spec.csi: Required value: has to be specified when using volumeAttributesClassName',
      ],
    ],
    ['of another cloud', { ...base, gcePersistentDisk: { pdName: '' } }, ['spec.persistentDisk.pdName: Required value']],
    [
      'of a share in no namespace',
      { ...base, azureFile: { secretName: 's', shareName: 'x', secretNamespace: '' } },
      ['spec.azureFile.secretNamespace: Required value'],
    ],
    [
      'of a disk at another place',
      { ...base, azureDisk: { diskName: 'd', diskURI: 'x', kind: 'Managed', cachingMode: 'Some' } },
      [
        'spec.azureDisk.cachingMode: Unsupported value: "Some": supported values: "None", "ReadOnly", "ReadWrite"',
        'spec.azureDisk.diskURI: Unsupported value: "x": supported values: ' +
          '"/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"',
      ],
    ],
    [
      'with options that are not theirs',
      { ...base, flexVolume: { driver: 'a/b', options: { 'kubernetes.io/x': '1', y: '2' } } },
      ['spec.flexVolume.options[kubernetes.io/x]: Invalid value: "kubernetes.io/x": kubernetes.io and k8s.io namespaces are reserved'],
    ],
    [
      'of a target without a form',
      { ...base, iscsi: { targetPortal: 't', iqn: 'iqn.x', lun: 256, chapAuthSession: true, initiatorName: 'x' } },
      [
        'spec.iscsi.iqn: Invalid value: "iqn.x": must be valid format',
        'spec.iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive',
        'spec.iscsi.secretRef: Required value',
        'spec.iscsi.initiatorName: Invalid value: "x": must be valid format starting with iqn, eui, or naa',
      ],
    ],
    [
      'of a channel without a number',
      { ...base, fc: { targetWWNs: ['w'], lun: -1 } },
      ['spec.fc.lun: Invalid value: -1: must be between 0 and 255, inclusive'],
    ],
    [
      'of a registry without a port',
      { ...base, quobyte: { registry: 'a:1,b', volume: 'v' } },
      ['spec.quobyte.registry: Invalid value: "a:1,b": must be a host:port pair or multiple pairs separated by commas'],
    ],
    [
      'of endpoints nowhere',
      { ...base, glusterfs: { endpoints: 'e', path: 'p', endpointsNamespace: '' } },
      ['spec.glusterfs.endpointsNamespace: Required value: if the endpointnamespace is set, it must be a valid namespace name'],
    ],
    ['of a mode', of({ volumeMode: 'Tape' }), ['spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"']],
  ])('%s', (_name, spec, want) => expect(complaintsAbout(persistentVolume, { spec })).toEqual(want));

  describe('that is there', () => {
    const change = (before: Json, after: Json): string[] => {
      const stored = created(persistentVolume, { spec: before });
      return updated(persistentVolume, stored, { metadata: stored.metadata, spec: after }).complaints;
    };
    it.each<[string, Json, Json, string[]]>([
      [
        'may grow, be kept and mounted otherwise',
        of({}),
        of({ capacity: { storage: '2Gi' }, persistentVolumeReclaimPolicy: 'Delete', mountOptions: ['ro'] }),
        [],
      ],
      [
        'stays what it is',
        of({}),
        { ...base, hostPath: { path: '/y' } },
        ['spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation'],
      ],
      ['stays a file system', of({}), of({ volumeMode: 'Block' }), ['volumeMode: Invalid value: "Block": field is immutable']],
      ['may get a node affinity', of({}), of({ nodeAffinity: affinity() }), []],
      ['keeps its node affinity', of({ nodeAffinity: affinity() }), of({}), ['nodeAffinity: Invalid value: null: field is immutable']],
      [
        'follows a label that was renamed',
        of({ nodeAffinity: affinity('failure-domain.beta.kubernetes.io/zone') }),
        of({ nodeAffinity: affinity('topology.kubernetes.io/zone') }),
        [],
      ],
      [
        'may get a secret to grow by',
        { ...base, csi },
        { ...base, csi: { ...csi, controllerExpandSecretRef: { name: 's', namespace: 'n' } } },
        [],
      ],
      [
        'keeps a class of attributes',
        { ...base, csi, volumeAttributesClassName: 'a' },
        { ...base, csi },
        ['spec.volumeAttributesClassName: Forbidden: update from non-nil value to nil is forbidden'],
      ],
    ])('%s', (_name, before, after, want) => expect(change(before, after)).toEqual(want));
  });

  it.each<[Json, string[]]>([
    [of({}), []],
    [
      of({ persistentVolumeReclaimPolicy: 'Recycle', nodeAffinity: affinity('beta.kubernetes.io/os') }),
      [
        'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
        'spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].key: beta.kubernetes.io/os is deprecated since v1.14; use "kubernetes.io/os" instead',
      ],
    ],
    [{ ...base, cephfs: { monitors: ['m'] } }, ['spec.cephfs: deprecated in v1.28, non-functional in v1.31+']],
    [
      { ...base, cinder: { volumeID: 'v' } },
      ['spec.cinder: no node of this cluster has a plugin for such a volume, pods with it will not start'],
    ],
  ])('%j is warned of', (spec, want) => {
    expect(persistentVolume.strategy?.warnings?.(created(persistentVolume, { spec }))).toEqual(want);
  });

  it('begins as pending, kept and a file system', () => {
    const metadata = { name: 'a', creationTimestamp: '2026-01-01T00:00:00Z' };
    const volume = created(persistentVolume, { metadata, spec: of({}), status: { phase: 'Bound' } });
    expect(volume.spec).toMatchObject({ persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem', hostPath: { type: '' } });
    expect(volume.status).toEqual({ phase: 'Pending', lastPhaseTransitionTime: '2026-01-01T00:00:00Z' });
  });

  it('shows what it is and whose', () => {
    const volume = created(persistentVolume, { spec: of({ claimRef: { namespace: 'n', name: 'c' }, storageClassName: 'fast' }) });
    expect(cells(persistentVolume, volume)).toEqual({
      Capacity: '1Gi',
      'Access Modes': 'RWO',
      'Reclaim Policy': 'Retain',
      Status: 'Pending',
      Claim: 'n/c',
      StorageClass: 'fast',
      VolumeAttributesClass: '<unset>',
      Reason: '',
      Age: '<unknown>',
      VolumeMode: 'Filesystem',
    });
    expect(cells(persistentVolume, { ...volume, metadata: { ...volume.metadata, deletionTimestamp: 'x' } })).toMatchObject({
      Status: 'Terminating',
    });
  });
});
