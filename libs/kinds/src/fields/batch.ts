import type { FieldTable } from './field-states.ts';

/** Jobs and CronJobs. */
export const batchFields: FieldTable = {
  'batch.v1.Job': {
    done: {
      'libs/api/src/meta/object.ts': 'kind apiVersion metadata',
      'libs/controllers/src/job/view.ts': 'spec status',
    },
  },
  'batch.v1.JobSpec': {
    done: {
      'libs/controllers/src/job/wanted-pods.ts': 'parallelism completions',
      'libs/controllers/src/job/end.ts': 'activeDeadlineSeconds backoffLimit maxFailedIndexes',
      'libs/controllers/src/job/job-pods.ts': 'completionMode suspend podReplacementPolicy managedBy',
      'libs/controllers/src/job/view.ts': 'podFailurePolicy backoffLimitPerIndex',
      'libs/controllers/src/job/policies.ts': 'successPolicy',
      'libs/controllers/src/job/reconcile.ts': 'selector',
      'libs/controllers/src/job/pod-of-job.ts': 'template',
      'libs/controllers/src/ttl-after-finished/reconcile.ts': 'ttlSecondsAfterFinished',
      'libs/kinds/src/batch/job/strategy.ts': 'manualSelector',
    },
  },
  'batch.v1.PodFailurePolicy': { done: { 'libs/controllers/src/job/policies.ts': 'rules' } },
  'batch.v1.PodFailurePolicyRule': { done: { 'libs/controllers/src/job/policies.ts': 'action onExitCodes onPodConditions' } },
  'batch.v1.PodFailurePolicyOnExitCodesRequirement': { done: { 'libs/controllers/src/job/policies.ts': 'containerName operator values' } },
  'batch.v1.PodFailurePolicyOnPodConditionsPattern': { done: { 'libs/controllers/src/job/policies.ts': 'type status' } },
  'batch.v1.SuccessPolicy': { done: { 'libs/controllers/src/job/policies.ts': 'rules' } },
  'batch.v1.SuccessPolicyRule': { done: { 'libs/controllers/src/job/policies.ts': 'succeededIndexes succeededCount' } },
  'batch.v1.JobStatus': {
    done: {
      'libs/controllers/src/job/reconcile.ts': 'conditions startTime completionTime active ready terminating',
      'libs/controllers/src/job/tracking.ts': 'succeeded failed completedIndexes failedIndexes uncountedTerminatedPods',
    },
  },
  'batch.v1.UncountedTerminatedPods': { done: { 'libs/controllers/src/job/tracking.ts': 'succeeded failed' } },
  'batch.v1.JobCondition': {
    done: { 'libs/controllers/src/job/conditions.ts': 'type status lastProbeTime lastTransitionTime reason message' },
  },
  'batch.v1.CronJob': {
    done: {
      'libs/api/src/meta/object.ts': 'kind apiVersion metadata',
      'libs/controllers/src/cronjob/reconcile.ts': 'spec status',
    },
  },
  'batch.v1.CronJobSpec': {
    done: {
      'libs/controllers/src/cronjob/reconcile.ts':
        'schedule timeZone concurrencyPolicy suspend jobTemplate successfulJobsHistoryLimit failedJobsHistoryLimit',
      'libs/controllers/src/cronjob/due.ts': 'startingDeadlineSeconds',
    },
  },
  'batch.v1.JobTemplateSpec': { done: { 'libs/controllers/src/cronjob/reconcile.ts': 'metadata spec' } },
  'batch.v1.CronJobStatus': { done: { 'libs/controllers/src/cronjob/reconcile.ts': 'active lastScheduleTime lastSuccessfulTime' } },
  'core.v1.ObjectReference': {
    done: { 'libs/controllers/src/cronjob/controller.ts': 'kind namespace name uid apiVersion resourceVersion' },
    unwritten: { fieldPath: 'a reference to a Job is to the whole of it' },
  },
};
