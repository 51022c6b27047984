import type { Job, JobSpec, JobStatus, Pod } from '#api/types';
import { ended, job, podOf, running } from '../testing/jobs.ts';
import { pod } from '../testing/small-cluster.ts';
import { type Action, reconcile } from './reconcile.ts';

const now = new Date('2026-01-01T01:00:00Z');
const time = '2026-01-01T01:00:00Z';
const names = (pods: readonly Pod[]): string => pods.map(({ metadata }) => metadata.name).join();

const shown = (action: Action): string => {
  switch (action.do) {
    case 'createPods':
      return `create ${action.pods.map(({ index = '*', replaces }) => `${index}${replaces ? `<${replaces.metadata.name}` : ''}`).join()}`;
    case 'dropPods':
    case 'deletePods':
    case 'untrackPods':
      return `${action.do.replace('Pods', '')} ${names(action.pods)}`;
    case 'adoptPod':
    case 'releasePod':
      return `${action.do.replace('Pod', '')} ${action.pod.metadata.name}`;
    case 'updateStatus':
      return ['status', ...action.events.map(({ reason }) => reason)].join(' ');
  }
};
const planOf = (of: Job, pods: Pod[]): string[] => reconcile({ job: of, pods }, now).actions.map(shown);
const statusOf = (of: Job, pods: Pod[]): JobStatus | undefined =>
  reconcile({ job: of, pods }, now).actions.flatMap((action) => (action.do === 'updateStatus' ? [action.status] : []))[0];
const conditionsOf = (of: Job, pods: Pod[]): string[] =>
  (statusOf(of, pods)?.conditions ?? []).map(({ type, status, reason = '', message = '' }) => `${type}=${status} ${reason}: ${message}`);

const active = (name: string, index?: number): Pod => podOf(name, { phase: 'Running' }, { index });
const going = (of: Pod): Pod => ({ ...of, metadata: { ...of.metadata, deletionTimestamp: '2026-01-01T00:59:30Z' } });
const untracked = (of: Pod): Pod => ({ ...of, metadata: { ...of.metadata, finalizers: [] } });
const failures = (of: Pod, count: number, ignored = 0): Pod => ({
  ...of,
  metadata: {
    ...of.metadata,
    annotations: {
      ...of.metadata.annotations,
      'batch.kubernetes.io/job-index-failure-count': String(count),
      'batch.kubernetes.io/job-index-ignored-failure-count': String(ignored),
    },
  },
});
const indexed: Partial<JobSpec> = { completionMode: 'Indexed', completions: 4, parallelism: 2 };
const perIndex: Partial<JobSpec> = { ...indexed, backoffLimitPerIndex: 1, backoffLimit: 2 ** 31 - 1 };
const condition = (type: string, reason = 'R', message = 'M') => ({ type, status: 'True', reason, message });

