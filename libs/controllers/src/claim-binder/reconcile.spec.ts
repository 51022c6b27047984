import type { PersistentVolumeClaim } from '#api/types';
import { claim, localClass, nodeWithStorage, storageClass, volume } from '../testing/volumes.ts';
import { type Action, reconcile, type Seen } from './reconcile.ts';

const now = new Date('2026-01-01T00:00:00Z');
const nothing = { volume: undefined, volumes: [], storageClass: undefined, defaultClass: undefined, waitingPods: [], node: undefined };
const plan = (seen: Partial<Seen>): Action[] => [...reconcile({ claim: claim('c'), ...nothing, ...seen }, now).actions];
/** What is done, in short. */
const told = (seen: Partial<Seen>): string[] =>
  plan(seen).map((action) => {
    if (action.do === 'tell') return `${action.event.type} ${action.event.reason}: ${action.event.message}`;
    return action.do === 'writeClaimStatus' || action.do === 'writeVolumeStatus' ? `${action.do} ${action.status.phase}` : action.do;
  });
const annotated = (
  annotations: Record<string, string>,
  spec: object = {},
  rest: Partial<PersistentVolumeClaim> = {},
): PersistentVolumeClaim => {
  const made = claim('c', spec, rest);
  return { ...made, metadata: { ...made.metadata, annotations } };
};
const mine = { namespace: 'default', name: 'c' };
const complete = { 'pv.kubernetes.io/bind-completed': 'yes' };
const bind = ['keepVolume', 'writeVolumeStatus Bound', 'writeClaim', 'writeClaimStatus Bound'];

