import type { Deployment, ReplicaSet } from '#api/types';
import { deployment } from '../testing/small-cluster.ts';
import { reconcile } from './reconcile.ts';
import { templateHash, templateHashLabel } from './template.ts';

const now = new Date('2026-01-01T00:00:00Z');
const web = (spec: Partial<Deployment['spec']> = {}): Deployment => ({
  ...deployment(spec),
  metadata: { ...deployment().metadata, uid: 'web' },
});
const image = (tag: string): Deployment['spec']['template'] => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'c', image: tag }] },
});
/** A set of the deployment, all of whose pods are ready. */
const set = (
  tag: string,
  replicas: number,
  { ready = replicas, metadata = {} }: { ready?: number; metadata?: object } = {},
): ReplicaSet => {
  const hash = templateHash(image(tag));
  const labels = { app: 'web', [templateHashLabel]: hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `web-${hash}`,
      namespace: 'default',
      uid: tag,
      labels,
      annotations: {
        'deployment.kubernetes.io/revision': tag.slice(1),
        'deployment.kubernetes.io/desired-replicas': '3',
        'deployment.kubernetes.io/max-replicas': '4',
      },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'web', controller: true }],
      ...metadata,
    },
    spec: { replicas, selector: { matchLabels: labels }, template: { ...image(tag), metadata: { labels } } },
    status: { replicas, readyReplicas: ready, availableReplicas: ready, fullyLabeledReplicas: replicas, observedGeneration: 1 },
  };
};
const nobodys = { ownerReferences: [] };
const going = { deletionTimestamp: '2026-01-01T00:00:00Z' };

function does(of: Deployment, sets: readonly ReplicaSet[], runningPods = 0): string[] {
  return reconcile({ deployment: of, sets, runningPods: () => runningPods }, now).actions.flatMap((action) => {
    switch (action.do) {
      case 'createSet':
        return [`create ${action.set.spec.replicas}`];
      case 'updateSets':
        return action.updates.flatMap(({ set: { metadata }, patch }) => {
          const { replicas } = (patch as { spec?: { replicas?: number } }).spec ?? {};
          return replicas === undefined ? [] : [`scale ${metadata.uid} to ${replicas}`];
        });
      case 'adoptSet':
      case 'releaseSet':
        return [`${action.do} ${action.set.metadata.uid}`];
      case 'deleteSets':
        return [`delete ${action.sets.map(({ metadata }) => metadata.uid).join()}`];
      default:
        return [];
    }
  });
}

describe('what a Deployment does', () => {
  const rolling = (maxSurge: number | string, maxUnavailable: number | string): Partial<Deployment['spec']> => ({
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
  });
  const recreating: Partial<Deployment['spec']> = { strategy: { type: 'Recreate' }, template: image('v2') };

  it.each<[string, Deployment, ReplicaSet[], string[]]>([
    ['makes its first set whole', web(), [], ['create 3']],
    ['is at rest when its pods are there', web(), [set('v1', 3)], []],
    ['adopts a set that nobody has', web(), [set('v1', 3, { metadata: nobodys })], ['adoptSet v1']],
    ['lets go of a set that it does not choose', web(), [set('v1', 3), set('v0', 1, { metadata: { labels: {} } })], ['releaseSet v0']],
    ['scales up', web({ replicas: 5 }), [set('v1', 3)], ['scale v1 to 5']],
    ['begins a rollout with the surge', web({ ...rolling(1, 0), template: image('v2') }), [set('v1', 3)], ['create 1']],
    [
      'makes room first where no surge is allowed',
      web({ ...rolling(0, 1), template: image('v2') }),
      [set('v1', 3)],
      ['create 0', 'scale v1 to 2'],
    ],
    [
      'takes an old pod for a new one that is ready',
      web({ ...rolling(1, 0), template: image('v2') }),
      [set('v1', 3), set('v2', 1)],
      ['scale v1 to 2'],
    ],
    ['waits for new pods', web({ ...rolling(1, 0), template: image('v2') }), [set('v1', 3), set('v2', 1, { ready: 0 })], []],
    [
      'takes old pods first that are not ready',
      web({ ...rolling(1, 1), template: image('v2') }),
      [set('v1', 3, { ready: 2 }), set('v2', 1, { ready: 0 })],
      ['scale v1 to 2'],
    ],
    ['makes nothing new while paused', web({ paused: true, template: image('v2') }), [set('v1', 3)], []],
    ['does nothing when it goes', { ...web({ template: image('v2') }), metadata: { ...web().metadata, ...going } }, [set('v1', 3)], []],
    ['empties old sets before it recreates', web(recreating), [set('v1', 3)], ['scale v1 to 0']],
    ['recreates when the old are gone', web(recreating), [set('v1', 0)], ['create 3']],
  ])('%s', (_rule, of, sets, want) => expect(does(of, sets)).toEqual(want));

  it('recreates nothing as long as a pod runs', () => {
    expect(does(web(recreating), [set('v1', 0)], 1)).toEqual([]);
  });

  it('keeps to its history once it is complete', () => {
    const done = { replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3, observedGeneration: 1 };
    const of = { ...web({ revisionHistoryLimit: 1, template: image('v4') }), status: done };
    expect(does(of, [set('v1', 0), set('v2', 0), set('v3', 0), set('v4', 3)])).toEqual(['delete v1,v2']);
  });

  it('looks again when the time for progress is up', () => {
    const progressing = { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', lastUpdateTime: '2025-12-31T23:59:00Z' };
    const of = { ...web({ progressDeadlineSeconds: 100 }), status: { conditions: [progressing] } };
    const { requeueAfterMs } = reconcile({ deployment: of, sets: [set('v1', 3, { ready: 0 })], runningPods: () => 0 }, now);
    expect(requeueAfterMs).toBeGreaterThan(0);
  });
});