describe('the pods of a Job', () => {
  const at = running({ active: 1, ready: 0 });
  const cases: { name: string; spec?: Partial<JobSpec>; status?: JobStatus; meta?: object; pods: Pod[]; want: string[] }[] = [
    { name: 'are made', pods: [], want: ['create *', 'status'] },
    {
      name: 'are made as many at a time as asked for',
      spec: { completions: 5, parallelism: 3 },
      pods: [],
      want: ['create *,*,*', 'status'],
    },
    {
      name: 'are no more than are left to do',
      spec: { completions: 3, parallelism: 3 },
      status: running({ succeeded: 2 }),
      pods: [],
      want: ['create *', 'status'],
    },
    { name: 'are enough', status: at, pods: [active('a')], want: [] },
    {
      name: 'are taken away where there are too many, and do not count',
      spec: { completions: 3, parallelism: 1 },
      status: running({ active: 2 }),
      pods: [active('a'), podOf('b', { phase: 'Pending' })],
      want: ['drop b', 'status'],
    },
    {
      name: 'are not replaced in a queue of work that is done',
      spec: { completions: undefined, parallelism: 2 },
      status: running({ active: 1, succeeded: 1 }),
      pods: [active('a')],
      want: [],
    },
    {
      name: 'rest with a Job that is suspended',
      spec: { suspend: true },
      status: at,
      pods: [active('a')],
      want: ['drop a', 'status Suspended'],
    },
    {
      name: 'come again when it is resumed',
      status: running({ startTime: undefined, conditions: [condition('Suspended', 'JobSuspended', 'Job suspended')] }),
      pods: [],
      want: ['create *', 'status Resumed'],
    },
    {
      name: 'are not made for a Job that goes',
      meta: { deletionTimestamp: time, finalizers: ['foregroundDeletion'] },
      status: running(),
      pods: [],
      want: [],
    },
    {
      name: 'are let go of by a Job that goes',
      meta: { deletionTimestamp: time, finalizers: ['foregroundDeletion'] },
      status: at,
      pods: [active('a')],
      want: ['untrack a'],
    },
    { name: 'are another’s, where another manages the Job', spec: { managedBy: 'acme.io/x' }, pods: [podOf('a', ended(0))], want: [] },
    { name: 'are ours by our name too', spec: { managedBy: 'kubernetes.io/job-controller' }, pods: [], want: ['create *', 'status'] },
    {
      name: 'are adopted, finalizer and all',
      status: running(),
      pods: [pod('o', { 'batch.kubernetes.io/controller-uid': 'job-1' }, { uid: 'o' })],
      want: ['adopt o'],
    },
    {
      name: 'are released when they are not chosen any more',
      status: running(),
      pods: [{ ...active('a'), metadata: { ...active('a').metadata, labels: {} } }],
      want: ['release a'],
    },
    { name: 'are replaced as soon as they go', status: at, pods: [going(active('a'))], want: ['status', 'untrack a', 'create *'] },
    {
      name: 'are replaced when they have gone, where asked for',
      spec: { podReplacementPolicy: 'Failed' },
      status: running({ terminating: 1 }),
      pods: [going(active('a'))],
      want: [],
    },
  ];
  it.each(cases)('$name', ({ spec, status, meta, pods, want }) => {
    const of = job(spec, status && { status });
    expect(planOf({ ...of, metadata: { ...of.metadata, ...meta } }, pods)).toEqual(want);
  });

  const delays: [string, Pod[], Pod[], number | undefined][] = [
    ['at once after none', [], [], undefined],
    ['10 s after the first failure', [podOf('f', ended(1, '2026-01-01T00:59:55Z'))], [], 5_000],
    ['20 s after the second', [podOf('f', ended(1)), podOf('g', ended(1, '2026-01-01T00:59:55Z'))], [], 15_000],
    ['at most six minutes', Array.from({ length: 9 }, (_, i) => podOf(`f${i}`, ended(1, '2026-01-01T00:59:00Z'))), [], 300_000],
    [
      'not for failures before the last success',
      [podOf('f', ended(1, '2026-01-01T00:59:55Z'))],
      [podOf('s', ended(0, '2026-01-01T00:59:56Z'))],
      undefined,
    ],
    ['by the deletion of a pod that never ended', [going(active('d'))], [], undefined],
    [
      'by readiness where containers tell nothing',
      [podOf('f', { phase: 'Failed', conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: '2026-01-01T00:59:59Z' }] })],
      [],
      9_000,
    ],
  ];
  it.each(delays)('wait %s', (_name, failed, succeeded, wait) => {
    const of = job({ completions: 20, backoffLimit: 20 }, { status: running() });
    const plan = reconcile({ job: of, pods: [...failed, ...succeeded].map(untracked) }, now);
    expect([plan.requeueAfterMs, plan.actions.some((action) => action.do === 'createPods')]).toEqual([wait, wait === undefined]);
  });
});

