/** Facts of `k8s.io/api/flowcontrol/v1`, Kubernetes 1.36, written by `libs/api/extract`; the format stands in ../parse-rows.ts. */
export const flowcontrolV1 = `
package io.k8s.api.flowcontrol.v1 flowcontrol.apiserver.k8s.io v1
kinds FlowSchema FlowSchemaList PriorityLevelConfiguration PriorityLevelConfigurationList

struct FlowSchema
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 FlowSchemaSpec
  status 3 FlowSchemaStatus

struct FlowSchemaList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []FlowSchema always required

struct FlowSchemaSpec
  priorityLevelConfiguration 1 PriorityLevelConfigurationReference always required
  matchingPrecedence 2 int32 always
  distinguisherMethod 3 *FlowDistinguisherMethod
  rules 4 []PolicyRulesWithSubjects

alias FlowDistinguisherMethodType string

struct FlowDistinguisherMethod
  type 1 FlowDistinguisherMethodType always required

struct PriorityLevelConfigurationReference
  name 1 string always required

struct PolicyRulesWithSubjects
  subjects 1 []Subject always required
  resourceRules 2 []ResourcePolicyRule
  nonResourceRules 3 []NonResourcePolicyRule

struct Subject
  kind 1 SubjectKind always required
  user 2 *UserSubject
  group 3 *GroupSubject
  serviceAccount 4 *ServiceAccountSubject

alias SubjectKind string

struct UserSubject
  name 1 string always required

struct GroupSubject
  name 1 string always required

struct ServiceAccountSubject
  namespace 1 string always required
  name 2 string always required

struct ResourcePolicyRule
  verbs 1 []string always required set
  apiGroups 2 []string always required set
  resources 3 []string always required set
  clusterScope 4 bool
  namespaces 5 []string always set

struct NonResourcePolicyRule
  verbs 1 []string always required set
  nonResourceURLs 6 []string always required set

struct FlowSchemaStatus
  conditions 1 []FlowSchemaCondition map(type) patch(merge,key=type)

struct FlowSchemaCondition
  type 1 FlowSchemaConditionType
  status 2 ConditionStatus
  lastTransitionTime 3 time
  reason 4 string
  message 5 string

alias FlowSchemaConditionType string

struct PriorityLevelConfiguration
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 PriorityLevelConfigurationSpec
  status 3 PriorityLevelConfigurationStatus

struct PriorityLevelConfigurationList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []PriorityLevelConfiguration always required

struct PriorityLevelConfigurationSpec
  type 1 PriorityLevelEnablement always required
  limited 2 *LimitedPriorityLevelConfiguration
  exempt 3 *ExemptPriorityLevelConfiguration

alias PriorityLevelEnablement string

struct LimitedPriorityLevelConfiguration
  nominalConcurrencyShares 1 *int32 always
  limitResponse 2 LimitResponse
  lendablePercent 3 *int32
  borrowingLimitPercent 4 *int32

struct ExemptPriorityLevelConfiguration
  nominalConcurrencyShares 1 *int32
  lendablePercent 2 *int32

struct LimitResponse
  type 1 LimitResponseType always required
  queuing 2 *QueuingConfiguration

alias LimitResponseType string

struct QueuingConfiguration
  queues 1 int32 always
  handSize 2 int32 always
  queueLengthLimit 3 int32 always

alias PriorityLevelConfigurationConditionType string

struct PriorityLevelConfigurationStatus
  conditions 1 []PriorityLevelConfigurationCondition map(type) patch(merge,key=type)

struct PriorityLevelConfigurationCondition
  type 1 PriorityLevelConfigurationConditionType
  status 2 ConditionStatus
  lastTransitionTime 3 time
  reason 4 string
  message 5 string

alias ConditionStatus string
`;
