import { forbidden } from '#api';
import type { CronJob, Job } from '#api/types';
import { runnable } from '#controller-runtime';
import { resources } from '#objects';
import { cronJob } from '../testing/jobs.ts';
import { SmallCluster } from '../testing/small-cluster.ts';
import { cronJobController } from './controller.ts';

describe('the cronjob controller', () => {
  let cluster: SmallCluster;
  beforeEach(async () => {
    cluster = new SmallCluster();
    await cluster.run(runnable(cronJobController, cluster.context));
  });
  afterEach(() => cluster.stop());

  const start = async (spec: Partial<CronJob['spec']>): Promise<void> => {
    const of = cronJob({ schedule: '* * * * *', ...spec });
    const creationTimestamp = cluster.clock.now().toISOString();
    cluster.api.put(resources.cronJobs, { ...of, metadata: { ...of.metadata, creationTimestamp } });
    await cluster.settle();
  };
  const jobs = (): Job[] => cluster.api.all<Job>(resources.jobs);
  const status = () => cluster.api.all<CronJob>(resources.cronJobs)[0]?.status;
  const finish = async (type: string): Promise<void> => {
    const completionTime = cluster.clock.now().toISOString();
    for (const each of jobs().filter((one) => !one.status)) {
      cluster.api.put(resources.jobs, {
        ...each,
        status: { conditions: [{ type, status: 'True' }], completionTime, startTime: completionTime },
      });
    }
    await cluster.settle();
  };

  it('starts a Job each minute, and keeps the last three', async () => {
    await start({});
    for (let minute = 1; minute <= 5; minute++) {
      await cluster.settle(60_000);
      expect(status()?.active).toHaveLength(1);
      await finish('Complete');
    }
    expect(status()).not.toHaveProperty('active');
    expect(status()?.lastSuccessfulTime).toBeDefined();
    expect(jobs()).toHaveLength(3);
    await cluster.settle(5_000);
    const reasons = new Set(cluster.events().map((event) => event.split(':')[0]));
    expect(reasons).toEqual(new Set(['SawCompletedJob', 'SuccessfulCreate', 'SuccessfulDelete']));
  });

  it('takes up a Job that it had made before the status could tell', async () => {
    await start({});
    const refused = forbidden({ group: 'batch', resource: 'cronjobs' }, 'c', 'not now');
    cluster.api.refuse = (item) => (item.subresource === 'status' ? refused : undefined);
    await cluster.settle(61_000);
    expect([jobs().length, status()]).toEqual([1, undefined]);
    cluster.api.refuse = () => undefined;
    await cluster.settle(30_000);
    expect([jobs().length, status()?.active?.[0]?.name]).toEqual([1, jobs()[0]?.metadata.name]);
  });

  it('replaces the Job before', async () => {
    await start({ concurrencyPolicy: 'Replace' });
    await cluster.settle(120_500);
    expect(jobs()).toHaveLength(1);
    expect(status()?.active?.map(({ name }) => name)).toEqual([jobs()[0]?.metadata.name]);
  });

  it('says when it may not make one, and makes it later', async () => {
    await start({});
    cluster.api.refuse = (item) =>
      item.verb === 'create' && item.resource.resource === 'jobs'
        ? forbidden({ group: 'batch', resource: 'jobs' }, 'c', 'quota')
        : undefined;
    await cluster.settle(61_000);
    cluster.api.refuse = () => undefined;
    await cluster.settle(30_000);
    expect([jobs().length, cluster.events().some((event) => event.startsWith('FailedCreate: Error creating job:'))]).toEqual([1, true]);
  });
});