describe('the pods of an Indexed Job', () => {
  const cases: { name: string; spec?: Partial<JobSpec>; status?: JobStatus; pods: Pod[]; want: string[] }[] = [
    { name: 'are made for the first indexes', pods: [], want: ['create 0,1', 'status'] },
    {
      name: 'are made for what is missing',
      spec: { parallelism: 4 },
      status: running({ active: 1, succeeded: 1, completedIndexes: '1' }),
      pods: [active('a', 2)],
      want: ['create 0,3', 'status'],
    },
    {
      name: 'are one an index',
      spec: { parallelism: 3 },
      status: running({ active: 3 }),
      pods: [active('a', 0), podOf('b', { phase: 'Pending' }, { index: 0 }), active('c', 1)],
      want: ['drop b', 'status'],
    },
    { name: 'have an index', status: running({ active: 2 }), pods: [active('a', 0), active('x')], want: ['drop x', 'status'] },
    {
      name: 'have an index that there is',
      spec: { completions: 1, parallelism: 1 },
      status: running({ active: 2 }),
      pods: [active('a', 0), active('b', 3)],
      want: ['drop b', 'status'],
    },
    {
      name: 'wait for the one of the same index to go, where asked for',
      spec: { podReplacementPolicy: 'Failed', parallelism: 4 },
      status: running({ terminating: 1 }),
      pods: [going(active('a', 0))],
      want: ['create 1,2,3', 'status'],
    },
  ];
  it.each(cases)('$name', ({ spec, status, pods, want }) => {
    expect(planOf(job({ ...indexed, ...spec }, status && { status }), pods)).toEqual(want);
  });

  const limited: { name: string; spec?: Partial<JobSpec>; status?: JobStatus; pods: Pod[]; want: string[]; failed: string }[] = [
    {
      name: 'carry on the count of failures',
      status: running(),
      pods: [failures(podOf('f', ended(1), { index: 0 }), 0)],
      want: ['create 0<f,1', 'status'],
      failed: '',
    },
    {
      name: 'are counted once they are replaced',
      status: running({ active: 2, failedIndexes: '' }),
      pods: [failures(podOf('f', ended(1), { index: 0 }), 0), failures(active('a', 0), 1), active('b', 1)],
      want: ['status', 'untrack f'],
      failed: '',
    },
    {
      name: 'are not replaced beyond the limit',
      status: running({ active: 1, failedIndexes: '' }),
      pods: [failures(podOf('f', ended(1), { index: 0 }), 1), active('b', 1)],
      want: ['status', 'untrack f', 'create 2'],
      failed: '0',
    },
    {
      name: 'wait for each index apart',
      spec: { parallelism: 4 },
      status: running({ failedIndexes: '' }),
      pods: [failures(podOf('f', ended(1, '2026-01-01T00:59:58Z'), { index: 1 }), 0)],
      want: ['create 0,2,3', 'status'],
      failed: '',
    },
    {
      name: 'fail an index by rule',
      spec: { podFailurePolicy: { rules: [{ action: 'FailIndex', onExitCodes: { operator: 'In', values: [7] } }] } },
      status: running({ active: 1, failedIndexes: '' }),
      pods: [failures(podOf('f', ended(7), { index: 0 }), 0), active('b', 1)],
      want: ['status', 'untrack f', 'create 2'],
      failed: '0',
    },
  ];
  it.each(limited)('with a limit each $name', ({ spec, status, pods, want, failed }) => {
    const of = job({ ...perIndex, ...spec }, status && { status });
    expect(planOf(of, pods)).toEqual(want);
    expect(statusOf(of, pods)?.failedIndexes).toBe(failed);
  });
});

