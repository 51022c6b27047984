import type { Pod, PodDisruptionBudget } from '#api/types';
import { runnable } from '#controller-runtime';
import { resources } from '#objects';
import { deploymentController } from '../deployment/controller.ts';
import { replicaSetController } from '../replicaset/controller.ts';
import { deployment, pod, readyPod, SmallCluster } from '../testing/small-cluster.ts';
import { disruptionController } from './controller.ts';
import { reconcile } from './reconcile.ts';

const now = new Date('2026-01-01T01:00:00Z');
const budgetOf = (spec: PodDisruptionBudget['spec'], status?: PodDisruptionBudget['status']): PodDisruptionBudget => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'b', namespace: 'default', generation: 3 },
  spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
  ...(status && { status }),
});
const ready = (name: string): Pod => readyPod(pod(name, { app: 'web' }), now);
const counted = (spec: PodDisruptionBudget['spec'], pods: Pod[], status?: PodDisruptionBudget['status']) => {
  const { actions, requeueAfterMs } = reconcile({ budget: budgetOf(spec, status), pods, scaleOf: () => ({ uid: 'd', replicas: 4 }) }, now);
  const update = actions.find((action) => action.do === 'updateStatus');
  return {
    status: update?.budget.status,
    says: actions.flatMap((a) => (a.do === 'say' ? [`${a.reason}: ${a.message}`] : [])),
    requeueAfterMs,
  };
};

describe('disruption budgets', () => {
  it.each([
    ['a number of pods', { minAvailable: 1 }, 3, { expectedPods: 3, desiredHealthy: 1, currentHealthy: 3, disruptionsAllowed: 2 }],
    ['a part of the scale', { minAvailable: '50%' }, 3, { expectedPods: 4, desiredHealthy: 2, currentHealthy: 3, disruptionsAllowed: 1 }],
    ['what may be missing', { maxUnavailable: 1 }, 3, { expectedPods: 4, desiredHealthy: 3, currentHealthy: 3, disruptionsAllowed: 0 }],
    ['more than there are', { maxUnavailable: 9 }, 2, { expectedPods: 4, desiredHealthy: 0, currentHealthy: 2, disruptionsAllowed: 2 }],
    ['no pods', { minAvailable: 0 }, 0, { expectedPods: 0, desiredHealthy: 0, currentHealthy: 0, disruptionsAllowed: 0 }],
  ])('counts %s', (_, spec, count, want) => {
    const pods = Array.from({ length: count }, (_unused, i) => ready(`p${i}`));
    expect(counted(spec, pods).status).toMatchObject({ ...want, observedGeneration: 3 });
  });

  it('does not count who is going, not ready, or evicted a moment ago', () => {
    const going = { ...ready('a'), metadata: { ...ready('a').metadata, deletionTimestamp: '2026-01-01T00:59:59Z' } };
    const disruptedPods = { c: '2026-01-01T00:59:00Z', gone: '2026-01-01T00:59:00Z' };
    const pods = [going, pod('b', { app: 'web' }), ready('c'), ready('d')];
    expect(counted({ minAvailable: 0 }, pods, { disruptedPods })).toMatchObject({
      status: { currentHealthy: 1, disruptedPods: { c: '2026-01-01T00:59:00Z' } },
      requeueAfterMs: 60_000,
    });
  });

  it('counts an evicted pod again that was not deleted', () => {
    const { status, says } = counted({ minAvailable: 1 }, [ready('c')], { disruptedPods: { c: '2026-01-01T00:58:00Z' } });
    expect(status).toMatchObject({ currentHealthy: 1 });
    expect(status?.disruptedPods).toBeUndefined();
    expect(says).toEqual(["NotDeleted: Pod was expected by PDB default/b to be deleted but it wasn't"]);
  });

  it('cannot count what has no scale, and says so', () => {
    const scaleOf = (): { unscalable: string } => ({ unscalable: 'jobs.batch' });
    const { actions } = reconcile({ budget: budgetOf({ maxUnavailable: 1 }), pods: [ready('p')], scaleOf }, now);
    expect(actions).toMatchObject([
      {
        do: 'say',
        reason: 'CalculateExpectedPodCountFailed',
        message: 'Failed to calculate the number of expected pods: jobs.batch does not implement the scale subresource',
      },
      { budget: { status: { disruptionsAllowed: 0, conditions: [{ reason: 'SyncFailed' }] } } },
    ]);
    const counted = reconcile({ budget: budgetOf({ minAvailable: 1 }), pods: [ready('p'), ready('q')], scaleOf }, now);
    expect(counted.actions).toMatchObject([{ budget: { status: { disruptionsAllowed: 1, expectedPods: 2 } } }]);
  });

  it('allows nothing when it cannot count', () => {
    const { actions } = reconcile({ budget: budgetOf({ maxUnavailable: 1 }), pods: [ready('p')], scaleOf: () => 'unknown' }, now);
    expect(actions).toMatchObject([
      { do: 'say', message: 'Failed to calculate the number of expected pods: found no controllers for pod "p"' },
      { budget: { status: { disruptionsAllowed: 0, conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed' }] } } },
    ]);
  });

  it('follows the pods of a deployment, and settles', async () => {
    const cluster = new SmallCluster();
    const { context } = cluster;
    await cluster.run(
      runnable(deploymentController, context),
      runnable(replicaSetController, context),
      runnable(disruptionController, context),
    );
    cluster.api.put(resources.podDisruptionBudgets, budgetOf({ maxUnavailable: 1 }));
    cluster.api.put(resources.deployments, deployment());
    await cluster.settle();
    await cluster.ready();
    const [budget] = cluster.api.all<PodDisruptionBudget>(resources.podDisruptionBudgets);
    expect(budget?.status).toMatchObject({
      expectedPods: 3,
      disruptionsAllowed: 1,
      conditions: [{ type: 'DisruptionAllowed', status: 'True', reason: 'SufficientPods', observedGeneration: 3 }],
    });
    const { resourceVersion } = budget!.metadata;
    await cluster.settle();
    expect(cluster.api.all(resources.podDisruptionBudgets)[0]?.metadata.resourceVersion).toBe(resourceVersion);
    await cluster.stop();
  });

  it('names the kind of an owner that has no scale', async () => {
    const cluster = new SmallCluster([{ gvk: { group: 'batch', version: 'v1', kind: 'Job' }, resource: resources.jobs, namespaced: true }]);
    await cluster.run(runnable(disruptionController, cluster.context));
    const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'u', controller: true };
    cluster.api.put(resources.pods, readyPod(pod('p', { app: 'web' }, { ownerReferences: [owner] }), now));
    cluster.api.put(resources.podDisruptionBudgets, budgetOf({ maxUnavailable: 1 }));
    await cluster.settle();
    const [budget] = cluster.api.all<PodDisruptionBudget>(resources.podDisruptionBudgets);
    expect(budget?.status?.conditions).toMatchObject([
      { reason: 'SyncFailed', message: 'jobs.batch does not implement the scale subresource' },
    ]);
    await cluster.stop();
  });
});
