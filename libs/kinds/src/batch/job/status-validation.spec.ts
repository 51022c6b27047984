import type { Job, JobStatus } from '#api/types';
import { created, type Json, lines, podSpec } from '../../testing.ts';
import { job } from './kind.ts';
import { validateJobStatus } from './status-validation.ts';

const of = (spec: Json, status: JobStatus): Job => ({
  ...created(job, { metadata: { name: 'a', uid: 'u' }, spec: { template: { spec: podSpec({ restartPolicy: 'Never' }) }, ...spec } }),
  status,
});
const complaints = (status: JobStatus, before: JobStatus = {}, spec: Json = {}): string[] =>
  lines(validateJobStatus(of(spec, status), of(spec, before)));
const conditions = (...types: string[]) => ({ conditions: types.map((type) => ({ type, status: 'True' })) });
const [early, late] = ['2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z'];
const complete: JobStatus = { startTime: early, completionTime: late, ...conditions('SuccessCriteriaMet', 'Complete') };
const failed: JobStatus = { startTime: early, ...conditions('FailureTarget', 'Failed') };
const indexed = { completionMode: 'Indexed', completions: 5, parallelism: 2 };
const perIndex = { ...indexed, backoffLimitPerIndex: 1 };

describe('the status of a job', () => {
  it.each([
    [
      'the beginning',
      { startTime: early, active: 2, ready: 1, terminating: 1, uncountedTerminatedPods: { succeeded: ['a'], failed: ['b'] } },
    ],
    ['success', complete],
    ['failure', failed],
  ] as [string, JobStatus][])('may tell %s', (_name, status) => expect(complaints(status)).toEqual([]));

  const wrong: { name: string; status: JobStatus; before?: JobStatus; spec?: Json; want: string[] }[] = [
    {
      name: 'counts from zero',
      status: { active: -1, terminating: -2, ready: 0 },
      want: [
        'status.active: Invalid value: -1: must be greater than or equal to 0',
        'status.terminating: Invalid value: -2: must be greater than or equal to 0',
      ],
    },
    {
      name: 'names each uncounted pod once',
      status: { uncountedTerminatedPods: { succeeded: ['a', ''], failed: ['a'] } },
      want: [
        'status.uncountedTerminatedPods.succeeded[1]: Invalid value: "": must not be empty',
        'status.uncountedTerminatedPods.failed[0]: Duplicate value: "a"',
      ],
    },
    {
      name: 'is not both complete and failed',
      status: { ...complete, ...conditions('SuccessCriteriaMet', 'Complete', 'FailureTarget', 'Failed') },
      want: [
        'Complete=True and Failed=true',
        'Complete=True and FailureTarget=true',
        'SuccessCriteriaMet=True and Failed=true',
        'SuccessCriteriaMet=True and FailureTarget=true',
      ].map((both) => `status.conditions: Invalid value: cannot set ${both} conditions`),
    },
    {
      name: 'tells when it was complete, and only then',
      status: { startTime: early, ...conditions('SuccessCriteriaMet', 'Complete') },
      want: ['status.completionTime: Required value: completionTime is required for Complete jobs'],
    },
    {
      name: 'has no time of completion before',
      status: { startTime: late, completionTime: early },
      want: [
        `status.completionTime: Invalid value: "${early}": cannot set completionTime when there is no Complete=True condition`,
        `status.completionTime: Invalid value: "${early}": completionTime cannot be set before startTime`,
      ],
    },
    {
      name: 'says what it comes to before it has',
      status: { ...complete, ...conditions('Complete') },
      want: ['status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition'],
    },
    {
      name: 'says that it will fail before it has',
      status: { ...failed, ...conditions('Failed') },
      want: ['status.conditions: Invalid value: cannot set Failed=True condition without the FailureTarget=true condition'],
    },
    {
      name: 'leaves nothing behind',
      status: { ...failed, startTime: undefined, active: 1, terminating: 1, uncountedTerminatedPods: { failed: ['a'] } },
      want: [
        'status.active: Invalid value: 1: active>0 is invalid for finished job',
        'status.startTime: Required value: startTime is required for finished job',
        'status.uncountedTerminatedPods: Invalid value: {"failed":["a"]}: uncountedTerminatedPods needs to be empty for finished job',
        'status.terminating: Invalid value: 1: terminating>0 is invalid for finished job',
      ],
    },
    {
      name: 'has no more ready than active',
      status: { ready: 2, active: 1 },
      want: ['status.ready: Invalid value: 2: cannot set more ready pods than active'],
    },
    {
      name: 'has indexes in Indexed Jobs only',
      status: { completedIndexes: '0', failedIndexes: '' },
      want: [
        'status.completedIndexes: Invalid value: "0": error parsing completedIndexes: too large index: "0"',
        'status.completedIndexes: Invalid value: "0": cannot set non-empty completedIndexes when non-indexed completion mode',
        'status.failedIndexes: Invalid value: "": cannot set non-null failedIndexes when backoffLimitPerIndex is null',
      ],
      spec: { completions: 0 },
    },
    {
      name: 'has no index both ways',
      status: { completedIndexes: '0-2', failedIndexes: '2,3' },
      spec: perIndex,
      want: ['status.failedIndexes: Invalid value: "2,3": failedIndexes and completedIndexes overlap at index: 2'],
    },
    {
      name: 'does not go back',
      status: { failed: 1, succeeded: 1, startTime: late },
      before: { failed: 2, succeeded: 2, startTime: early, ...conditions('FailureTarget') },
      want: [
        'status.conditions: Invalid value: cannot disable the terminal FailureTarget=True condition',
        'status.failed: Invalid value: 1: cannot decrease the failed counter',
        'status.succeeded: Invalid value: 1: cannot decrease the succeeded counter',
        'status.startTime: Required value: startTime cannot be removed for unsuspended job',
      ],
    },
    {
      name: 'keeps the time of its end',
      status: { ...complete, completionTime: '2026-01-01T02:00:00Z' },
      before: complete,
      want: ['status.completionTime: Invalid value: "2026-01-01T02:00:00Z": completionTime cannot be mutated'],
    },
    {
      name: 'keeps its success',
      status: { startTime: early },
      before: { startTime: early, ...conditions('SuccessCriteriaMet') },
      want: ['status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition'],
    },
  ];
  it.each(wrong)('$name', ({ status, before, spec, want }) => expect(complaints(status, before, spec)).toEqual(want));

  it('may go back where a Job is scaled down or at rest', () => {
    expect(complaints({ succeeded: 1 }, { succeeded: 3 }, { ...indexed, parallelism: 5 })).toEqual([]);
    expect(complaints({}, { startTime: early }, { suspend: true })).toEqual([]);
  });

  it('is not blamed again for what it was before', () => {
    expect(complaints({ completedIndexes: '7', active: 1 }, { completedIndexes: '7' }, indexed)).toEqual([]);
  });
});
