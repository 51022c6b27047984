import type { Pod, ReplicationController, ReplicationControllerStatus } from '#api/types';
import { pod, readyPod } from '../testing/small-cluster.ts';
import { reconcile } from './reconcile.ts';

const now = new Date('2026-01-01T01:00:00Z');
const owner = { apiVersion: 'v1', kind: 'ReplicationController', name: 'rc', uid: 'rc-1', controller: true };
const controller = (replicas: number, status?: ReplicationControllerStatus): ReplicationController => ({
  apiVersion: 'v1',
  kind: 'ReplicationController',
  metadata: { name: 'rc', namespace: 'default', uid: 'rc-1', generation: 1 },
  spec: { replicas, selector: { app: 'a' }, template: { metadata: { labels: { app: 'a' } }, spec: { containers: [] } } },
  ...(status && { status }),
});
const mine = (name: string, metadata: object = {}): Pod =>
  readyPod(pod(name, { app: 'a' }, { uid: name, ownerReferences: [owner], ...metadata }), new Date('2026-01-01T00:00:00Z'));
const counts = (count: number): ReplicationControllerStatus => ({
  replicas: count,
  fullyLabeledReplicas: count,
  readyReplicas: count,
  availableReplicas: count,
  observedGeneration: 1,
});
const going = mine('going', { deletionTimestamp: '2026-01-01T00:59:00Z' });

describe('a ReplicationController', () => {
  it.each<[string, ReplicationController, Pod[], string[]]>([
    ['makes what is missing', controller(2), [], ['createPods', 'updateStatus']],
    ['takes away what is too much', controller(1, counts(2)), [mine('a'), mine('b')], ['deletePods']],
    ['adopts what it chooses', controller(1, counts(0)), [pod('o', { app: 'a' }, { uid: 'o' })], ['adoptPod', 'updateStatus']],
    [
      'releases what it does not',
      controller(0, counts(0)),
      [{ ...mine('a'), metadata: { ...mine('a').metadata, labels: {} } }],
      ['releasePod'],
    ],
    ['has what it wants', controller(1, counts(1)), [mine('a')], []],
    ['does not tell of what is going', controller(1, counts(1)), [mine('a'), going], []],
  ])('%s', (_name, of, pods, want) => {
    expect(reconcile({ controller: of, pods }, now).actions.map((action) => action.do)).toEqual(want);
  });
});
