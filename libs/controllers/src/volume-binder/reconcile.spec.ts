import type { PersistentVolume, PersistentVolumeClaim } from '#api/types';
import { claim, volume } from '../testing/volumes.ts';
import { reconcile, type Seen } from './reconcile.ts';

const now = new Date('2026-01-01T00:00:00Z');
const mine = { namespace: 'default', name: 'c', uid: 'c' };
const made = { 'pv.kubernetes.io/provisioned-by': 'local.storage.berth.io', 'pv.kubernetes.io/bound-by-controller': 'yes' };
const chosen = { 'pv.kubernetes.io/bound-by-controller': 'yes' };
const of = (spec: object, metadata: object = {}, status: PersistentVolume['status'] = { phase: 'Bound' }): PersistentVolume =>
  volume('v', { claimRef: mine, ...spec }, { metadata: { name: 'v', uid: 'v', ...metadata }, status });
const boundTo = (volumeName?: string): PersistentVolumeClaim => claim('c', { volumeName });

const told = (seen: Pick<Seen, 'volume'> & Partial<Seen>): string[] =>
  reconcile({ claim: undefined, isNodeGone: false, ...seen }, now).actions.map((action) => {
    if (action.do === 'tell') return `${action.event.reason}: ${action.event.message}`;
    return action.do === 'writeVolumeStatus' ? `is ${action.status.phase}` : action.do;
  });

describe('a volume', () => {
  it.each<[string, Pick<Seen, 'volume'> & Partial<Seen>, string[]]>([
    ['is available to anybody', { volume: of({ claimRef: undefined }, {}, { phase: 'Pending' }) }, ['is Available']],
    ['is available to whom a user keeps it for', { volume: of({ claimRef: { ...mine, uid: undefined } }, {}, {}) }, ['is Available']],
    ['is bound', { volume: of({}, {}, { phase: 'Available' }), claim: boundTo('v') }, ['is Bound']],
    ['stays bound', { volume: of({}), claim: boundTo('v') }, []],
    ['waits for its claim to say so', { volume: of({}), claim: boundTo() }, []],
    [
      'that is no file system has a claim for one',
      { volume: of({ volumeMode: 'Block' }), claim: boundTo() },
      [
        'VolumeMismatch: Cannot bind PersistentVolume to requested PersistentVolumeClaim "c" due to incompatible volumeMode.',
        'VolumeMismatch: Cannot bind PersistentVolume "v" to requested PersistentVolumeClaim due to incompatible volumeMode.',
      ],
    ],
    ['is given back where its claim has another', { volume: of({}, { annotations: chosen }), claim: boundTo('w') }, ['writeVolume']],
    [
      'that was made for its claim goes where that has another',
      { volume: of({ persistentVolumeReclaimPolicy: 'Delete' }, { annotations: made }), claim: boundTo('w') },
      ['is Released', 'deleteVolume'],
    ],
    ['is kept when its claim goes', { volume: of({}) }, ['is Released']],
    ['is kept once', { volume: of({}, {}, { phase: 'Released' }) }, []],
    [
      'that was made for its claim goes with it',
      { volume: of({ persistentVolumeReclaimPolicy: 'Delete' }, { annotations: made }) },
      ['is Released', 'deleteVolume'],
    ],
    [
      'goes once',
      { volume: of({ persistentVolumeReclaimPolicy: 'Delete' }, { annotations: made, deletionTimestamp: 'x' }, { phase: 'Released' }) },
      [],
    ],
    [
      'of a driver is the driver’s to delete',
      { volume: of({ persistentVolumeReclaimPolicy: 'Delete' }, { annotations: { 'pv.kubernetes.io/provisioned-by': 'x.example.com' } }) },
      ['is Released'],
    ],
    [
      'of nobody’s making is not deleted',
      { volume: of({ persistentVolumeReclaimPolicy: 'Delete' }) },
      [
        'is Released',
        'is Failed',
        'VolumeFailedDelete: error getting deleter volume plugin for volume "v": no deletable volume plugin matched',
      ],
    ],
    [
      'is not recycled',
      { volume: of({ persistentVolumeReclaimPolicy: 'Recycle' }) },
      ['is Failed', 'VolumeFailedRecycle: No recycler plugin found for the volume!'],
    ],
  ])('%s', (_name, seen, want) => expect(told(seen)).toEqual(want));

  it('that a user keeps for a claim stays kept, without the uid of the one that went elsewhere', () => {
    expect(reconcile({ volume: of({}), claim: boundTo('w'), isNodeGone: false }, now).actions).toMatchObject([
      { do: 'writeVolume', volume: { spec: { claimRef: { namespace: 'default', name: 'c' } } } },
    ]);
    const [action] = reconcile({ volume: of({}, { annotations: chosen }), claim: boundTo('w'), isNodeGone: false }, now).actions;
    expect(action).not.toHaveProperty('volume.spec.claimRef');
  });

  it('whose node is gone for good goes without it', () => {
    const going = of({}, { deletionTimestamp: 'x', finalizers: ['local.storage.berth.io/directory', 'kubernetes.io/pv-protection'] });
    expect(reconcile({ volume: going, claim: undefined, isNodeGone: true }, now).actions).toMatchObject([
      { do: 'writeVolume', volume: { metadata: { finalizers: ['kubernetes.io/pv-protection'] } } },
    ]);
  });
});
