/** Facts of `k8s.io/api/apps/v1`, Kubernetes 1.36, written by `libs/api/extract`; the format stands in ../parse-rows.ts. */
export const appsV1 = `
package io.k8s.api.apps.v1 apps v1
kinds Deployment DeploymentList StatefulSet StatefulSetList DaemonSet DaemonSetList ReplicaSet ReplicaSetList ControllerRevision ControllerRevisionList

struct StatefulSet
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 StatefulSetSpec
  status 3 StatefulSetStatus

alias PodManagementPolicyType string OrderedReady|Parallel

struct StatefulSetUpdateStrategy
  type 1 StatefulSetUpdateStrategyType
  rollingUpdate 2 *RollingUpdateStatefulSetStrategy

alias StatefulSetUpdateStrategyType string OnDelete|RollingUpdate

struct RollingUpdateStatefulSetStrategy
  partition 1 *int32
  maxUnavailable 2 *intOrString

alias PersistentVolumeClaimRetentionPolicyType string

struct StatefulSetPersistentVolumeClaimRetentionPolicy
  whenDeleted 1 PersistentVolumeClaimRetentionPolicyType
  whenScaled 2 PersistentVolumeClaimRetentionPolicyType

struct StatefulSetOrdinals
  start 1 int32 always

struct StatefulSetSpec
  replicas 1 *int32
  selector 2 *meta.v1.LabelSelector always required
  template 3 core.v1.PodTemplateSpec always required
  volumeClaimTemplates 4 []core.v1.PersistentVolumeClaim
  serviceName 5 string always
  podManagementPolicy 6 PodManagementPolicyType
  updateStrategy 7 StatefulSetUpdateStrategy
  revisionHistoryLimit 8 *int32
  minReadySeconds 9 int32
  persistentVolumeClaimRetentionPolicy 10 *StatefulSetPersistentVolumeClaimRetentionPolicy
  ordinals 11 *StatefulSetOrdinals

struct StatefulSetStatus
  observedGeneration 1 int64
  replicas 2 int32 always required
  readyReplicas 3 int32
  currentReplicas 4 int32
  updatedReplicas 5 int32
  currentRevision 6 string
  updateRevision 7 string
  collisionCount 9 *int32
  conditions 10 []StatefulSetCondition map(type) patch(merge,key=type)
  availableReplicas 11 int32 always

alias StatefulSetConditionType string

struct StatefulSetCondition
  type 1 StatefulSetConditionType always required
  status 2 core.v1.ConditionStatus always required
  lastTransitionTime 3 time
  reason 4 string
  message 5 string

struct StatefulSetList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []StatefulSet always required

struct Deployment
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 DeploymentSpec
  status 3 DeploymentStatus

struct DeploymentSpec
  replicas 1 *int32
  selector 2 *meta.v1.LabelSelector always required
  template 3 core.v1.PodTemplateSpec always required
  strategy 4 DeploymentStrategy patch(retainKeys)
  minReadySeconds 5 int32
  revisionHistoryLimit 6 *int32
  paused 7 bool
  progressDeadlineSeconds 9 *int32

struct DeploymentStrategy
  type 1 DeploymentStrategyType
  rollingUpdate 2 *RollingUpdateDeployment

alias DeploymentStrategyType string Recreate|RollingUpdate

struct RollingUpdateDeployment
  maxUnavailable 1 *intOrString
  maxSurge 2 *intOrString

struct DeploymentStatus
  observedGeneration 1 int64
  replicas 2 int32
  updatedReplicas 3 int32
  readyReplicas 7 int32
  availableReplicas 4 int32
  unavailableReplicas 5 int32
  terminatingReplicas 9 *int32
  conditions 6 []DeploymentCondition map(type) patch(merge,key=type)
  collisionCount 8 *int32

alias DeploymentConditionType string

struct DeploymentCondition
  type 1 DeploymentConditionType always required
  status 2 core.v1.ConditionStatus always required
  lastUpdateTime 6 time
  lastTransitionTime 7 time
  reason 4 string
  message 5 string

struct DeploymentList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []Deployment always required

struct DaemonSetUpdateStrategy
  type 1 DaemonSetUpdateStrategyType
  rollingUpdate 2 *RollingUpdateDaemonSet

alias DaemonSetUpdateStrategyType string OnDelete|RollingUpdate

struct RollingUpdateDaemonSet
  maxUnavailable 1 *intOrString
  maxSurge 2 *intOrString

struct DaemonSetSpec
  selector 1 *meta.v1.LabelSelector always required
  template 2 core.v1.PodTemplateSpec always required
  updateStrategy 3 DaemonSetUpdateStrategy
  minReadySeconds 4 int32
  revisionHistoryLimit 6 *int32

struct DaemonSetStatus
  currentNumberScheduled 1 int32 always required
  numberMisscheduled 2 int32 always required
  desiredNumberScheduled 3 int32 always required
  numberReady 4 int32 always required
  observedGeneration 5 int64
  updatedNumberScheduled 6 int32
  numberAvailable 7 int32
  numberUnavailable 8 int32
  collisionCount 9 *int32
  conditions 10 []DaemonSetCondition map(type) patch(merge,key=type)

alias DaemonSetConditionType string

struct DaemonSetCondition
  type 1 DaemonSetConditionType always required
  status 2 core.v1.ConditionStatus always required
  lastTransitionTime 3 time
  reason 4 string
  message 5 string

struct DaemonSet
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 DaemonSetSpec
  status 3 DaemonSetStatus

struct DaemonSetList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []DaemonSet always required

struct ReplicaSet
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 ReplicaSetSpec
  status 3 ReplicaSetStatus

struct ReplicaSetList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []ReplicaSet always required

struct ReplicaSetSpec
  replicas 1 *int32
  minReadySeconds 4 int32
  selector 2 *meta.v1.LabelSelector always required
  template 3 core.v1.PodTemplateSpec

struct ReplicaSetStatus
  replicas 1 int32 always required
  fullyLabeledReplicas 2 int32
  readyReplicas 4 int32
  availableReplicas 5 int32
  terminatingReplicas 7 *int32
  observedGeneration 3 int64
  conditions 6 []ReplicaSetCondition map(type) patch(merge,key=type)

alias ReplicaSetConditionType string

struct ReplicaSetCondition
  type 1 ReplicaSetConditionType always required
  status 2 core.v1.ConditionStatus always required
  lastTransitionTime 3 time
  reason 4 string
  message 5 string

struct ControllerRevision
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  data 2 rawExtension
  revision 3 int64 always required

struct ControllerRevisionList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []ControllerRevision always required
`;
