import { finishedCondition, hasJobCondition, isJobFinished } from './job-state.ts';

const withConditions = (...conditions: [type: string, status: string][]) => ({
  status: { conditions: conditions.map(([type, status]) => ({ type, status })) },
});

it.each([
  ['without a status', {}, undefined],
  ['that will fail', withConditions(['FailureTarget', 'True']), undefined],
  ['that has failed', withConditions(['FailureTarget', 'True'], ['Failed', 'True']), 'Failed'],
  ['that is complete', withConditions(['Complete', 'True']), 'Complete'],
  ['that is said not to be complete', withConditions(['Complete', 'False']), undefined],
])('the end of a Job %s', (_name, job, want) => {
  expect([finishedCondition(job)?.type, isJobFinished(job)]).toEqual([want, want !== undefined]);
});

it('a condition that is not True is not had', () => {
  const job = withConditions(['Suspended', 'False'], ['Failed', 'True']);
  expect(['Suspended', 'Failed', 'Complete'].map((type) => hasJobCondition(job, type))).toEqual([false, true, false]);
});
