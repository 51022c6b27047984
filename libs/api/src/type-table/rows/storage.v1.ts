/** Facts of `k8s.io/api/storage/v1`, Kubernetes 1.36, written by `libs/api/extract`; the format stands in ../parse-rows.ts. */
export const storageV1 = `
package io.k8s.api.storage.v1 storage.k8s.io v1
kinds StorageClass StorageClassList VolumeAttachment VolumeAttachmentList CSINode CSINodeList CSIDriver CSIDriverList CSIStorageCapacity CSIStorageCapacityList VolumeAttributesClass VolumeAttributesClassList

struct StorageClass
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  provisioner 2 string always required
  parameters 3 map[string]
  reclaimPolicy 4 *core.v1.PersistentVolumeReclaimPolicy
  mountOptions 5 []string
  allowVolumeExpansion 6 *bool
  volumeBindingMode 7 *VolumeBindingMode
  allowedTopologies 8 []core.v1.TopologySelectorTerm

struct StorageClassList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []StorageClass always required

alias VolumeBindingMode string Immediate|WaitForFirstConsumer

struct VolumeAttachment
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 VolumeAttachmentSpec always required
  status 3 VolumeAttachmentStatus

struct VolumeAttachmentList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []VolumeAttachment always required

struct VolumeAttachmentSpec
  attacher 1 string always required
  source 2 VolumeAttachmentSource always required
  nodeName 3 string always required

struct VolumeAttachmentSource
  persistentVolumeName 1 *string
  inlineVolumeSpec 2 *core.v1.PersistentVolumeSpec

struct VolumeAttachmentStatus
  attached 1 bool always required
  attachmentMetadata 2 map[string]
  attachError 3 *VolumeError
  detachError 4 *VolumeError

struct VolumeError
  time 1 time
  message 2 string
  errorCode 3 *int32

struct CSIDriver
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 CSIDriverSpec always required

struct CSIDriverList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []CSIDriver always required

struct CSIDriverSpec
  attachRequired 1 *bool
  podInfoOnMount 2 *bool
  volumeLifecycleModes 3 []VolumeLifecycleMode set
  storageCapacity 4 *bool
  fsGroupPolicy 5 *FSGroupPolicy
  tokenRequests 6 []TokenRequest
  requiresRepublish 7 *bool
  seLinuxMount 8 *bool
  nodeAllocatableUpdatePeriodSeconds 9 *int64
  serviceAccountTokenInSecrets 10 *bool
  preventPodSchedulingIfMissing 11 *bool

alias FSGroupPolicy string

alias VolumeLifecycleMode string

struct TokenRequest
  audience 1 string always required
  expirationSeconds 2 *int64

struct CSINode
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 CSINodeSpec always required

struct CSINodeSpec
  drivers 1 []CSINodeDriver always required map(name) patch(merge,key=name)

struct CSINodeDriver
  name 1 string always required
  nodeID 2 string always required
  topologyKeys 3 []string always
  allocatable 4 *VolumeNodeResources

struct VolumeNodeResources
  count 1 *int32

struct CSINodeList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []CSINode always required

struct CSIStorageCapacity
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  nodeTopology 2 *meta.v1.LabelSelector
  storageClassName 3 string always required
  capacity 4 *quantity
  maximumVolumeSize 5 *quantity

struct CSIStorageCapacityList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []CSIStorageCapacity always required

struct VolumeAttributesClass
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  driverName 2 string always required
  parameters 3 map[string]

struct VolumeAttributesClassList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []VolumeAttributesClass always required
`;
