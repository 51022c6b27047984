/** Facts of `k8s.io/api/batch/v1`, Kubernetes 1.36, written by `libs/api/extract`; the format stands in ../parse-rows.ts. */
export const batchV1 = `
package io.k8s.api.batch.v1 batch v1
kinds Job JobList CronJob CronJobList

struct Job
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 JobSpec
  status 3 JobStatus

struct JobList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []Job always required

alias CompletionMode string Indexed|NonIndexed

alias PodFailurePolicyAction string Count|FailIndex|FailJob|Ignore

alias PodFailurePolicyOnExitCodesOperator string In|NotIn

alias PodReplacementPolicy string Failed|TerminatingOrFailed

struct PodFailurePolicyOnExitCodesRequirement
  containerName 1 *string
  operator 2 PodFailurePolicyOnExitCodesOperator always required
  values 3 []int32 always required set

struct PodFailurePolicyOnPodConditionsPattern
  type 1 core.v1.PodConditionType always required
  status 2 core.v1.ConditionStatus always

struct PodFailurePolicyRule
  action 1 PodFailurePolicyAction always required
  onExitCodes 2 *PodFailurePolicyOnExitCodesRequirement
  onPodConditions 3 []PodFailurePolicyOnPodConditionsPattern

struct PodFailurePolicy
  rules 1 []PodFailurePolicyRule always required

struct SuccessPolicy
  rules 1 []SuccessPolicyRule always required

struct SuccessPolicyRule
  succeededIndexes 1 *string
  succeededCount 2 *int32

struct JobSpec
  parallelism 1 *int32
  completions 2 *int32
  activeDeadlineSeconds 3 *int64
  podFailurePolicy 11 *PodFailurePolicy
  successPolicy 16 *SuccessPolicy
  backoffLimit 7 *int32
  backoffLimitPerIndex 12 *int32
  maxFailedIndexes 13 *int32
  selector 4 *meta.v1.LabelSelector
  manualSelector 5 *bool
  template 6 core.v1.PodTemplateSpec always required
  ttlSecondsAfterFinished 8 *int32
  completionMode 9 *CompletionMode
  suspend 10 *bool
  podReplacementPolicy 14 *PodReplacementPolicy
  managedBy 15 *string

struct JobStatus
  conditions 1 []JobCondition patch(merge,key=type)
  startTime 2 *time
  completionTime 3 *time
  active 4 int32
  succeeded 5 int32
  failed 6 int32
  terminating 11 *int32
  completedIndexes 7 string
  failedIndexes 10 *string
  uncountedTerminatedPods 8 *UncountedTerminatedPods
  ready 9 *int32

struct UncountedTerminatedPods
  succeeded 1 []UID set
  failed 2 []UID set

alias JobConditionType string

struct JobCondition
  type 1 JobConditionType always required
  status 2 core.v1.ConditionStatus always required
  lastProbeTime 3 time
  lastTransitionTime 4 time
  reason 5 string
  message 6 string

struct JobTemplateSpec
  metadata 1 meta.v1.ObjectMeta
  spec 2 JobSpec

struct CronJob
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 CronJobSpec required
  status 3 CronJobStatus

struct CronJobList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []CronJob always required

struct CronJobSpec
  schedule 1 string always required
  timeZone 8 *string
  startingDeadlineSeconds 2 *int64
  concurrencyPolicy 3 ConcurrencyPolicy
  suspend 4 *bool
  jobTemplate 5 JobTemplateSpec always required
  successfulJobsHistoryLimit 6 *int32
  failedJobsHistoryLimit 7 *int32

alias ConcurrencyPolicy string Allow|Forbid|Replace

struct CronJobStatus
  active 1 []core.v1.ObjectReference
  lastScheduleTime 4 *time
  lastSuccessfulTime 5 *time
`;