describe('counting', () => {
  it('names an ended pod, lets it go, and then counts it', () => {
    const spec = { completions: 3, parallelism: 1 };
    const first = job(spec, { status: running({ active: 1 }) });
    expect(planOf(first, [podOf('a', ended(0))])).toEqual(['status', 'untrack a', 'create *']);
    const named = statusOf(first, [podOf('a', ended(0))]);
    expect(named).toMatchObject({ uncountedTerminatedPods: { succeeded: ['a'] } });
    expect(named).not.toHaveProperty('succeeded');
    // The finalizer is still there: named already.
    expect(planOf(job(spec, { status: named }), [podOf('a', ended(0))])).toEqual(['untrack a', 'create *']);
    // It is gone, and so may the pod be.
    for (const pods of [[untracked(podOf('a', ended(0)))], []]) {
      expect(statusOf(job(spec, { status: named }), pods)).toMatchObject({ succeeded: 1, active: 1, uncountedTerminatedPods: {} });
    }
  });

  it('takes an index for the name', () => {
    const of = job(indexed, { status: running({ active: 2, completedIndexes: '0', succeeded: 1 }) });
    const pods = [podOf('a', ended(0), { index: 0 }), podOf('b', ended(0), { index: 1 }), podOf('c', ended(0), { index: 2 })];
    expect(statusOf(of, pods)).toMatchObject({ completedIndexes: '0-2', succeeded: 3, uncountedTerminatedPods: {} });
  });

  it('forgets indexes that a smaller Job does not have', () => {
    const of = job({ ...indexed, completions: 2 }, { status: running({ completedIndexes: '0,3', succeeded: 2 }) });
    expect(statusOf(of, [podOf('x', ended(0), { index: 3 })])).toMatchObject({ completedIndexes: '0', succeeded: 1 });
  });

  it('names no more than a status has room for', () => {
    const pods = Array.from({ length: 600 }, (_, i) => podOf(`p${i}`, ended(0)));
    const of = job({ completions: 1000, parallelism: 0 }, { status: running({ active: 600 }) });
    const [status, untrack] = reconcile({ job: of, pods }, now).actions;
    expect(status).toMatchObject({ status: { uncountedTerminatedPods: { succeeded: { length: 500 } } } });
    expect(untrack).toMatchObject({ do: 'untrackPods', pods: { length: 500 } });
  });

  it('does not count what a rule ignores', () => {
    const rules = [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }];
    const of = job({ podFailurePolicy: { rules }, backoffLimit: 0 }, { status: running({ active: 1 }) });
    const evicted = podOf('a', { ...ended(137), conditions: [{ type: 'DisruptionTarget', status: 'True' }] });
    expect(planOf(of, [evicted])).toEqual(['status', 'untrack a', 'create *']);
    expect(statusOf(of, [evicted])).toMatchObject({ uncountedTerminatedPods: {} });
  });
});

