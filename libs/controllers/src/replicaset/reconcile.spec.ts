import fc from 'fast-check';
import type { Pod, ReplicaSet } from '#api/types';
import { pod, readyPod } from '../testing/small-cluster.ts';
import { type Action, reconcile } from './reconcile.ts';

const now = new Date('2026-01-01T01:00:00Z');
const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid: 'rs-1', controller: true, blockOwnerDeletion: true };

function set(spec: Partial<ReplicaSet['spec']> = {}, rest: Partial<ReplicaSet> = {}): ReplicaSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'rs', namespace: 'default', uid: 'rs-1', generation: 2 },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'a' } },
      template: { metadata: { labels: { app: 'a', tier: 'x' } }, spec: { containers: [] } },
      ...spec,
    },
    ...rest,
  };
}
const mine = (name: string, labels: Record<string, string> = { app: 'a', tier: 'x' }): Pod =>
  pod(name, labels, { uid: name, ownerReferences: [owner] });
const ready = (p: Pod, since = '2026-01-01T00:00:00Z'): Pod => readyPod(p, new Date(since));
const going = (p: Pod): Pod => ({ ...p, metadata: { ...p.metadata, deletionTimestamp: '2026-01-01T00:59:00Z' } });

const shown = (action: Action): string => {
  switch (action.do) {
    case 'createPods':
      return `create ${action.count}${action.cautious ? ' cautiously' : ''}`;
    case 'deletePods':
      return `delete ${action.pods.map((p) => p.metadata.name).join()}`;
    case 'adoptPod':
    case 'releasePod':
      return `${action.do} ${action.pod.metadata.name}`;
    case 'updateStatus':
      return 'status';
  }
};
const plan = (of: ReplicaSet, pods: Pod[]): string[] => reconcile({ set: of, pods, related: pods }, now).actions.map(shown);
const statusFor = (of: ReplicaSet, pods: Pod[]) => {
  const action = reconcile({ set: of, pods, related: pods }, now).actions.find((a) => a.do === 'updateStatus');
  return action?.do === 'updateStatus' ? action.status : undefined;
};
const failing = { conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'quota' }], replicas: 0 };

describe('ReplicaSet', () => {
  it.each([
    ['makes what is missing', set(), [ready(mine('a'))], ['create 1', 'status']],
    ['takes what is too much', set({ replicas: 0 }), [ready(mine('a'))], ['delete a', 'status']],
    ['replaces what is going', set(), [ready(mine('a')), going(ready(mine('b')))], ['create 1', 'status']],
    ['replaces what has failed', set({ replicas: 1 }), [{ ...mine('a'), status: { phase: 'Failed' } }], ['create 1', 'status']],
    ['adopts before it makes', set(), [pod('orphan', { app: 'a' }), ready(mine('a'))], ['adoptPod orphan', 'status']],
    ['does not adopt what is going', set({ replicas: 0 }), [going(pod('orphan', { app: 'a' }))], ['status']],
    ['releases what it no longer chooses', set({ replicas: 1 }), [mine('a', { app: 'b' })], ['releasePod a', 'create 1', 'status']],
    ['tries one first after a failure', set({}, { status: failing }), [], ['create 2 cautiously', 'status']],
    ['makes 500 at a time', set({ replicas: 800 }), [], ['create 500', 'status']],
    [
      'makes nothing once it is being deleted',
      set({}, { metadata: { ...set().metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }),
      [pod('orphan', { app: 'a' })],
      ['status'],
    ],
  ])('%s', (_case, of, pods, want) => {
    expect(plan(of, pods)).toEqual(want);
  });

  it('counts replicas, labels, readiness and what is going', () => {
    const pods = [ready(mine('a')), ready(mine('b', { app: 'a' }), '2026-01-01T00:59:55Z'), mine('c'), going(ready(mine('d')))];
    expect(statusFor(set({ replicas: 3, minReadySeconds: 10 }), pods)).toEqual({
      replicas: 3,
      fullyLabeledReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 1,
      terminatingReplicas: 1,
      observedGeneration: 2,
    });
  });

  it('looks again when a ready pod will have become available', () => {
    const pods = [ready(mine('a'), '2026-01-01T00:59:55Z'), ready(mine('b'))];
    expect(reconcile({ set: set({ minReadySeconds: 10 }), pods, related: pods }, now).requeueAfterMs).toBe(5000);
  });

  it('drops the failure once the number is right', () => {
    const pods = [ready(mine('a')), ready(mine('b'))];
    expect(statusFor(set({}, { status: failing }), pods)).not.toHaveProperty('conditions');
  });

  it('has nothing to do once its plan has been carried out', () => {
    const states = fc.array(fc.constantFrom('pending', 'ready', 'going', 'failed', 'orphan', 'foreign'), { maxLength: 12 });
    fc.assert(
      fc.property(fc.nat(8), states, (replicas, list) => {
        let of = set({ replicas });
        let pods = list.map((state, i): Pod => {
          const p = mine(`p${i}`);
          if (state === 'ready') return ready(p);
          if (state === 'going') return going(p);
          if (state === 'failed') return { ...p, status: { phase: 'Failed' } };
          return state === 'orphan' ? pod(`p${i}`, { app: 'a' }, { uid: `p${i}` }) : state === 'foreign' ? mine(`p${i}`, { app: 'z' }) : p;
        });
        for (let round = 0; round < 4; round++) {
          for (const action of reconcile({ set: of, pods, related: pods }, now).actions) {
            const touched = action.do === 'adoptPod' || action.do === 'releasePod' ? action.pod : undefined;
            if (action.do === 'createPods') pods = [...pods, ...Array.from({ length: action.count }, (_, i) => mine(`new-${round}-${i}`))];
            if (action.do === 'deletePods') pods = pods.filter((p) => !action.pods.includes(p));
            if (action.do === 'updateStatus') of = { ...of, status: action.status };
            const ownerReferences = action.do === 'adoptPod' ? [owner] : [];
            pods = pods.map((p) => (p === touched ? { ...p, metadata: { ...p.metadata, ownerReferences } } : p));
          }
        }
        expect(plan(of, pods)).toEqual([]);
        expect(of.status?.replicas ?? 0).toBe(replicas);
      }),
    );
  });
});
