import { forbidden } from '#api';
import type { Job, Pod } from '#api/types';
import { runnable } from '#controller-runtime';
import { resources } from '#objects';
import { jobOrphanPodController } from '../job-orphan-pod/controller.ts';
import { ended, job, podOf } from '../testing/jobs.ts';
import { pod, SmallCluster } from '../testing/small-cluster.ts';
import { ttlAfterFinishedController } from '../ttl-after-finished/controller.ts';
import { jobController } from './controller.ts';
import { isTracked } from './job-pods.ts';

describe('the job controller', () => {
  let cluster: SmallCluster;
  beforeEach(async () => {
    cluster = new SmallCluster();
    const { context } = cluster;
    await cluster.run(
      runnable(jobController, context),
      runnable(jobOrphanPodController, context),
      runnable(ttlAfterFinishedController, context),
    );
  });
  afterEach(() => cluster.stop());

  const put = async (of: Job): Promise<void> => {
    cluster.api.put(resources.jobs, of);
    await cluster.settle();
  };
  const present = (): Job | undefined => cluster.api.all<Job>(resources.jobs)[0];
  const endPods = async (exitCode: number): Promise<void> => {
    const at = cluster.clock.now().toISOString();
    for (const each of cluster.pods().filter(({ status }) => !status?.phase))
      cluster.api.put(resources.pods, { ...each, status: ended(exitCode, at) });
    await cluster.settle();
  };
  const conditions = (): string[] => (present()?.status?.conditions ?? []).map(({ type, status }) => `${type}=${status}`);

  it('runs a Job to its end', async () => {
    await put(job({ completions: 3, parallelism: 2 }));
    expect([cluster.pods().length, present()?.status?.active]).toEqual([2, 2]);
    await endPods(0);
    expect(present()?.status).toMatchObject({ succeeded: 2, active: 1 });
    await endPods(0);
    expect(present()?.status).toMatchObject({ succeeded: 3, ready: 0, terminating: 0, uncountedTerminatedPods: {} });
    expect(conditions()).toEqual(['SuccessCriteriaMet=True', 'Complete=True']);
    expect(cluster.pods().some(isTracked)).toBe(false);
    await cluster.settle(5_000);
    expect(cluster.events()).toEqual(
      expect.arrayContaining([expect.stringMatching(/^SuccessfulCreate: Created pod: j-/), 'Completed: Job completed']),
    );
  });

  it('waits longer after each failure', async () => {
    await put(job({ backoffLimit: 2 }));
    await endPods(1);
    expect(cluster.pods()).toHaveLength(1);
    await cluster.settle(10_000);
    expect(cluster.pods()).toHaveLength(2);
    await endPods(1);
    await cluster.settle(19_000);
    expect(cluster.pods()).toHaveLength(2);
    await cluster.settle(1_000);
    expect(cluster.pods()).toHaveLength(3);
    await endPods(1);
    expect([conditions(), present()?.status?.failed]).toEqual([['FailureTarget=True', 'Failed=True'], 3]);
  });

  it('ends a Job at its deadline', async () => {
    await put(job({ activeDeadlineSeconds: 30 }));
    await cluster.settle(30_000);
    expect(conditions()).toEqual(['FailureTarget=True', 'Failed=True']);
    expect(cluster.pods()).toEqual([]);
  });

  it('counts no pod that success ends', async () => {
    const successPolicy = { rules: [{ succeededIndexes: '0' }] };
    await put(job({ completions: 2, parallelism: 2, completionMode: 'Indexed', successPolicy }));
    await cluster.ready();
    const [first] = cluster.pods();
    cluster.api.put(resources.pods, { ...first!, status: ended(0) });
    await cluster.settle();
    expect(present()?.status).toMatchObject({ completedIndexes: '0', succeeded: 1, terminating: 1, uncountedTerminatedPods: {} });
    await cluster.finishDeletes();
    expect(conditions()).toEqual(['SuccessCriteriaMet=True', 'Complete=True']);
    expect(present()?.status).not.toHaveProperty('failed');
  });

  it('counts what ends while further pods are refused', async () => {
    await put(job({ completions: 3, parallelism: 1 }));
    cluster.api.refuse = (item) =>
      item.verb === 'create' && item.resource.resource === 'pods'
        ? forbidden({ group: '', resource: 'pods' }, 'j', 'exceeded quota: q')
        : undefined;
    await endPods(0);
    expect(present()?.status).toMatchObject({ succeeded: 1, ready: 0 });
    expect(cluster.pods().some(isTracked)).toBe(false);
    await cluster.settle(5_000);
    expect(cluster.events().some((event) => /^FailedCreate: Error creating: .*exceeded quota: q$/.test(event))).toBe(true);
  });

  it('adopts pods that it chooses, and lets others go', async () => {
    const labels = { 'batch.kubernetes.io/controller-uid': 'job-1' };
    cluster.api.put(resources.pods, pod('mine', labels, { uid: 'mine' }));
    await put(job({}));
    const [adopted] = cluster.pods();
    expect(adopted?.metadata).toMatchObject({ finalizers: ['batch.kubernetes.io/job-tracking'], ownerReferences: [{ uid: 'job-1' }] });
    cluster.api.put(resources.pods, { ...adopted!, metadata: { ...adopted!.metadata, labels: {} } });
    await cluster.settle();
    const released = cluster.pods().find(({ metadata }) => metadata.name === 'mine');
    expect(released?.metadata).toMatchObject({ finalizers: [], ownerReferences: [] });
  });

  it.each<[string, (made: Pod) => Pod]>([
    ['whose Job is gone', (made) => made],
    ['that nobody owns', (made) => ({ ...made, metadata: { ...made.metadata, ownerReferences: [] } })],
  ])('lets go of pods %s', async (_which, change) => {
    cluster.api.put(resources.pods, change(podOf('left')));
    await cluster.settle();
    expect(cluster.pods().some(isTracked)).toBe(false);
  });

  it('leaves the pods of a Job that it manages, or another does', async () => {
    await put(job({ managedBy: 'acme.io/x' }, { metadata: { name: 'j', namespace: 'default', uid: 'job-1' } }));
    cluster.api.put(resources.pods, podOf('theirs', ended(0)));
    await cluster.settle();
    expect([cluster.pods().filter(isTracked).length, present()?.status]).toEqual([1, undefined]);
  });

  it('lets go of pods when their Job is deleted', async () => {
    await put(job());
    expect(cluster.pods().some(isTracked)).toBe(true);
    cluster.api.removeNow(resources.jobs, 'default', 'j');
    await cluster.settle();
    expect(cluster.pods().some(isTracked)).toBe(false);
  });

  it('takes a finished Job away when its time is over', async () => {
    await put(job({ ttlSecondsAfterFinished: 60 }));
    await endPods(0);
    await cluster.settle(59_000);
    expect(present()?.metadata.deletionTimestamp).toBeUndefined();
    await cluster.settle(2_000);
    expect(present()?.metadata).toMatchObject({ finalizers: ['foregroundDeletion'] });
  });
});
