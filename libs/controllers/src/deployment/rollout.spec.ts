import type { Deployment } from '#api/types';
import { runnable } from '#controller-runtime';
import { resources } from '#objects';
import { replicaSetController } from '../replicaset/controller.ts';
import { deployment, SmallCluster } from '../testing/small-cluster.ts';
import { revisionAnnotation } from './annotations.ts';
import { deploymentController } from './controller.ts';

let cluster: SmallCluster;

beforeEach(async () => {
  cluster = new SmallCluster();
  await cluster.run(runnable(deploymentController, cluster.context), runnable(replicaSetController, cluster.context));
});
afterEach(() => cluster.stop());

async function apply(change: (spec: Deployment['spec']) => Partial<Deployment['spec']>): Promise<void> {
  const present = cluster.deployment();
  const generation = (present.metadata.generation ?? 1) + 1;
  const spec = { ...present.spec, ...change(present.spec) };
  cluster.api.put(resources.deployments, { ...present, metadata: { ...present.metadata, generation }, spec });
  await cluster.settle();
}

const image =
  (tag: string) =>
  (spec: Deployment['spec']): Partial<Deployment['spec']> => ({
    template: { ...spec.template, spec: { containers: [{ name: 'c', image: tag }] } },
  });

async function create(spec: Partial<Deployment['spec']> = {}): Promise<void> {
  cluster.api.put(resources.deployments, deployment(spec));
  await cluster.settle();
}

/** Kubelets at work until nothing changes, checking the promise of every step. */
async function roll(check: () => void = () => undefined): Promise<void> {
  for (let i = 0; i < 30; i++) {
    check();
    await cluster.ready();
    check();
    await cluster.finishDeletes();
  }
}

const active = () => cluster.pods().filter((pod) => !pod.metadata.deletionTimestamp);
const readyCount = () => active().filter((pod) => pod.status?.conditions?.some((c) => c.status === 'True')).length;
const conditions = () =>
  Object.fromEntries((cluster.deployment().status?.conditions ?? []).map((c) => [c.type, `${c.status} ${c.reason}`]));
const sizes = () => Object.fromEntries(cluster.sets().map((set) => [set.spec.template?.spec?.containers[0]?.image, set.spec.replicas]));