describe('the end of a Job', () => {
  const complete = 'SuccessCriteriaMet=True CompletionsReached: Reached expected number of succeeded pods';
  const cases: { name: string; spec?: Partial<JobSpec>; status?: JobStatus; pods: Pod[]; want: string[]; conditions: string[] }[] = [
    {
      name: 'is seen before the last pod is counted',
      status: running({ active: 1 }),
      pods: [podOf('a', ended(0))],
      want: ['status', 'untrack a'],
      conditions: [complete],
    },
    {
      name: 'has come when all are counted',
      status: running({ uncountedTerminatedPods: { succeeded: ['a'] } }),
      pods: [],
      want: ['status Completed'],
      conditions: [complete, complete.replace('SuccessCriteriaMet', 'Complete')],
    },
    {
      name: 'comes at once where nothing is asked for',
      spec: { completions: 0 },
      pods: [],
      want: ['status Completed'],
      conditions: [complete, complete.replace('SuccessCriteriaMet', 'Complete')],
    },
    {
      name: 'waits for pods that are going',
      status: running({ uncountedTerminatedPods: { succeeded: ['a'] }, terminating: 1 }),
      pods: [untracked(going(active('b')))],
      want: ['status'],
      conditions: [complete],
    },
    {
      name: 'tells of pods that succeeded in vain',
      status: running({ uncountedTerminatedPods: { succeeded: ['a', 'b'] } }),
      pods: [],
      want: ['status TooManySucceededPods Completed'],
      conditions: [complete, complete.replace('SuccessCriteriaMet', 'Complete')],
    },
    {
      name: 'is failure beyond the limit',
      spec: { backoffLimit: 1, parallelism: 2, completions: 2 },
      status: running({ active: 1, failed: 1 }),
      pods: [podOf('a', ended(1)), active('b')],
      want: ['delete b', 'status', 'untrack a,b'],
      conditions: ['FailureTarget=True BackoffLimitExceeded: Job has reached the specified backoff limit'],
    },
    {
      name: 'is failure of the Job when all its pods are gone',
      status: running({
        failed: 6,
        uncountedTerminatedPods: { failed: ['a'] },
        conditions: [condition('FailureTarget', 'BackoffLimitExceeded', 'm')],
      }),
      pods: [],
      want: ['status BackoffLimitExceeded'],
      conditions: ['FailureTarget=True BackoffLimitExceeded: m', 'Failed=True BackoffLimitExceeded: m'],
    },
    {
      name: 'is failure by restarts',
      spec: { backoffLimit: 3, template: { spec: { restartPolicy: 'OnFailure', containers: [] } } },
      status: running({ active: 1 }),
      pods: [podOf('a', { phase: 'Running', containerStatuses: [{ name: 'c', restartCount: 3, ready: false, image: '', imageID: '' }] })],
      want: ['delete a', 'status', 'untrack a'],
      conditions: ['FailureTarget=True BackoffLimitExceeded: Job has reached the specified backoff limit'],
    },
    {
      name: 'is failure by time',
      spec: { activeDeadlineSeconds: 3600 },
      status: running({ active: 1 }),
      pods: [active('a')],
      want: ['delete a', 'status', 'untrack a'],
      conditions: ['FailureTarget=True DeadlineExceeded: Job was active longer than specified deadline'],
    },
    {
      name: 'is failure by rule',
      spec: { podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'NotIn', values: [2] } }] } },
      status: running({ active: 1 }),
      pods: [podOf('a', ended(42))],
      want: ['status', 'untrack a'],
      conditions: [
        'FailureTarget=True PodFailurePolicy: Container c for pod default/a failed with exit code 42 matching FailJob rule at index 0',
      ],
    },
    {
      name: 'is failure by a condition',
      spec: { podFailurePolicy: { rules: [{ action: 'FailJob', onPodConditions: [{ type: 'X', status: 'True' }] }] } },
      status: running({ active: 1 }),
      pods: [podOf('a', { ...ended(1), conditions: [{ type: 'X', status: 'True' }] })],
      want: ['status', 'untrack a'],
      conditions: ['FailureTarget=True PodFailurePolicy: Pod default/a has condition X matching FailJob rule at index 0'],
    },
    {
      name: 'is failure when too many indexes have failed',
      spec: { ...perIndex, maxFailedIndexes: 0 },
      status: running({ active: 2, failedIndexes: '' }),
      pods: [failures(podOf('a', ended(1), { index: 0 }), 1), active('b', 1)],
      want: ['delete b', 'status', 'untrack a,b'],
      conditions: ['FailureTarget=True MaxFailedIndexesExceeded: Job has exceeded the specified maximal number of failed indexes'],
    },
    {
      name: 'is failure when all have ended and some failed',
      spec: { ...perIndex, completions: 2 },
      status: running({ active: 1, completedIndexes: '1', succeeded: 1, failedIndexes: '' }),
      pods: [failures(podOf('a', ended(1), { index: 0 }), 1)],
      want: ['status', 'untrack a'],
      conditions: ['FailureTarget=True FailedIndexes: Job has failed indexes'],
    },
    {
      name: 'is success by rule, and the others do not count',
      spec: { ...indexed, successPolicy: { rules: [{ succeededIndexes: '3' }, { succeededIndexes: '0-2', succeededCount: 1 }] } },
      status: running({ active: 2 }),
      pods: [podOf('a', ended(0), { index: 0 }), active('b', 1)],
      want: ['delete b', 'status', 'untrack a,b'],
      conditions: ['SuccessCriteriaMet=True SuccessPolicy: Matched rules at index 1'],
    },
    {
      name: 'stays as it was decided',
      status: running({ active: 1, conditions: [condition('FailureTarget')] }),
      pods: [podOf('a', ended(0))],
      want: ['status', 'untrack a'],
      conditions: ['FailureTarget=True R: M'],
    },
    {
      name: 'is the end',
      status: running({ conditions: [condition('FailureTarget'), condition('Failed')] }),
      pods: [active('a')],
      want: [],
      conditions: [],
    },
  ];
  it.each(cases)('$name', ({ spec, status, pods, want, conditions }) => {
    const of = job(spec, status && { status });
    expect(planOf(of, pods)).toEqual(want);
    expect(conditionsOf(of, pods)).toEqual(conditions);
  });

  it('counts pods that it ends itself as failed, and those that met the policy not at all', () => {
    const failing = job({ activeDeadlineSeconds: 1 }, { status: running({ active: 1 }) });
    expect(statusOf(failing, [active('a')])).toMatchObject({ terminating: 1, uncountedTerminatedPods: { failed: ['a'] } });
    const met = job(
      { ...indexed, successPolicy: { rules: [{ succeededCount: 1 }] } },
      { status: running({ active: 1, completedIndexes: '0', succeeded: 1 }) },
    );
    expect(statusOf(met, [active('b', 1)])).toMatchObject({ uncountedTerminatedPods: {}, terminating: 1 });
  });

  it('has a time, and looks again at its deadline', () => {
    expect(statusOf(job({}, { status: running({ uncountedTerminatedPods: { succeeded: ['a'] } }) }), [])).toMatchObject({
      completionTime: time,
    });
    const waiting = job({ activeDeadlineSeconds: 3_660 }, { status: running({ active: 1 }) });
    expect(reconcile({ job: waiting, pods: [active('a')] }, now)).toEqual({ actions: [], requeueAfterMs: 60_000 });
  });
});

