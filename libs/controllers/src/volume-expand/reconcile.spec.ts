import type { PersistentVolume, PersistentVolumeClaim } from '#api/types';
import { claim, volume } from '../testing/volumes.ts';
import { type Action, reconcile } from './reconcile.ts';

const now = new Date('2026-01-01T00:00:00Z');
const bound = (storage: string, status: object = {}): PersistentVolumeClaim =>
  claim(
    'c',
    { volumeName: 'v', resources: { requests: { storage } } },
    { status: { phase: 'Bound', capacity: { storage: '1Gi' }, ...status } },
  );
const made = (storage: string, provisioner = 'local.storage.berth.io'): PersistentVolume =>
  volume(
    'v',
    { capacity: { storage }, claimRef: { name: 'c', uid: 'c' } },
    { metadata: { name: 'v', annotations: { 'pv.kubernetes.io/provisioned-by': provisioner } } },
  );
const plan = (of: PersistentVolumeClaim, held?: PersistentVolume): readonly Action[] => reconcile({ claim: of, volume: held }, now).actions;

describe('a claim that asks for more', () => {
  it('has its volume grow, and waits for the node', () => {
    const condition = {
      type: 'FileSystemResizePending',
      status: 'True',
      lastTransitionTime: '2026-01-01T00:00:00Z',
      message: 'Waiting for user to (re-)start a pod to finish file system resize of volume on node.',
    };
    expect(plan(bound('2Gi', { conditions: [{ type: 'Resizing', status: 'True' }] }), made('1Gi'))).toMatchObject([
      { do: 'growVolume', volume: { spec: { capacity: { storage: '2Gi' } } } },
      {
        do: 'writeClaimStatus',
        status: {
          phase: 'Bound',
          capacity: { storage: '1Gi' },
          allocatedResources: { storage: '2Gi' },
          allocatedResourceStatuses: { storage: 'NodeResizePending' },
          conditions: [condition],
        },
      },
      { do: 'tell', event: { reason: 'FileSystemResizeRequired', message: 'Require file system resize of volume on node' } },
    ]);
    expect(plan(bound('2Gi', { conditions: [condition], allocatedResources: { storage: '2Gi' } }), made('2Gi'))).toEqual([]);
  });

  it.each<[string, PersistentVolumeClaim, PersistentVolume | undefined, string[]]>([
    ['has it already', bound('1Gi'), made('1Gi'), []],
    ['has no volume', claim('c', { resources: { requests: { storage: '2Gi' } } }), undefined, []],
    ['does not hold its volume', bound('2Gi'), volume('v', { claimRef: { name: 'c', uid: 'x' } }), []],
    ['is a driver’s to serve', bound('2Gi'), made('1Gi', 'x.example.com'), ['ExternalExpanding']],
  ])('%s', (_name, of, held, want) => {
    expect(plan(of, held).map((action) => (action.do === 'tell' ? action.event.reason : action.do))).toEqual(want);
  });
});