describe('a Deployment and its ReplicaSets', () => {
  it('comes up: one set with the hash in its name, labels and selector, its pods in one call, status and conditions', async () => {
    await create({ replicas: 10 });
    const [set] = cluster.sets();
    const hash = set?.metadata.labels?.['pod-template-hash'] ?? '';
    expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
    expect(set?.metadata.name).toBe(`web-${hash}`);
    expect(set?.spec.selector.matchLabels).toEqual({ app: 'web', 'pod-template-hash': hash });
    expect(set?.metadata.annotations).toEqual({
      'deployment.kubernetes.io/revision': '1',
      'deployment.kubernetes.io/desired-replicas': '10',
      'deployment.kubernetes.io/max-replicas': '13',
    });
    const podCreates = cluster.api.calls.filter((call) => call[0]?.resource.resource === 'pods');
    expect(podCreates.map((call) => call.length)).toEqual([10]);
    expect(cluster.pods()[0]?.metadata.ownerReferences).toMatchObject([{ kind: 'ReplicaSet', controller: true, blockOwnerDeletion: true }]);
    expect(conditions()).toEqual({ Progressing: 'True ReplicaSetUpdated', Available: 'False MinimumReplicasUnavailable' });
    await cluster.ready();
    expect(cluster.deployment().status).toMatchObject({
      observedGeneration: 1,
      replicas: 10,
      updatedReplicas: 10,
      readyReplicas: 10,
      availableReplicas: 10,
      unavailableReplicas: 0,
    });
    expect(conditions()).toEqual({ Progressing: 'True NewReplicaSetAvailable', Available: 'True MinimumReplicasAvailable' });
    expect(cluster.deployment().metadata.annotations?.[revisionAnnotation]).toBe('1');
    expect(cluster.events()).toContain(`ScalingReplicaSet: Scaled up replica set web-${hash} from 0 to 10`);
  });

  it('rolls without ever having too many pods or too few ready ones', async () => {
    await create({ replicas: 4 });
    await cluster.ready();
    await apply(image('v2'));
    await roll(() => {
      expect(active().length).toBeLessThanOrEqual(5);
      expect(readyCount()).toBeGreaterThanOrEqual(3);
    });
    expect(sizes()).toEqual({ v1: 0, v2: 4 });
    expect(conditions()).toEqual({ Available: 'True MinimumReplicasAvailable', Progressing: 'True NewReplicaSetAvailable' });
    expect(cluster.deployment().metadata.annotations?.[revisionAnnotation]).toBe('2');
  });

  it('goes back to an old template by using its set again, with a new revision and the history of the old one', async () => {
    await create();
    await cluster.ready();
    await apply(image('v2'));
    await roll();
    await apply(image('v1'));
    await roll();
    expect(sizes()).toEqual({ v1: 3, v2: 0 });
    const old = cluster.sets().find((set) => set.spec.template?.spec?.containers[0]?.image === 'v1');
    expect(old?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
    });
    expect(cluster.deployment().metadata.annotations?.[revisionAnnotation]).toBe('3');
  });

  it('stalls on a bad version: the old pods serve on, and the deadline says so', async () => {
    await create({ replicas: 4, progressDeadlineSeconds: 60 });
    await cluster.ready();
    await apply(image('bad'));
    for (let i = 0; i < 5; i++) await cluster.finishDeletes();
    expect(readyCount()).toBe(3);
    await cluster.settle(63_000);
    expect(conditions()).toMatchObject({ Progressing: 'False ProgressDeadlineExceeded' });
    expect(readyCount()).toBe(3);
    await apply(image('v1'));
    await roll();
    expect(conditions()).toMatchObject({ Progressing: 'True NewReplicaSetAvailable' });
  });

  it('scales both sets in proportion in the middle of a rollout', async () => {
    await create({ replicas: 10, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } });
    await cluster.ready();
    await apply(image('bad'));
    for (let i = 0; i < 5; i++) await cluster.finishDeletes();
    expect(sizes()).toEqual({ v1: 8, bad: 5 });
    await apply(() => ({ replicas: 15 }));
    // The example of the documentation, "Proportional scaling".
    expect(sizes()).toEqual({ v1: 11, bad: 7 });
  });

  it('does nothing while paused but scale, and goes on when resumed', async () => {
    await create();
    await cluster.ready();
    await apply((spec) => ({ paused: true, ...image('v2')(spec) }));
    expect(sizes()).toEqual({ v1: 3 });
    expect(conditions()).toMatchObject({ Progressing: 'Unknown DeploymentPaused' });
    await apply(() => ({ replicas: 5 }));
    expect(sizes()).toEqual({ v1: 5 });
    await apply(() => ({ paused: false }));
    await roll();
    expect(sizes()).toEqual({ v1: 0, v2: 5 });
  });

  it('recreates: no new pod before the last old one is gone', async () => {
    await create({ strategy: { type: 'Recreate' } });
    await cluster.ready();
    await apply(image('v2'));
    expect(active()).toHaveLength(0);
    expect(cluster.pods()).toHaveLength(3);
    await cluster.finishDeletes();
    await cluster.ready();
    expect(sizes()).toEqual({ v1: 0, v2: 3 });
    expect(readyCount()).toBe(3);
  });

  it('keeps as many old sets as the history limit says', async () => {
    await create({ revisionHistoryLimit: 2 });
    await cluster.ready();
    for (const version of ['v2', 'v3', 'v4', 'v5']) {
      await apply(image(version));
      await roll();
    }
    expect(Object.keys(sizes()).toSorted()).toEqual(['v3', 'v4', 'v5']);
  });

  it('tries the next hash when a set of another owner has the name', async () => {
    await create();
    const taken = cluster.sets()[0]!;
    cluster.api.removeNow(resources.deployments, 'default', 'web');
    cluster.api.put(resources.replicaSets, { ...taken, metadata: { ...taken.metadata, ownerReferences: [], labels: {} } });
    await cluster.settle();
    await create();
    await cluster.settle(3000);
    expect(cluster.deployment().status?.collisionCount).toBe(1);
    expect(cluster.sets()).toHaveLength(2);
  });

  it('replaces pods that are lost, and never twice', async () => {
    await create({ replicas: 5 });
    await cluster.ready();
    for (const { metadata } of cluster.pods().slice(0, 2)) cluster.api.removeNow(resources.pods, 'default', metadata.name ?? '');
    await cluster.settle();
    expect(cluster.pods()).toHaveLength(5);
  });
});
