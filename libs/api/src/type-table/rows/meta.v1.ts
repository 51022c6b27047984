/** Facts of `k8s.io/apimachinery/pkg/apis/meta/v1`, Kubernetes 1.36, written by `libs/api/extract`; the format stands in ../parse-rows.ts. */
export const metaV1 = `
package io.k8s.apimachinery.pkg.apis.meta.v1 meta.k8s.io v1
kinds Status WatchEvent List APIVersions APIGroup APIGroupList APIResourceList RootPaths Table TableOptions PartialObjectMetadata PartialObjectMetadataList GetOptions ListOptions DeleteOptions CreateOptions UpdateOptions PatchOptions LabelSelector Condition

struct GroupVersionResource
  group 1 string always required
  version 2 string always required
  resource 3 string always required

struct GroupVersionKind
  group 1 string always required
  version 2 string always required
  kind 3 string always required

struct TypeMeta
  kind 1 string
  apiVersion 2 string

struct ListMeta
  selfLink 1 string
  resourceVersion 2 string
  continue 3 string
  remainingItemCount 4 *int64
  shardInfo 5 *ShardInfo

struct ShardInfo
  selector 1 string always required

struct ObjectMeta
  name 1 string
  generateName 2 string
  namespace 3 string
  selfLink 4 string
  uid 5 UID
  resourceVersion 6 string
  generation 7 int64
  creationTimestamp 8 time omitzero
  deletionTimestamp 9 *time
  deletionGracePeriodSeconds 10 *int64
  labels 11 map[string]
  annotations 12 map[string]
  ownerReferences 13 []OwnerReference map(uid) patch(merge,key=uid)
  finalizers 14 []string set patch(merge)
  managedFields 17 []ManagedFieldsEntry

struct OwnerReference atomic
  apiVersion 5 string always required
  kind 1 string always required
  name 3 string always required
  uid 4 UID always required
  controller 6 *bool
  blockOwnerDeletion 7 *bool

struct ListOptions
  inline - TypeMeta
  labelSelector 1 string
  fieldSelector 2 string
  watch 3 bool
  allowWatchBookmarks 9 bool
  resourceVersion 4 string
  resourceVersionMatch 10 ResourceVersionMatch
  timeoutSeconds 5 *int64
  limit 7 int64
  continue 8 string
  sendInitialEvents 11 *bool
  shardSelector 15 string

alias ResourceVersionMatch string

struct GetOptions
  inline - TypeMeta
  resourceVersion 1 string

alias DeletionPropagation string

struct DeleteOptions
  inline - TypeMeta
  gracePeriodSeconds 1 *int64
  preconditions 2 *Preconditions
  orphanDependents 3 *bool
  propagationPolicy 4 *DeletionPropagation
  dryRun 5 []string
  ignoreStoreReadErrorWithClusterBreakingPotential 6 *bool

struct CreateOptions
  inline - TypeMeta
  dryRun 1 []string
  fieldManager 3 string
  fieldValidation 4 string

struct PatchOptions
  inline - TypeMeta
  dryRun 1 []string
  force 2 *bool
  fieldManager 3 string
  fieldValidation 4 string

struct UpdateOptions
  inline - TypeMeta
  dryRun 1 []string
  fieldManager 2 string
  fieldValidation 3 string

struct Preconditions
  uid 1 *UID
  resourceVersion 2 *string

struct Status
  inline - TypeMeta
  metadata 1 ListMeta
  status 2 string
  message 3 string
  reason 4 StatusReason
  details 5 *StatusDetails
  code 6 int32

struct StatusDetails
  name 1 string
  group 2 string
  kind 3 string
  uid 6 UID
  causes 4 []StatusCause
  retryAfterSeconds 5 int32

alias StatusReason string

struct StatusCause
  reason 1 CauseType
  message 2 string
  field 3 string

alias CauseType string

struct List
  inline - TypeMeta
  metadata 1 ListMeta
  items 2 []rawExtension always required

struct APIVersions
  inline - TypeMeta
  versions 1 []string always required
  serverAddressByClientCIDRs 2 []ServerAddressByClientCIDR always required

struct APIGroupList
  inline - TypeMeta
  groups 1 []APIGroup always required

struct APIGroup
  inline - TypeMeta
  name 1 string always required
  versions 2 []GroupVersionForDiscovery always required
  preferredVersion 3 GroupVersionForDiscovery
  serverAddressByClientCIDRs 4 []ServerAddressByClientCIDR

struct ServerAddressByClientCIDR
  clientCIDR 1 string always required
  serverAddress 2 string always required

struct GroupVersionForDiscovery
  groupVersion 1 string always required
  version 2 string always required

struct APIResource
  name 1 string always required
  singularName 6 string always required
  namespaced 2 bool always required
  group 8 string
  version 9 string
  kind 3 string always required
  verbs 4 Verbs always required
  shortNames 5 []string
  categories 7 []string
  storageVersionHash 10 string

alias Verbs []string

struct APIResourceList
  inline - TypeMeta
  groupVersion 1 string always required
  resources 2 []APIResource always required

struct RootPaths
  paths 1 []string always required

struct LabelSelector atomic
  matchLabels 1 map[string]
  matchExpressions 2 []LabelSelectorRequirement

struct LabelSelectorRequirement
  key 1 string always required
  operator 2 LabelSelectorOperator always required
  values 3 []string

alias LabelSelectorOperator string

struct FieldSelectorRequirement
  key 1 string always required
  operator 2 FieldSelectorOperator always required
  values 3 []string

alias FieldSelectorOperator string

struct ManagedFieldsEntry
  manager 1 string
  operation 2 ManagedFieldsOperationType
  apiVersion 3 string
  time 4 *time
  fieldsType 6 string
  fieldsV1 7 *rawExtension
  subresource 8 string

alias ManagedFieldsOperationType string

struct Table
  inline - TypeMeta
  metadata - ListMeta
  columnDefinitions - []TableColumnDefinition always required
  rows - []TableRow always required

struct TableColumnDefinition
  name - string always required
  type - string always required
  format - string always required
  description - string always required
  priority - int32 always required

struct TableRow
  cells - []json always required
  conditions - []TableRowCondition
  object - rawExtension

struct TableRowCondition
  type - RowConditionType always required
  status - ConditionStatus always required
  reason - string
  message - string

alias RowConditionType string

alias ConditionStatus string

alias IncludeObjectPolicy string

struct TableOptions
  inline - TypeMeta
  includeObject 1 IncludeObjectPolicy

struct PartialObjectMetadata
  inline - TypeMeta
  metadata 1 ObjectMeta

struct PartialObjectMetadataList
  inline - TypeMeta
  metadata 1 ListMeta
  items 2 []PartialObjectMetadata always required

struct Condition
  type 1 string always required
  status 2 ConditionStatus always required
  observedGeneration 3 int64
  lastTransitionTime 4 time always required
  reason 5 string always required
  message 6 string always required

struct WatchEvent
  type 1 string always required
  object 2 rawExtension always required
`;