describe('a claim without a volume', () => {
  it('gets one that suits it: first the volume is kept for it, then the claim says so', () => {
    const actions = plan({ volumes: [volume('v')] });
    expect(actions.map((action) => action.do)).toEqual(['keepVolume', 'writeVolumeStatus', 'writeClaim', 'writeClaimStatus']);
    expect(actions[0]).toMatchObject({
      volume: {
        metadata: { annotations: { 'pv.kubernetes.io/bound-by-controller': 'yes' } },
        spec: { claimRef: { kind: 'PersistentVolumeClaim', apiVersion: 'v1', ...mine, uid: 'c' } },
      },
    });
    expect(actions[1]).toMatchObject({ status: { phase: 'Bound', lastPhaseTransitionTime: '2026-01-01T00:00:00Z' } });
    const annotations = { ...complete, 'pv.kubernetes.io/bound-by-controller': 'yes' };
    expect(actions[2]).toMatchObject({ claim: { metadata: { annotations }, spec: { volumeName: 'v' } } });
    expect(actions[3]).toMatchObject({ status: { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' } } });
  });

  it('gets the one that a user has kept for it, and that stays the user’s', () => {
    const [keep] = plan({ volumes: [volume('v', { claimRef: mine })] });
    expect(keep).toMatchObject({ do: 'keepVolume', volume: { metadata: {}, spec: { claimRef: { uid: 'c' } } } });
    expect((keep as { volume: { metadata: object } }).volume.metadata).not.toHaveProperty(
      'annotations.pv.kubernetes.io/bound-by-controller',
    );
  });

  const waits = storageClass('w', { volumeBindingMode: 'WaitForFirstConsumer' });
  const ofClass = (name: string): PersistentVolumeClaim => claim('c', { storageClassName: name });
  const asked = annotated(
    { 'volume.kubernetes.io/storage-provisioner': 'example.com/p', 'volume.beta.kubernetes.io/storage-provisioner': 'example.com/p' },
    { storageClassName: 'x' },
  );
  it.each<[string, Partial<Seen>, string[]]>([
    ['goes on where its controller was killed', { volumes: [volume('v', { claimRef: { ...mine, uid: 'c' } })] }, bind.slice(1)],
    ['waits where there is none', {}, ['Normal FailedBinding: no persistent volumes available for this claim and no storage class is set']],
    [
      'is pending from the start',
      { claim: claim('c', {}, { status: {} }) },
      ['Normal FailedBinding: no persistent volumes available for this claim and no storage class is set', 'writeClaimStatus Pending'],
    ],
    ['gets a class that became the default', { claim: claim('c', { storageClassName: undefined }), defaultClass: waits }, ['writeClaim']],
    ['waits for its class', { claim: ofClass('x') }, ['Warning ProvisioningFailed: storageclass.storage.k8s.io "x" not found']],
    [
      'waits for a pod',
      { claim: ofClass('w'), storageClass: waits, volumes: [volume('v', { storageClassName: 'w' })] },
      ['Normal WaitForFirstConsumer: waiting for first consumer to be created before binding'],
    ],
    [
      'waits for its pod to get a node',
      { claim: ofClass('w'), storageClass: waits, waitingPods: ['p', 'q'] },
      ['Normal WaitForPodScheduled: waiting for pod p,q to be scheduled'],
    ],
    [
      'waits for no pod where one is kept for it',
      { claim: ofClass('w'), storageClass: waits, volumes: [volume('v', { storageClassName: 'w', claimRef: mine })] },
      bind,
    ],
    ['asks its class for one', { claim: ofClass('x'), storageClass: storageClass('x') }, ['writeClaim']],
    [
      'waits for who makes it',
      { claim: asked, storageClass: storageClass('x') },
      [
        "Normal ExternalProvisioning: Waiting for a volume to be created either by the external provisioner 'example.com/p' or manually by the " +
          'system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.',
      ],
    ],
    [
      'asks nobody where nobody makes any',
      { claim: ofClass('x'), storageClass: storageClass('x', { provisioner: 'kubernetes.io/no-provisioner' }) },
      ['Warning ProvisioningFailed: no volume plugin matched name: kubernetes.io/no-provisioner'],
    ],
    ['gets none when it goes', { claim: claim('c', {}, { metadata: { name: 'c', deletionTimestamp: 'x' } }), volumes: [volume('v')] }, []],
  ])('%s', (_name, seen, want) => expect(told(seen)).toEqual(want));
});

describe('a claim that names its volume', () => {
  const named = claim('c', { volumeName: 'v' });
  it.each<[string, Partial<Seen>, string[]]>([
    ['waits until it is there', {}, []],
    ['gets it', { volume: volume('v') }, bind],
    ['gets the one that is kept for it', { volume: volume('v', { claimRef: mine }) }, bind],
    [
      'gets none that does not suit it',
      { volume: volume('v', { volumeMode: 'Block' }) },
      ['Warning VolumeMismatch: Cannot bind to requested volume "v": incompatible volumeMode'],
    ],
    [
      'gets none of another',
      { volume: volume('v', { claimRef: { ...mine, uid: 'other' } }) },
      ['Warning FailedBinding: volume "v" already bound to a different claim.'],
    ],
  ])('%s', (_name, seen, want) => expect(told({ claim: named, ...seen })).toEqual(want));
});

describe('a bound claim', () => {
  const status = { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' } };
  const bound = annotated(complete, { volumeName: 'v' }, { status });
  const held = volume('v', { claimRef: { ...mine, uid: 'c' } }, { status: { phase: 'Bound' } });
  it.each<[string, Partial<Seen>, string[]]>([
    ['is left alone', { volume: held }, []],
    [
      'keeps the size that it was told, while its volume grows',
      { volume: { ...held, spec: { ...held.spec, capacity: { storage: '2Gi' } } } },
      [],
    ],
    ['takes its volume back', { volume: volume('v') }, bind.slice(0, 2)],
    [
      'is lost with its volume',
      {},
      ['writeClaimStatus Lost', 'Warning ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!'],
    ],
    [
      'is lost without a name of its volume',
      { claim: annotated(complete, {}, { status }) },
      ['writeClaimStatus Lost', 'Warning ClaimLost: Bound claim has lost reference to PersistentVolume. Data on the volume is lost!'],
    ],
    [
      'is lost where its volume is another’s',
      { volume: volume('v', { claimRef: { ...mine, uid: 'other' } }) },
      ['writeClaimStatus Lost', 'Warning ClaimMisbound: Two claims are bound to the same volume, this one is bound incorrectly'],
    ],
    ['is lost once', { claim: annotated(complete, { volumeName: 'v' }, { status: { phase: 'Lost' } }) }, []],
  ])('%s', (_name, seen, want) => expect(told({ claim: bound, ...seen })).toEqual(want));
});

describe('a directory of a node', () => {
  const provisioner = localClass.provisioner;
  const names = { 'volume.kubernetes.io/storage-provisioner': provisioner, 'volume.beta.kubernetes.io/storage-provisioner': provisioner };
  const chosen = { ...names, 'volume.kubernetes.io/selected-node': 'n1' };
  const wanting = (annotations: Record<string, string>, spec: object = {}): Partial<Seen> => ({
    claim: annotated(annotations, { storageClassName: 'local', ...spec }),
    storageClass: localClass,
    node: nodeWithStorage('n1'),
  });
  it('is made on the node of the pod, and stays there', () => {
    expect(plan(wanting(chosen))).toEqual([
      {
        do: 'makeVolume',
        claim: expect.anything(),
        volume: {
          apiVersion: 'v1',
          kind: 'PersistentVolume',
          metadata: {
            name: 'pvc-c',
            annotations: { 'pv.kubernetes.io/bound-by-controller': 'yes', 'pv.kubernetes.io/provisioned-by': provisioner },
            labels: { 'local.storage.berth.io/node': 'n1' },
            finalizers: ['local.storage.berth.io/directory'],
          },
          spec: {
            accessModes: ['ReadWriteOnce'],
            capacity: { storage: '1Gi' },
            claimRef: { kind: 'PersistentVolumeClaim', apiVersion: 'v1', ...mine, uid: 'c', resourceVersion: undefined },
            local: { path: '/var/lib/v/pvc-c' },
            nodeAffinity: {
              required: {
                nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['n1.lan'] }] }],
              },
            },
            persistentVolumeReclaimPolicy: 'Delete',
            storageClassName: 'local',
            volumeMode: 'Filesystem',
          },
        },
      },
    ]);
  });

  const failed = 'Warning ProvisioningFailed: failed to provision volume with StorageClass "local": ';
  it.each<[string, Partial<Seen>, string[]]>([
    [
      'is no block device',
      wanting(chosen, { volumeMode: 'Block' }),
      [`${failed}local.storage.berth.io does not support block volume provisioning`],
    ],
    [
      'is on one node',
      wanting(chosen, { accessModes: ['ReadWriteMany'] }),
      [`${failed}invalid AccessModes [ReadWriteMany]: only AccessModes [ReadWriteOnce ReadWriteOncePod] are supported`],
    ],
    [
      'knows no parameters',
      { ...wanting(chosen), storageClass: { ...localClass, parameters: { type: 'ssd' } } },
      [`${failed}invalid option "type" for volume plugin local.storage.berth.io`],
    ],
    [
      'is no copy',
      wanting(chosen, { dataSource: { kind: 'PersistentVolumeClaim', name: 'b' } }),
      [`${failed}plugin "local.storage.berth.io" is not a CSI plugin. Only CSI plugin can provision a claim with a datasource`],
    ],
    [
      'has no labels to choose by',
      wanting(chosen, { selector: { matchLabels: { a: 'b' } } }),
      [`${failed}claim.Spec.Selector is not supported for dynamic provisioning`],
    ],
    [
      'is nowhere without a node',
      { ...wanting(names), storageClass: { ...localClass, volumeBindingMode: 'Immediate' } },
      [`${failed}no node was chosen; the class needs volumeBindingMode WaitForFirstConsumer`],
    ],
    [
      'is somewhere else when the node is gone',
      { ...wanting(chosen), node: undefined },
      ['Warning ProvisioningFailed: failed to get target node: nodes "n1" not found', 'writeClaim'],
    ],
  ])('%s', (_name, seen, want) => expect(told(seen)).toEqual(want));
});
