import type { CronJob, CronJobStatus, Job } from '#api/types';
import { cronJob, job } from '../testing/jobs.ts';
import { type Action, reconcile } from './reconcile.ts';

const at = (time: string): Date => new Date(`2026-01-01T${time}Z`);
const reference = (name: string) => ({ kind: 'Job', namespace: 'default', name, uid: name, apiVersion: 'batch/v1' });
const child = (name: string, status: Job['status'] = {}): Job => ({
  ...job({}, { status }),
  metadata: { name, namespace: 'default', uid: name },
});
const ended = (type: string, completionTime?: string, startTime = completionTime): Job['status'] => ({
  conditions: [{ type, status: 'True' }],
  ...(completionTime && { completionTime }),
  ...(startTime && { startTime }),
});

const shown = (action: Action): string => {
  switch (action.do) {
    case 'tell':
      return `tell ${action.events.map(({ reason }) => reason).join()}`;
    case 'deleteJobs':
      return `delete ${action.jobs.map(({ name }) => name).join()}`;
    case 'createJob':
      return `create ${action.job.metadata.name}`;
    case 'updateStatus':
      return 'status';
  }
};
const planOf = (of: CronJob, jobs: Job[], now: Date) => reconcile({ cronJob: of, jobs, localZone: 'UTC' }, now);
const minutes = (time: string): number => at(time).getTime() / 60_000;
const c = (time: string): string => `c-${minutes(time)}`;