describe('the status of a Job', () => {
  it('tells how many are active, ready and going', () => {
    const readyPod = podOf('a', { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] });
    const of = job({ completions: 9, parallelism: 2, podReplacementPolicy: 'Failed' }, { status: running({ active: 1 }) });
    expect(statusOf(of, [readyPod, active('b'), going(active('c'))])).toMatchObject({ active: 2, ready: 1, terminating: 1 });
  });

  it.each([
    ['since just now', '2026-01-01T01:00:00Z', { actions: [], requeueAfterMs: 1000 }],
    ['for half a second', '2026-01-01T00:59:59.500Z', { actions: [], requeueAfterMs: 500 }],
    ['for a second', '2026-01-01T00:59:59Z', { actions: [expect.objectContaining({ do: 'updateStatus' })] }],
    [
      'at a time to come, by a node whose clock is ahead',
      '2026-01-01T01:05:00Z',
      { actions: [expect.objectContaining({ do: 'updateStatus' })] },
    ],
  ])('waits for what is ready to stay so: %s', (_name, lastTransitionTime, want) => {
    const readyPod = podOf('a', { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime }] });
    expect(reconcile({ job: job({}, { status: running({ active: 1 }) }), pods: [readyPod] }, now)).toEqual(want);
  });

  it('tells what is ready with whatever else there is to tell', () => {
    const readyPod = podOf('a', { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: time }] });
    const of = job({ completions: 2, parallelism: 2 }, { status: running({ active: 1 }) });
    expect(statusOf(of, [readyPod])).toMatchObject({ active: 2, ready: 1 });
  });

  it('starts with the Job, rests with it, and starts anew', () => {
    expect(statusOf(job(), [])).toMatchObject({ startTime: time, active: 1, ready: 0, terminating: 0, uncountedTerminatedPods: {} });
    const suspended = statusOf(job({ suspend: true }, { status: running({ active: 1 }) }), [active('a')]);
    expect(suspended).toMatchObject({
      terminating: 1,
      conditions: [{ type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' }],
    });
    expect([suspended?.startTime, suspended?.active]).toEqual([undefined, undefined]);
    expect(statusOf(job({}, { status: suspended }), [])).toMatchObject({
      startTime: time,
      conditions: [{ type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed' }],
    });
  });
});
