/** Facts of `k8s.io/api/resource/v1`, Kubernetes 1.36, written by `libs/api/extract`; the format stands in ../parse-rows.ts. */
export const resourceV1 = `
package io.k8s.api.resource.v1 resource.k8s.io v1
kinds DeviceClass DeviceClassList ResourceClaim ResourceClaimList ResourceClaimTemplate ResourceClaimTemplateList ResourceSlice ResourceSliceList

struct ResourceSlice
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 ResourceSliceSpec always required

struct ResourceSliceSpec
  driver 1 string always required
  pool 2 ResourcePool always required
  nodeName 3 *string
  nodeSelector 4 *core.v1.NodeSelector
  allNodes 5 *bool
  devices 6 []Device
  perDeviceNodeSelection 7 *bool
  sharedCounters 8 []CounterSet

struct CounterSet
  name 1 string always required
  counters 2 map[Counter] required

struct ResourcePool
  name 1 string always required
  generation 2 int64 always required
  resourceSliceCount 3 int64 always required

struct Device
  name 1 string always required
  attributes 2 map[DeviceAttribute]
  capacity 3 map[DeviceCapacity]
  consumesCounters 4 []DeviceCounterConsumption
  nodeName 5 *string
  nodeSelector 6 *core.v1.NodeSelector
  allNodes 7 *bool
  taints 8 []DeviceTaint
  bindsToNode 9 *bool
  bindingConditions 10 []string
  bindingFailureConditions 11 []string
  allowMultipleAllocations 12 *bool
  nodeAllocatableResourceMappings 13 map[NodeAllocatableResourceMapping]

struct NodeAllocatableResourceMapping
  capacityKey 1 *QualifiedName
  allocationMultiplier 2 *quantity

struct DeviceCounterConsumption
  counterSet 1 string always required
  counters 2 map[Counter] required

struct DeviceCapacity
  value 1 quantity always required
  requestPolicy 2 *CapacityRequestPolicy

struct Counter
  value 1 quantity always required

struct CapacityRequestPolicy
  default 1 *quantity always
  validValues 3 []quantity
  validRange 4 *CapacityRequestPolicyRange

struct CapacityRequestPolicyRange
  min 1 *quantity required
  max 2 *quantity
  step 3 *quantity

alias QualifiedName string

alias FullyQualifiedName string

struct DeviceAttribute
  int 2 *int64
  bool 3 *bool
  string 4 *string
  version 5 *string
  ints 6 []int64
  bools 7 []bool
  strings 8 []string
  versions 9 []string

struct DeviceTaint
  key 1 string always required
  value 2 string
  effect 3 DeviceTaintEffect always required
  timeAdded 4 *time

alias DeviceTaintEffect string NoExecute|NoSchedule|None

struct ResourceSliceList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []ResourceSlice always required

struct ResourceClaim
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 ResourceClaimSpec always required
  status 3 ResourceClaimStatus

struct ResourceClaimSpec
  devices 1 DeviceClaim always

struct DeviceClaim
  requests 1 []DeviceRequest always
  constraints 2 []DeviceConstraint
  config 3 []DeviceClaimConfiguration

struct DeviceRequest
  name 1 string always required
  exactly 2 *ExactDeviceRequest
  firstAvailable 3 []DeviceSubRequest

struct ExactDeviceRequest
  deviceClassName 1 string always required
  selectors 2 []DeviceSelector
  allocationMode 3 DeviceAllocationMode
  count 4 int64
  adminAccess 5 *bool
  tolerations 6 []DeviceToleration
  capacity 7 *CapacityRequirements

struct DeviceSubRequest
  name 1 string always required
  deviceClassName 2 string always required
  selectors 3 []DeviceSelector
  allocationMode 4 DeviceAllocationMode
  count 5 int64
  tolerations 6 []DeviceToleration
  capacity 7 *CapacityRequirements

struct CapacityRequirements
  requests 1 map[quantity]

alias DeviceAllocationMode string

struct DeviceSelector
  cel 1 *CELDeviceSelector

struct CELDeviceSelector
  expression 1 string always required

struct DeviceConstraint
  requests 1 []string
  matchAttribute 2 *FullyQualifiedName
  distinctAttribute 3 *FullyQualifiedName

struct DeviceClaimConfiguration
  requests 1 []string
  inline 2 DeviceConfiguration

struct DeviceConfiguration
  opaque 1 *OpaqueDeviceConfiguration

struct OpaqueDeviceConfiguration
  driver 1 string always required
  parameters 2 rawExtension always required

struct DeviceToleration
  key 1 string
  operator 2 DeviceTolerationOperator default="Equal"
  value 3 string
  effect 4 DeviceTaintEffect
  tolerationSeconds 5 *int64

alias DeviceTolerationOperator string Equal|Exists

struct ResourceClaimStatus
  allocation 1 *AllocationResult
  reservedFor 2 []ResourceClaimConsumerReference map(uid) patch(merge,key=uid)
  devices 4 []AllocatedDeviceStatus map(driver,device,pool,shareID)

struct ResourceClaimConsumerReference
  apiGroup 1 string
  resource 3 string always required
  name 4 string always required
  uid 5 UID always required

struct AllocationResult
  devices 1 DeviceAllocationResult
  nodeSelector 3 *core.v1.NodeSelector
  allocationTimestamp 5 *time

struct DeviceAllocationResult
  results 1 []DeviceRequestAllocationResult
  config 2 []DeviceAllocationConfiguration

struct DeviceRequestAllocationResult
  request 1 string always required
  driver 2 string always required
  pool 3 string always required
  device 4 string always required
  adminAccess 5 *bool
  tolerations 6 []DeviceToleration
  bindingConditions 7 []string
  bindingFailureConditions 8 []string
  shareID 9 *UID
  consumedCapacity 10 map[quantity]

struct DeviceAllocationConfiguration
  source 1 AllocationConfigSource always required
  requests 2 []string
  inline 3 DeviceConfiguration

alias AllocationConfigSource string FromClaim|FromClass

struct ResourceClaimList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []ResourceClaim always required

struct DeviceClass
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 DeviceClassSpec always required

struct DeviceClassSpec
  selectors 1 []DeviceSelector
  config 2 []DeviceClassConfiguration
  extendedResourceName 4 *string

struct DeviceClassConfiguration
  inline 1 DeviceConfiguration

struct DeviceClassList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []DeviceClass always required

struct ResourceClaimTemplate
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 ResourceClaimTemplateSpec always required

struct ResourceClaimTemplateSpec
  metadata 1 meta.v1.ObjectMeta
  spec 2 ResourceClaimSpec always required

struct ResourceClaimTemplateList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []ResourceClaimTemplate always required

struct AllocatedDeviceStatus
  driver 1 string always required
  pool 2 string always required
  device 3 string always required
  shareID 7 *string
  conditions 4 []meta.v1.Condition always map(type)
  data 5 *rawExtension
  networkData 6 *NetworkDeviceData

struct NetworkDeviceData
  interfaceName 1 string
  ips 2 []string
  hardwareAddress 3 string
`;