describe('a CronJob', () => {
  const cases: {
    name: string;
    spec?: Partial<CronJob['spec']>;
    status?: CronJobStatus;
    jobs?: Job[];
    now: string;
    want: string[];
    wait?: number;
  }[] = [
    { name: 'waits for the first time after its creation', now: '00:09:59', want: [], wait: 1_100 },
    { name: 'starts a Job, named by the time', now: '00:10:01', want: [`create ${c('00:10:00')}`], wait: 599_100 },
    { name: 'starts it once', status: { lastScheduleTime: '2026-01-01T00:10:00Z' }, now: '00:10:01', want: [], wait: 599_100 },
    {
      name: 'starts the last one of those that it missed',
      status: { lastScheduleTime: '2026-01-01T00:10:00Z' },
      now: '00:45:00',
      want: [`create ${c('00:40:00')}`],
      wait: 300_100,
    },
    {
      name: 'says when it missed very many',
      spec: { schedule: '* * * * *' },
      now: '02:00:30',
      want: ['tell TooManyMissedTimes', `create ${c('02:00:00')}`],
      wait: 30_100,
    },
    {
      name: 'starts none that is too late',
      spec: { startingDeadlineSeconds: 60 },
      now: '00:15:00',
      want: ['tell MissSchedule'],
      wait: 300_100,
    },
    {
      name: 'starts one within the deadline',
      spec: { startingDeadlineSeconds: 600 },
      now: '00:15:00',
      want: [`create ${c('00:10:00')}`],
      wait: 300_100,
    },
    { name: 'does nothing while it is suspended', spec: { suspend: true }, now: '00:15:00', want: [] },
    {
      name: 'lets several run',
      status: { active: [reference('r')] },
      jobs: [child('r')],
      now: '00:10:01',
      want: [`create ${c('00:10:00')}`],
      wait: 599_100,
    },
    {
      name: 'lets one run alone',
      spec: { concurrencyPolicy: 'Forbid' },
      status: { active: [reference('r')] },
      jobs: [child('r')],
      now: '00:10:01',
      want: ['tell JobAlreadyActive'],
      wait: 599_100,
    },
    {
      name: 'replaces one by the next',
      spec: { concurrencyPolicy: 'Replace' },
      status: { active: [reference('r')] },
      jobs: [child('r')],
      now: '00:10:01',
      want: ['delete r', `create ${c('00:10:00')}`],
      wait: 599_100,
    },
    {
      name: 'sees its Jobs end',
      status: { active: [reference('r')] },
      jobs: [child('r', ended('Complete', '2026-01-01T00:05:00Z'))],
      now: '00:06:00',
      want: ['tell SawCompletedJob', 'status'],
      wait: 240_100,
    },
    {
      name: 'misses a Job that is gone',
      status: { active: [reference('r')] },
      now: '00:06:00',
      want: ['tell MissingJob', 'status'],
      wait: 240_100,
    },
    { name: 'wonders at a Job that it does not know', jobs: [child('r')], now: '00:06:00', want: ['tell UnexpectedJob'], wait: 240_100 },
    {
      name: 'keeps the last ones',
      spec: { successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 0 },
      status: { lastSuccessfulTime: '2026-01-01T00:05:00Z' },
      jobs: [
        child('new', ended('Complete', '2026-01-01T00:05:00Z')),
        child('old', ended('Complete', '2026-01-01T00:04:00Z')),
        child('bad', ended('Failed')),
      ],
      now: '00:06:00',
      want: ['delete old,bad'],
      wait: 240_100,
    },
    { name: 'has a schedule that comes', spec: { schedule: '0 0 31 2 *' }, now: '00:06:00', want: ['tell InvalidSchedule'] },
    { name: 'has a schedule', spec: { schedule: 'x' }, now: '00:06:00', want: ['tell UnparseableSchedule'] },
    { name: 'has a zone that there is', spec: { timeZone: 'Mars/Base' }, now: '00:06:00', want: ['tell UnknownTimeZone'] },
    {
      name: 'goes by the clocks of its zone',
      spec: { schedule: '0 9 * * *', timeZone: 'Asia/Tokyo' },
      now: '00:00:30',
      want: [],
      wait: 86_400_000 - 30_000 + 100,
    },
  ];
  it.each(cases)('$name', ({ spec, status, jobs, now, want, wait }) => {
    const plan = planOf(cronJob(spec, status && { status }), jobs ?? [], at(now));
    expect([plan.actions.map(shown), plan.requeueAfterMs]).toEqual([want, wait]);
  });

  it('tells which time it missed', () => {
    const [action] = planOf(cronJob({ startingDeadlineSeconds: 60 }), [], at('00:15:00')).actions;
    const message = 'Missed scheduled time to start a job: Thu, 01 Jan 2026 00:10:00 +0000';
    expect(action).toMatchObject({ do: 'tell', events: [{ type: 'Warning', reason: 'MissSchedule', message }] });
  });

  it('makes the Job of its template', () => {
    const [action] = planOf(cronJob({ timeZone: 'Europe/Berlin' }), [], at('00:10:01')).actions;
    expect(action).toMatchObject({
      do: 'createJob',
      job: {
        metadata: {
          namespace: 'default',
          labels: { l: '1' },
          annotations: { a: '1', 'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-01T01:10:00+01:00' },
          ownerReferences: [{ kind: 'CronJob', uid: 'cron-1', controller: true }],
        },
        spec: { completions: 1 },
      },
      status: { lastScheduleTime: '2026-01-01T00:10:00Z' },
    });
  });

  it('remembers the last success, whoever started the Job', () => {
    const jobs = [child('a', ended('Complete', '2026-01-01T00:05:00Z')), child('b', ended('Complete', '2026-01-01T00:03:00Z'))];
    const [action] = planOf(cronJob({}, { status: { lastSuccessfulTime: '2026-01-01T00:04:00Z' } }), jobs, at('00:06:00')).actions;
    expect(action).toMatchObject({ do: 'updateStatus', status: { lastSuccessfulTime: '2026-01-01T00:05:00Z' } });
  });

  it('starts nothing when it goes', () => {
    const of = cronJob();
    expect(planOf({ ...of, metadata: { ...of.metadata, deletionTimestamp: '2026-01-01T00:10:00Z' } }, [], at('00:10:01'))).toEqual({
      actions: [],
    });
  });
});
