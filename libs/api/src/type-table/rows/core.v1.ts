/** Facts of `k8s.io/api/core/v1`, Kubernetes 1.36, written by `libs/api/extract`; the format stands in ../parse-rows.ts. */
export const coreV1 = `
package io.k8s.api.core.v1 core v1
kinds Pod PodList PodStatusResult PodTemplate PodTemplateList ReplicationController ReplicationControllerList Service ServiceProxyOptions ServiceList Endpoints EndpointsList Node NodeList NodeProxyOptions Binding Event EventList List LimitRange LimitRangeList ResourceQuota ResourceQuotaList Namespace NamespaceList Secret SecretList ServiceAccount ServiceAccountList PersistentVolume PersistentVolumeList PersistentVolumeClaim PersistentVolumeClaimList PodAttachOptions PodLogOptions PodExecOptions PodPortForwardOptions PodProxyOptions ComponentStatus ComponentStatusList SerializedReference RangeAllocation ConfigMap ConfigMapList

struct Volume
  name 1 string always required
  inline 2 VolumeSource

struct VolumeSource
  hostPath 1 *HostPathVolumeSource
  emptyDir 2 *EmptyDirVolumeSource
  gcePersistentDisk 3 *GCEPersistentDiskVolumeSource
  awsElasticBlockStore 4 *AWSElasticBlockStoreVolumeSource
  gitRepo 5 *GitRepoVolumeSource
  secret 6 *SecretVolumeSource
  nfs 7 *NFSVolumeSource
  iscsi 8 *ISCSIVolumeSource
  glusterfs 9 *GlusterfsVolumeSource
  persistentVolumeClaim 10 *PersistentVolumeClaimVolumeSource
  rbd 11 *RBDVolumeSource
  flexVolume 12 *FlexVolumeSource
  cinder 13 *CinderVolumeSource
  cephfs 14 *CephFSVolumeSource
  flocker 15 *FlockerVolumeSource
  downwardAPI 16 *DownwardAPIVolumeSource
  fc 17 *FCVolumeSource
  azureFile 18 *AzureFileVolumeSource
  configMap 19 *ConfigMapVolumeSource
  vsphereVolume 20 *VsphereVirtualDiskVolumeSource
  quobyte 21 *QuobyteVolumeSource
  azureDisk 22 *AzureDiskVolumeSource
  photonPersistentDisk 23 *PhotonPersistentDiskVolumeSource
  projected 26 *ProjectedVolumeSource
  portworxVolume 24 *PortworxVolumeSource
  scaleIO 25 *ScaleIOVolumeSource
  storageos 27 *StorageOSVolumeSource
  csi 28 *CSIVolumeSource
  ephemeral 29 *EphemeralVolumeSource
  image 30 *ImageVolumeSource

struct PersistentVolumeClaimVolumeSource
  claimName 1 string always required
  readOnly 2 bool

struct PersistentVolumeSource
  gcePersistentDisk 1 *GCEPersistentDiskVolumeSource
  awsElasticBlockStore 2 *AWSElasticBlockStoreVolumeSource
  hostPath 3 *HostPathVolumeSource
  glusterfs 4 *GlusterfsPersistentVolumeSource
  nfs 5 *NFSVolumeSource
  rbd 6 *RBDPersistentVolumeSource
  iscsi 7 *ISCSIPersistentVolumeSource
  cinder 8 *CinderPersistentVolumeSource
  cephfs 9 *CephFSPersistentVolumeSource
  fc 10 *FCVolumeSource
  flocker 11 *FlockerVolumeSource
  flexVolume 12 *FlexPersistentVolumeSource
  azureFile 13 *AzureFilePersistentVolumeSource
  vsphereVolume 14 *VsphereVirtualDiskVolumeSource
  quobyte 15 *QuobyteVolumeSource
  azureDisk 16 *AzureDiskVolumeSource
  photonPersistentDisk 17 *PhotonPersistentDiskVolumeSource
  portworxVolume 18 *PortworxVolumeSource
  scaleIO 19 *ScaleIOPersistentVolumeSource
  local 20 *LocalVolumeSource
  storageos 21 *StorageOSPersistentVolumeSource
  csi 22 *CSIPersistentVolumeSource

struct PersistentVolume
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 PersistentVolumeSpec
  status 3 PersistentVolumeStatus

struct PersistentVolumeSpec
  capacity 1 ResourceList
  inline 2 PersistentVolumeSource
  accessModes 3 []PersistentVolumeAccessMode
  claimRef 4 *ObjectReference
  persistentVolumeReclaimPolicy 5 PersistentVolumeReclaimPolicy
  storageClassName 6 string
  mountOptions 7 []string
  volumeMode 8 *PersistentVolumeMode
  nodeAffinity 9 *VolumeNodeAffinity
  volumeAttributesClassName 10 *string

struct VolumeNodeAffinity
  required 1 *NodeSelector

alias PersistentVolumeReclaimPolicy string Delete|Recycle|Retain

alias PersistentVolumeMode string Block|Filesystem

struct PersistentVolumeStatus
  phase 1 PersistentVolumePhase
  message 2 string
  reason 3 string
  lastPhaseTransitionTime 4 *time

struct PersistentVolumeList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []PersistentVolume always required

struct PersistentVolumeClaim
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 PersistentVolumeClaimSpec
  status 3 PersistentVolumeClaimStatus

struct PersistentVolumeClaimList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []PersistentVolumeClaim always required

struct PersistentVolumeClaimSpec
  accessModes 1 []PersistentVolumeAccessMode
  selector 4 *meta.v1.LabelSelector
  resources 2 VolumeResourceRequirements
  volumeName 3 string
  storageClassName 5 *string
  volumeMode 6 *PersistentVolumeMode
  dataSource 7 *TypedLocalObjectReference
  dataSourceRef 8 *TypedObjectReference
  volumeAttributesClassName 9 *string

struct TypedObjectReference
  apiGroup 1 *string always
  kind 2 string always required
  name 3 string always required
  namespace 4 *string

alias PersistentVolumeClaimConditionType string

alias ClaimResourceStatus string ControllerResizeInProgress|ControllerResizeInfeasible|NodeResizeInProgress|NodeResizeInfeasible|NodeResizePending

alias PersistentVolumeClaimModifyVolumeStatus string InProgress|Infeasible|Pending

struct ModifyVolumeStatus
  targetVolumeAttributesClassName 1 string
  status 2 PersistentVolumeClaimModifyVolumeStatus always required

struct PersistentVolumeClaimCondition
  type 1 PersistentVolumeClaimConditionType always required
  status 2 ConditionStatus always required
  lastProbeTime 3 time
  lastTransitionTime 4 time
  reason 5 string
  message 6 string

struct PersistentVolumeClaimStatus
  phase 1 PersistentVolumeClaimPhase
  accessModes 2 []PersistentVolumeAccessMode
  capacity 3 ResourceList
  conditions 4 []PersistentVolumeClaimCondition map(type) patch(merge,key=type)
  allocatedResources 5 ResourceList
  allocatedResourceStatuses 7 map[ClaimResourceStatus]
  currentVolumeAttributesClassName 8 *string
  modifyVolumeStatus 9 *ModifyVolumeStatus

alias PersistentVolumeAccessMode string ReadOnlyMany|ReadWriteMany|ReadWriteOnce|ReadWriteOncePod

alias PersistentVolumePhase string Available|Bound|Failed|Pending|Released

alias PersistentVolumeClaimPhase string Bound|Lost|Pending

alias HostPathType string |BlockDevice|CharDevice|Directory|DirectoryOrCreate|File|FileOrCreate|Socket

struct HostPathVolumeSource
  path 1 string always required
  type 2 *HostPathType

struct EmptyDirVolumeSource
  medium 1 StorageMedium
  sizeLimit 2 *quantity

struct GlusterfsVolumeSource
  endpoints 1 string always required
  path 2 string always required
  readOnly 3 bool

struct GlusterfsPersistentVolumeSource
  endpoints 1 string always required
  path 2 string always required
  readOnly 3 bool
  endpointsNamespace 4 *string

struct RBDVolumeSource
  monitors 1 []string always required
  image 2 string always required
  fsType 3 string
  pool 4 string default="rbd"
  user 5 string default="admin"
  keyring 6 string default="/etc/ceph/keyring"
  secretRef 7 *LocalObjectReference
  readOnly 8 bool

struct RBDPersistentVolumeSource
  monitors 1 []string always required
  image 2 string always required
  fsType 3 string
  pool 4 string default="rbd"
  user 5 string default="admin"
  keyring 6 string default="/etc/ceph/keyring"
  secretRef 7 *SecretReference
  readOnly 8 bool

struct CinderVolumeSource
  volumeID 1 string always required
  fsType 2 string
  readOnly 3 bool
  secretRef 4 *LocalObjectReference

struct CinderPersistentVolumeSource
  volumeID 1 string always required
  fsType 2 string
  readOnly 3 bool
  secretRef 4 *SecretReference

struct CephFSVolumeSource
  monitors 1 []string always required
  path 2 string
  user 3 string
  secretFile 4 string
  secretRef 5 *LocalObjectReference
  readOnly 6 bool

struct SecretReference atomic
  name 1 string
  namespace 2 string

struct CephFSPersistentVolumeSource
  monitors 1 []string always required
  path 2 string
  user 3 string
  secretFile 4 string
  secretRef 5 *SecretReference
  readOnly 6 bool

struct FlockerVolumeSource
  datasetName 1 string
  datasetUUID 2 string

alias StorageMedium string

alias Protocol string SCTP|TCP|UDP

struct GCEPersistentDiskVolumeSource
  pdName 1 string always required
  fsType 2 string
  partition 3 int32
  readOnly 4 bool

struct QuobyteVolumeSource
  registry 1 string always required
  volume 2 string always required
  readOnly 3 bool
  user 4 string
  group 5 string
  tenant 6 string

struct FlexPersistentVolumeSource
  driver 1 string always required
  fsType 2 string
  secretRef 3 *SecretReference
  readOnly 4 bool
  options 5 map[string]

struct FlexVolumeSource
  driver 1 string always required
  fsType 2 string
  secretRef 3 *LocalObjectReference
  readOnly 4 bool
  options 5 map[string]

struct AWSElasticBlockStoreVolumeSource
  volumeID 1 string always required
  fsType 2 string
  partition 3 int32
  readOnly 4 bool

struct GitRepoVolumeSource
  repository 1 string always required
  revision 2 string
  directory 3 string

struct SecretVolumeSource
  secretName 1 string
  items 2 []KeyToPath
  defaultMode 3 *int32
  optional 4 *bool

struct SecretProjection
  inline 1 LocalObjectReference
  items 2 []KeyToPath
  optional 4 *bool

struct NFSVolumeSource
  server 1 string always required
  path 2 string always required
  readOnly 3 bool

struct ISCSIVolumeSource
  targetPortal 1 string always required
  iqn 2 string always required
  lun 3 int32 always required
  iscsiInterface 4 string default="default"
  fsType 5 string
  readOnly 6 bool
  portals 7 []string
  chapAuthDiscovery 8 bool
  chapAuthSession 11 bool
  secretRef 10 *LocalObjectReference
  initiatorName 12 *string

struct ISCSIPersistentVolumeSource
  targetPortal 1 string always required
  iqn 2 string always required
  lun 3 int32 always required
  iscsiInterface 4 string default="default"
  fsType 5 string
  readOnly 6 bool
  portals 7 []string
  chapAuthDiscovery 8 bool
  chapAuthSession 11 bool
  secretRef 10 *SecretReference
  initiatorName 12 *string

struct FCVolumeSource
  targetWWNs 1 []string
  lun 2 *int32
  fsType 3 string
  readOnly 4 bool
  wwids 5 []string

struct AzureFileVolumeSource
  secretName 1 string always required
  shareName 2 string always required
  readOnly 3 bool

struct AzureFilePersistentVolumeSource
  secretName 1 string always required
  shareName 2 string always required
  readOnly 3 bool
  secretNamespace 4 *string always

struct VsphereVirtualDiskVolumeSource
  volumePath 1 string always required
  fsType 2 string
  storagePolicyName 3 string
  storagePolicyID 4 string

struct PhotonPersistentDiskVolumeSource
  pdID 1 string always required
  fsType 2 string

alias AzureDataDiskCachingMode string None|ReadOnly|ReadWrite

alias AzureDataDiskKind string Dedicated|Managed|Shared

struct AzureDiskVolumeSource
  diskName 1 string always required
  diskURI 2 string always required
  cachingMode 3 *AzureDataDiskCachingMode default="ReadWrite"
  fsType 4 *string default="ext4"
  readOnly 5 *bool default=false
  kind 6 *AzureDataDiskKind default="Shared"

struct PortworxVolumeSource
  volumeID 1 string always required
  fsType 2 string
  readOnly 3 bool

struct ScaleIOVolumeSource
  gateway 1 string always required
  system 2 string always required
  secretRef 3 *LocalObjectReference always required
  sslEnabled 4 bool
  protectionDomain 5 string
  storagePool 6 string
  storageMode 7 string default="ThinProvisioned"
  volumeName 8 string
  fsType 9 string default="xfs"
  readOnly 10 bool

struct ScaleIOPersistentVolumeSource
  gateway 1 string always required
  system 2 string always required
  secretRef 3 *SecretReference always required
  sslEnabled 4 bool
  protectionDomain 5 string
  storagePool 6 string
  storageMode 7 string default="ThinProvisioned"
  volumeName 8 string
  fsType 9 string default="xfs"
  readOnly 10 bool

struct StorageOSVolumeSource
  volumeName 1 string
  volumeNamespace 2 string
  fsType 3 string
  readOnly 4 bool
  secretRef 5 *LocalObjectReference

struct StorageOSPersistentVolumeSource
  volumeName 1 string
  volumeNamespace 2 string
  fsType 3 string
  readOnly 4 bool
  secretRef 5 *ObjectReference

struct ConfigMapVolumeSource
  inline 1 LocalObjectReference
  items 2 []KeyToPath
  defaultMode 3 *int32
  optional 4 *bool

struct ConfigMapProjection
  inline 1 LocalObjectReference
  items 2 []KeyToPath
  optional 4 *bool

struct ServiceAccountTokenProjection
  audience 1 string
  expirationSeconds 2 *int64
  path 3 string always required

struct ClusterTrustBundleProjection
  name 1 *string
  signerName 2 *string
  labelSelector 3 *meta.v1.LabelSelector
  optional 5 *bool
  path 4 string always required

struct PodCertificateProjection
  signerName 1 string required
  keyType 2 string required
  maxExpirationSeconds 3 *int32
  credentialBundlePath 4 string
  keyPath 5 string
  certificateChainPath 6 string
  userAnnotations 7 map[string]

struct ProjectedVolumeSource
  sources 1 []VolumeProjection always
  defaultMode 2 *int32

struct VolumeProjection
  secret 1 *SecretProjection
  downwardAPI 2 *DownwardAPIProjection
  configMap 3 *ConfigMapProjection
  serviceAccountToken 4 *ServiceAccountTokenProjection
  clusterTrustBundle 5 *ClusterTrustBundleProjection
  podCertificate 6 *PodCertificateProjection

struct KeyToPath
  key 1 string always required
  path 2 string always required
  mode 3 *int32

struct LocalVolumeSource
  path 1 string always required
  fsType 2 *string

struct CSIPersistentVolumeSource
  driver 1 string always required
  volumeHandle 2 string always required
  readOnly 3 bool
  fsType 4 string
  volumeAttributes 5 map[string]
  controllerPublishSecretRef 6 *SecretReference
  nodeStageSecretRef 7 *SecretReference
  nodePublishSecretRef 8 *SecretReference
  controllerExpandSecretRef 9 *SecretReference
  nodeExpandSecretRef 10 *SecretReference

struct CSIVolumeSource
  driver 1 string always required
  readOnly 2 *bool
  fsType 3 *string
  volumeAttributes 4 map[string]
  nodePublishSecretRef 5 *LocalObjectReference

struct EphemeralVolumeSource
  volumeClaimTemplate 1 *PersistentVolumeClaimTemplate

struct PersistentVolumeClaimTemplate
  metadata 1 meta.v1.ObjectMeta
  spec 2 PersistentVolumeClaimSpec always required

struct ContainerPort
  name 1 string
  hostPort 2 int32
  containerPort 3 int32 always required
  protocol 4 Protocol default="TCP"
  hostIP 5 string

struct VolumeMount
  name 1 string always required
  readOnly 2 bool
  recursiveReadOnly 7 *RecursiveReadOnlyMode
  mountPath 3 string always required
  subPath 4 string
  mountPropagation 5 *MountPropagationMode
  subPathExpr 6 string

alias MountPropagationMode string Bidirectional|HostToContainer|None

alias RecursiveReadOnlyMode string

struct VolumeDevice
  name 1 string always required
  devicePath 2 string always required

struct EnvVar
  name 1 string always required
  value 2 string
  valueFrom 3 *EnvVarSource

struct EnvVarSource
  fieldRef 1 *ObjectFieldSelector
  resourceFieldRef 2 *ResourceFieldSelector
  configMapKeyRef 3 *ConfigMapKeySelector
  secretKeyRef 4 *SecretKeySelector
  fileKeyRef 5 *FileKeySelector

struct FileKeySelector atomic
  volumeName 1 string always required
  path 2 string always required
  key 3 string always required
  optional 4 *bool default=false

struct ObjectFieldSelector atomic
  apiVersion 1 string
  fieldPath 2 string always required

struct ResourceFieldSelector atomic
  containerName 1 string
  resource 2 string always required
  divisor 3 quantity

struct ConfigMapKeySelector atomic
  inline 1 LocalObjectReference
  key 2 string always required
  optional 3 *bool

struct SecretKeySelector atomic
  inline 1 LocalObjectReference
  key 2 string always required
  optional 3 *bool

struct EnvFromSource
  prefix 1 string
  configMapRef 2 *ConfigMapEnvSource
  secretRef 3 *SecretEnvSource

struct ConfigMapEnvSource
  inline 1 LocalObjectReference
  optional 2 *bool

struct SecretEnvSource
  inline 1 LocalObjectReference
  optional 2 *bool

struct HTTPHeader
  name 1 string always required
  value 2 string always required

struct HTTPGetAction
  path 1 string
  port 2 intOrString always required
  host 3 string
  scheme 4 URIScheme
  httpHeaders 5 []HTTPHeader

alias URIScheme string HTTP|HTTPS

struct TCPSocketAction
  port 1 intOrString always required
  host 2 string

struct GRPCAction
  port 1 int32 always required
  service 2 *string always default=""

struct ExecAction
  command 1 []string

struct SleepAction
  seconds 1 int64 always required

struct Probe
  inline 1 ProbeHandler
  initialDelaySeconds 2 int32
  timeoutSeconds 3 int32
  periodSeconds 4 int32
  successThreshold 5 int32
  failureThreshold 6 int32
  terminationGracePeriodSeconds 7 *int64

alias PullPolicy string Always|IfNotPresent|Never

alias ResourceResizeRestartPolicy string

struct ContainerResizePolicy
  resourceName 1 ResourceName always required
  restartPolicy 2 ResourceResizeRestartPolicy always required

alias PreemptionPolicy string Never|PreemptLowerPriority

alias TerminationMessagePolicy string FallbackToLogsOnError|File

alias Capability string

struct Capabilities
  add 1 []Capability
  drop 2 []Capability

struct ResourceRequirements
  limits 1 ResourceList
  requests 2 ResourceList
  claims 3 []ResourceClaim map(name)

struct VolumeResourceRequirements
  limits 1 ResourceList
  requests 2 ResourceList

struct ResourceClaim
  name 1 string always required
  request 2 string

struct Container
  name 1 string always required
  image 2 string
  command 3 []string
  args 4 []string
  workingDir 5 string
  ports 6 []ContainerPort map(containerPort,protocol) patch(merge,key=containerPort)
  envFrom 19 []EnvFromSource
  env 7 []EnvVar map(name) patch(merge,key=name)
  resources 8 ResourceRequirements
  resizePolicy 23 []ContainerResizePolicy
  restartPolicy 24 *ContainerRestartPolicy
  restartPolicyRules 25 []ContainerRestartRule
  volumeMounts 9 []VolumeMount map(mountPath) patch(merge,key=mountPath)
  volumeDevices 21 []VolumeDevice map(devicePath) patch(merge,key=devicePath)
  livenessProbe 10 *Probe
  readinessProbe 11 *Probe
  startupProbe 22 *Probe
  lifecycle 12 *Lifecycle
  terminationMessagePath 13 string
  terminationMessagePolicy 20 TerminationMessagePolicy
  imagePullPolicy 14 PullPolicy
  securityContext 15 *SecurityContext
  stdin 16 bool
  stdinOnce 17 bool
  tty 18 bool

struct ProbeHandler
  exec 1 *ExecAction
  httpGet 2 *HTTPGetAction
  tcpSocket 3 *TCPSocketAction
  grpc 4 *GRPCAction

struct LifecycleHandler
  exec 1 *ExecAction
  httpGet 2 *HTTPGetAction
  tcpSocket 3 *TCPSocketAction
  sleep 4 *SleepAction

alias Signal string SIGABRT|SIGALRM|SIGBUS|SIGCHLD|SIGCLD|SIGCONT|SIGFPE|SIGHUP|SIGILL|SIGINT|SIGIO|SIGIOT|SIGKILL|SIGPIPE|SIGPOLL|SIGPROF|SIGPWR|SIGQUIT|SIGRTMAX|SIGRTMAX-1|SIGRTMAX-10|SIGRTMAX-11|SIGRTMAX-12|SIGRTMAX-13|SIGRTMAX-14|SIGRTMAX-2|SIGRTMAX-3|SIGRTMAX-4|SIGRTMAX-5|SIGRTMAX-6|SIGRTMAX-7|SIGRTMAX-8|SIGRTMAX-9|SIGRTMIN|SIGRTMIN+1|SIGRTMIN+10|SIGRTMIN+11|SIGRTMIN+12|SIGRTMIN+13|SIGRTMIN+14|SIGRTMIN+15|SIGRTMIN+2|SIGRTMIN+3|SIGRTMIN+4|SIGRTMIN+5|SIGRTMIN+6|SIGRTMIN+7|SIGRTMIN+8|SIGRTMIN+9|SIGSEGV|SIGSTKFLT|SIGSTOP|SIGSYS|SIGTERM|SIGTRAP|SIGTSTP|SIGTTIN|SIGTTOU|SIGURG|SIGUSR1|SIGUSR2|SIGVTALRM|SIGWINCH|SIGXCPU|SIGXFSZ

struct Lifecycle
  postStart 1 *LifecycleHandler
  preStop 2 *LifecycleHandler
  stopSignal 3 *Signal

alias ConditionStatus string

struct ContainerStateWaiting
  reason 1 string
  message 2 string

struct ContainerStateRunning
  startedAt 1 time

struct ContainerStateTerminated
  exitCode 1 int32 always required
  signal 2 int32
  reason 3 string
  message 4 string
  startedAt 5 time
  finishedAt 6 time
  containerID 7 string

struct ContainerState
  waiting 1 *ContainerStateWaiting
  running 2 *ContainerStateRunning
  terminated 3 *ContainerStateTerminated

struct ContainerStatus
  name 1 string always required
  state 2 ContainerState
  lastState 3 ContainerState
  ready 4 bool always required
  restartCount 5 int32 always required
  image 6 string always required
  imageID 7 string always required
  containerID 8 string
  started 9 *bool
  allocatedResources 10 ResourceList
  resources 11 *ResourceRequirements
  volumeMounts 12 []VolumeMountStatus map(mountPath) patch(merge,key=mountPath)
  user 13 *ContainerUser
  allocatedResourcesStatus 14 []ResourceStatus map(name) patch(merge,key=name)
  stopSignal 15 *Signal

struct ResourceStatus
  name 1 ResourceName always required
  resources 2 []ResourceHealth map(resourceID)

alias ResourceHealthStatus string

alias ResourceID string

struct ResourceHealth
  resourceID 1 ResourceID always required
  health 2 ResourceHealthStatus
  message 6 *string

struct ContainerUser
  linux 1 *LinuxContainerUser

struct LinuxContainerUser
  uid 1 int64 always required
  gid 2 int64 always required
  supplementalGroups 3 []int64

alias PodPhase string Failed|Pending|Running|Succeeded|Unknown

alias PodConditionType string

struct PodCondition
  type 1 PodConditionType always required
  observedGeneration 7 int64
  status 2 ConditionStatus always required
  lastProbeTime 3 time
  lastTransitionTime 4 time
  reason 5 string
  message 6 string

alias PodResizeStatus string

struct VolumeMountStatus
  name 1 string always required
  mountPath 2 string always required
  readOnly 3 bool
  recursiveReadOnly 4 *RecursiveReadOnlyMode
  volumeStatus 5 *VolumeStatus

struct VolumeStatus
  image 1 *ImageVolumeStatus

struct ImageVolumeStatus
  imageRef 1 string required

alias RestartPolicy string Always|Never|OnFailure

alias ContainerRestartPolicy string

struct ContainerRestartRule
  action 1 ContainerRestartRuleAction required
  exitCodes 2 *ContainerRestartRuleOnExitCodes

alias ContainerRestartRuleAction string

struct ContainerRestartRuleOnExitCodes
  operator 1 ContainerRestartRuleOnExitCodesOperator required
  values 2 []int32 set

alias ContainerRestartRuleOnExitCodesOperator string

alias DNSPolicy string ClusterFirst|ClusterFirstWithHostNet|Default|None

struct NodeSelector atomic
  nodeSelectorTerms 1 []NodeSelectorTerm always required

struct NodeSelectorTerm atomic
  matchExpressions 1 []NodeSelectorRequirement
  matchFields 2 []NodeSelectorRequirement

struct NodeSelectorRequirement
  key 1 string always required
  operator 2 NodeSelectorOperator always required
  values 3 []string

alias NodeSelectorOperator string DoesNotExist|Exists|Gt|In|Lt|NotIn

struct TopologySelectorTerm atomic
  matchLabelExpressions 1 []TopologySelectorLabelRequirement

struct TopologySelectorLabelRequirement
  key 1 string always required
  values 2 []string always required

struct Affinity
  nodeAffinity 1 *NodeAffinity
  podAffinity 2 *PodAffinity
  podAntiAffinity 3 *PodAntiAffinity

struct PodAffinity
  requiredDuringSchedulingIgnoredDuringExecution 1 []PodAffinityTerm
  preferredDuringSchedulingIgnoredDuringExecution 2 []WeightedPodAffinityTerm

struct PodAntiAffinity
  requiredDuringSchedulingIgnoredDuringExecution 1 []PodAffinityTerm
  preferredDuringSchedulingIgnoredDuringExecution 2 []WeightedPodAffinityTerm

struct WeightedPodAffinityTerm
  weight 1 int32 always required
  podAffinityTerm 2 PodAffinityTerm always required

struct PodAffinityTerm
  labelSelector 1 *meta.v1.LabelSelector
  namespaces 2 []string
  topologyKey 3 string always required
  namespaceSelector 4 *meta.v1.LabelSelector
  matchLabelKeys 5 []string
  mismatchLabelKeys 6 []string

struct NodeAffinity
  requiredDuringSchedulingIgnoredDuringExecution 1 *NodeSelector
  preferredDuringSchedulingIgnoredDuringExecution 2 []PreferredSchedulingTerm

struct PreferredSchedulingTerm
  weight 1 int32 always required
  preference 2 NodeSelectorTerm always required

struct Taint
  key 1 string always required
  value 2 string
  effect 3 TaintEffect always required
  timeAdded 4 *time

alias TaintEffect string NoExecute|NoSchedule|PreferNoSchedule

struct Toleration
  key 1 string
  operator 2 TolerationOperator
  value 3 string
  effect 4 TaintEffect
  tolerationSeconds 5 *int64

alias TolerationOperator string Equal|Exists|Gt|Lt

struct PodReadinessGate
  conditionType 1 PodConditionType always required

struct PodSpec
  volumes 1 []Volume map(name) patch(merge,retainKeys,key=name)
  initContainers 20 []Container map(name) patch(merge,key=name)
  containers 2 []Container always required map(name) patch(merge,key=name)
  ephemeralContainers 34 []EphemeralContainer map(name) patch(merge,key=name)
  restartPolicy 3 RestartPolicy
  terminationGracePeriodSeconds 4 *int64
  activeDeadlineSeconds 5 *int64
  dnsPolicy 6 DNSPolicy
  nodeSelector 7 map[string] atomic
  serviceAccountName 8 string
  serviceAccount 9 string
  automountServiceAccountToken 21 *bool
  nodeName 10 string
  hostNetwork 11 bool
  hostPID 12 bool
  hostIPC 13 bool
  shareProcessNamespace 27 *bool
  securityContext 14 *PodSecurityContext
  imagePullSecrets 15 []LocalObjectReference map(name) patch(merge,key=name)
  hostname 16 string
  subdomain 17 string
  affinity 18 *Affinity
  schedulerName 19 string
  tolerations 22 []Toleration
  hostAliases 23 []HostAlias map(ip) patch(merge,key=ip)
  priorityClassName 24 string
  priority 25 *int32
  dnsConfig 26 *PodDNSConfig
  readinessGates 28 []PodReadinessGate
  runtimeClassName 29 *string
  enableServiceLinks 30 *bool
  preemptionPolicy 31 *PreemptionPolicy
  overhead 32 ResourceList
  topologySpreadConstraints 33 []TopologySpreadConstraint map(topologyKey,whenUnsatisfiable) patch(merge,key=topologyKey)
  setHostnameAsFQDN 35 *bool
  os 36 *PodOS
  hostUsers 37 *bool
  schedulingGates 38 []PodSchedulingGate map(name) patch(merge,key=name)
  resourceClaims 39 []PodResourceClaim map(name) patch(merge,retainKeys,key=name)
  resources 40 *ResourceRequirements
  hostnameOverride 41 *string
  schedulingGroup 43 *PodSchedulingGroup

struct PodResourceClaim
  name 1 string always required
  resourceClaimName 3 *string
  resourceClaimTemplateName 4 *string

struct PodResourceClaimStatus
  name 1 string always required
  resourceClaimName 2 *string

struct PodExtendedResourceClaimStatus
  requestMappings 1 []ContainerExtendedResourceRequest always required
  resourceClaimName 2 string always required

struct ContainerExtendedResourceRequest
  containerName 1 string always required
  resourceName 2 string always required
  requestName 3 string always required

alias OSName string

struct PodOS
  name 1 OSName always required

struct PodSchedulingGate
  name 1 string always required

struct PodSchedulingGroup
  podGroupName 1 *string

alias UnsatisfiableConstraintAction string DoNotSchedule|ScheduleAnyway

alias NodeInclusionPolicy string Honor|Ignore

struct TopologySpreadConstraint
  maxSkew 1 int32 always required
  topologyKey 2 string always required
  whenUnsatisfiable 3 UnsatisfiableConstraintAction always required
  labelSelector 4 *meta.v1.LabelSelector
  minDomains 5 *int32
  nodeAffinityPolicy 6 *NodeInclusionPolicy
  nodeTaintsPolicy 7 *NodeInclusionPolicy
  matchLabelKeys 8 []string

struct HostAlias
  ip 1 string always required
  hostnames 2 []string

alias PodFSGroupChangePolicy string Always|OnRootMismatch

alias SupplementalGroupsPolicy string Merge|Strict

alias PodSELinuxChangePolicy string

struct PodSecurityContext
  seLinuxOptions 1 *SELinuxOptions
  windowsOptions 8 *WindowsSecurityContextOptions
  runAsUser 2 *int64
  runAsGroup 6 *int64
  runAsNonRoot 3 *bool
  supplementalGroups 4 []int64
  supplementalGroupsPolicy 12 *SupplementalGroupsPolicy
  fsGroup 5 *int64
  sysctls 7 []Sysctl
  fsGroupChangePolicy 9 *PodFSGroupChangePolicy
  seccompProfile 10 *SeccompProfile
  appArmorProfile 11 *AppArmorProfile
  seLinuxChangePolicy 13 *PodSELinuxChangePolicy

struct SeccompProfile
  type 1 SeccompProfileType always required
  localhostProfile 2 *string

alias SeccompProfileType string Localhost|RuntimeDefault|Unconfined

struct AppArmorProfile
  type 1 AppArmorProfileType always required
  localhostProfile 2 *string

alias AppArmorProfileType string Localhost|RuntimeDefault|Unconfined

alias PodQOSClass string BestEffort|Burstable|Guaranteed

struct PodDNSConfig
  nameservers 1 []string
  searches 2 []string
  options 3 []PodDNSConfigOption

struct PodDNSConfigOption
  name 1 string
  value 2 *string

struct PodIP
  ip 1 string always required

struct HostIP
  ip 1 string always required

struct EphemeralContainerCommon
  name 1 string always required
  image 2 string
  command 3 []string
  args 4 []string
  workingDir 5 string
  ports 6 []ContainerPort map(containerPort,protocol) patch(merge,key=containerPort)
  envFrom 19 []EnvFromSource
  env 7 []EnvVar map(name) patch(merge,key=name)
  resources 8 ResourceRequirements
  resizePolicy 23 []ContainerResizePolicy
  restartPolicy 24 *ContainerRestartPolicy
  restartPolicyRules 25 []ContainerRestartRule
  volumeMounts 9 []VolumeMount map(mountPath) patch(merge,key=mountPath)
  volumeDevices 21 []VolumeDevice map(devicePath) patch(merge,key=devicePath)
  livenessProbe 10 *Probe
  readinessProbe 11 *Probe
  startupProbe 22 *Probe
  lifecycle 12 *Lifecycle
  terminationMessagePath 13 string
  terminationMessagePolicy 20 TerminationMessagePolicy
  imagePullPolicy 14 PullPolicy
  securityContext 15 *SecurityContext
  stdin 16 bool
  stdinOnce 17 bool
  tty 18 bool

struct EphemeralContainer
  inline 1 EphemeralContainerCommon
  targetContainerName 2 string

struct PodStatus
  observedGeneration 17 int64
  phase 1 PodPhase
  conditions 2 []PodCondition map(type) patch(merge,key=type)
  message 3 string
  reason 4 string
  nominatedNodeName 11 string
  hostIP 5 string
  hostIPs 16 []HostIP patch(merge,key=ip)
  podIP 6 string
  podIPs 12 []PodIP map(ip) patch(merge,key=ip)
  startTime 7 *time
  initContainerStatuses 10 []ContainerStatus
  containerStatuses 8 []ContainerStatus
  qosClass 9 PodQOSClass
  ephemeralContainerStatuses 13 []ContainerStatus
  resize 14 PodResizeStatus
  resourceClaimStatuses 15 []PodResourceClaimStatus map(name) patch(merge,retainKeys,key=name)
  extendedResourceClaimStatus 18 *PodExtendedResourceClaimStatus
  allocatedResources 19 ResourceList
  resources 20 *ResourceRequirements
  nodeAllocatableResourceClaimStatuses 21 []NodeAllocatableResourceClaimStatus

struct PodStatusResult
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  status 2 PodStatus

struct Pod
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 PodSpec
  status 3 PodStatus

struct PodList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []Pod always required

struct PodTemplateSpec
  metadata 1 meta.v1.ObjectMeta
  spec 2 PodSpec

struct PodTemplate
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  template 2 PodTemplateSpec

struct PodTemplateList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []PodTemplate always required

struct ReplicationControllerSpec
  replicas 1 *int32 default=1
  minReadySeconds 4 int32 default=0
  selector 2 map[string] atomic
  template 3 *PodTemplateSpec

struct ReplicationControllerStatus
  replicas 1 int32 always required
  fullyLabeledReplicas 2 int32
  readyReplicas 4 int32
  availableReplicas 5 int32
  observedGeneration 3 int64
  conditions 6 []ReplicationControllerCondition map(type) patch(merge,key=type)

alias ReplicationControllerConditionType string

struct ReplicationControllerCondition
  type 1 ReplicationControllerConditionType always required
  status 2 ConditionStatus always required
  lastTransitionTime 3 time
  reason 4 string
  message 5 string

struct ReplicationController
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 ReplicationControllerSpec
  status 3 ReplicationControllerStatus

struct ReplicationControllerList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []ReplicationController always required

alias ServiceAffinity string ClientIP|None

struct SessionAffinityConfig
  clientIP 1 *ClientIPConfig

struct ClientIPConfig
  timeoutSeconds 1 *int32

alias ServiceType string ClusterIP|ExternalName|LoadBalancer|NodePort

alias ServiceInternalTrafficPolicy string Cluster|Local

alias ServiceExternalTrafficPolicy string Cluster|Local

struct ServiceStatus
  loadBalancer 1 LoadBalancerStatus
  conditions 2 []meta.v1.Condition map(type) patch(merge,key=type)

struct LoadBalancerStatus
  ingress 1 []LoadBalancerIngress

struct LoadBalancerIngress
  ip 1 string
  hostname 2 string
  ipMode 3 *LoadBalancerIPMode
  ports 4 []PortStatus

alias IPFamily string |IPv4|IPv6

alias IPFamilyPolicy string PreferDualStack|RequireDualStack|SingleStack

struct ServiceSpec
  ports 1 []ServicePort map(port,protocol) patch(merge,key=port)
  selector 2 map[string] atomic
  clusterIP 3 string
  clusterIPs 18 []string
  type 4 ServiceType
  externalIPs 5 []string
  sessionAffinity 7 ServiceAffinity
  loadBalancerIP 8 string
  loadBalancerSourceRanges 9 []string
  externalName 10 string
  externalTrafficPolicy 11 ServiceExternalTrafficPolicy
  healthCheckNodePort 12 int32
  publishNotReadyAddresses 13 bool
  sessionAffinityConfig 14 *SessionAffinityConfig
  ipFamilies 19 []IPFamily
  ipFamilyPolicy 17 *IPFamilyPolicy
  allocateLoadBalancerNodePorts 20 *bool
  loadBalancerClass 21 *string
  internalTrafficPolicy 22 *ServiceInternalTrafficPolicy
  trafficDistribution 23 *string

struct ServicePort
  name 1 string
  protocol 2 Protocol default="TCP"
  appProtocol 6 *string
  port 3 int32 always required
  targetPort 4 intOrString
  nodePort 5 int32

struct Service
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 ServiceSpec
  status 3 ServiceStatus

struct ServiceList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []Service always required

struct ServiceAccount
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  secrets 2 []ObjectReference map(name) patch(merge,key=name)
  imagePullSecrets 3 []LocalObjectReference
  automountServiceAccountToken 4 *bool

struct ServiceAccountList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []ServiceAccount always required

struct Endpoints
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  subsets 2 []EndpointSubset

struct EndpointSubset
  addresses 1 []EndpointAddress
  notReadyAddresses 2 []EndpointAddress
  ports 3 []EndpointPort

struct EndpointAddress atomic
  ip 1 string always required
  hostname 3 string
  nodeName 4 *string
  targetRef 2 *ObjectReference

struct EndpointPort atomic
  name 1 string
  port 2 int32 always required
  protocol 3 Protocol
  appProtocol 4 *string

struct EndpointsList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []Endpoints always required

struct NodeSpec
  podCIDR 1 string
  podCIDRs 7 []string set patch(merge)
  providerID 3 string
  unschedulable 4 bool
  taints 5 []Taint
  configSource 6 *NodeConfigSource
  externalID 2 string

struct NodeConfigSource
  configMap 2 *ConfigMapNodeConfigSource

struct ConfigMapNodeConfigSource
  namespace 1 string always required
  name 2 string always required
  uid 3 UID
  resourceVersion 4 string
  kubeletConfigKey 5 string always required

struct DaemonEndpoint
  Port 1 int32 always required

struct NodeDaemonEndpoints
  kubeletEndpoint 1 DaemonEndpoint

struct NodeRuntimeHandlerFeatures
  recursiveReadOnlyMounts 1 *bool
  userNamespaces 2 *bool

struct NodeRuntimeHandler
  name 1 string always
  features 2 *NodeRuntimeHandlerFeatures

struct NodeFeatures
  supplementalGroupsPolicy 1 *bool

struct NodeSystemInfo
  machineID 1 string always required
  systemUUID 2 string always required
  bootID 3 string always required
  kernelVersion 4 string always required
  osImage 5 string always required
  containerRuntimeVersion 6 string always required
  kubeletVersion 7 string always required
  kubeProxyVersion 8 string always required
  operatingSystem 9 string always required
  architecture 10 string always required
  swap 11 *NodeSwapStatus

struct NodeSwapStatus
  capacity 1 *int64

struct NodeConfigStatus
  assigned 1 *NodeConfigSource
  active 2 *NodeConfigSource
  lastKnownGood 3 *NodeConfigSource
  error 4 string

struct NodeStatus
  capacity 1 ResourceList
  allocatable 2 ResourceList
  phase 3 NodePhase
  conditions 4 []NodeCondition map(type) patch(merge,key=type)
  addresses 5 []NodeAddress map(type) patch(merge,key=type)
  daemonEndpoints 6 NodeDaemonEndpoints
  nodeInfo 7 NodeSystemInfo
  images 8 []ContainerImage
  volumesInUse 9 []UniqueVolumeName
  volumesAttached 10 []AttachedVolume
  config 11 *NodeConfigStatus
  runtimeHandlers 12 []NodeRuntimeHandler
  features 13 *NodeFeatures
  declaredFeatures 14 []string

alias UniqueVolumeName string

struct AttachedVolume
  name 1 UniqueVolumeName always required
  devicePath 2 string always required

struct ContainerImage
  names 1 []string always
  sizeBytes 2 int64

alias NodePhase string Pending|Running|Terminated

alias NodeConditionType string

struct NodeCondition
  type 1 NodeConditionType always required
  status 2 ConditionStatus always required
  lastHeartbeatTime 3 time
  lastTransitionTime 4 time
  reason 5 string
  message 6 string

alias NodeAddressType string

struct NodeAddress
  type 1 NodeAddressType always required
  address 2 string always required

alias ResourceName string

alias ResourceList map[quantity]

struct Node
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 NodeSpec
  status 3 NodeStatus

struct NodeList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []Node always required

alias FinalizerName string

struct NamespaceSpec
  finalizers 1 []FinalizerName

struct NamespaceStatus
  phase 1 NamespacePhase
  conditions 2 []NamespaceCondition map(type) patch(merge,key=type)

alias NamespacePhase string Active|Terminating

alias NamespaceConditionType string

struct NamespaceCondition
  type 1 NamespaceConditionType always required
  status 2 ConditionStatus always required
  lastTransitionTime 4 time
  reason 5 string
  message 6 string

struct Namespace
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 NamespaceSpec
  status 3 NamespaceStatus

struct NamespaceList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []Namespace always required

struct Binding
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  target 2 ObjectReference always required

struct PodLogOptions
  inline - meta.v1.TypeMeta
  container 1 string
  follow 2 bool
  previous 3 bool
  sinceSeconds 4 *int64
  sinceTime 5 *time
  timestamps 6 bool
  tailLines 7 *int64
  limitBytes 8 *int64
  insecureSkipTLSVerifyBackend 9 bool
  stream 10 *string

struct PodAttachOptions
  inline - meta.v1.TypeMeta
  stdin 1 bool
  stdout 2 bool
  stderr 3 bool
  tty 4 bool
  container 5 string

struct PodExecOptions
  inline - meta.v1.TypeMeta
  stdin 1 bool
  stdout 2 bool
  stderr 3 bool
  tty 4 bool
  container 5 string
  command 6 []string always required

struct PodPortForwardOptions
  inline - meta.v1.TypeMeta
  ports 1 []int32

struct PodProxyOptions
  inline - meta.v1.TypeMeta
  path 1 string

struct NodeProxyOptions
  inline - meta.v1.TypeMeta
  path 1 string

struct ServiceProxyOptions
  inline - meta.v1.TypeMeta
  path 1 string

struct ObjectReference atomic
  kind 1 string
  namespace 2 string
  name 3 string
  uid 4 UID
  apiVersion 5 string
  resourceVersion 6 string
  fieldPath 7 string

struct LocalObjectReference atomic
  name 1 string default=""

struct TypedLocalObjectReference atomic
  apiGroup 1 *string always
  kind 2 string always required
  name 3 string always required

struct SerializedReference
  inline - meta.v1.TypeMeta
  reference 1 ObjectReference

struct EventSource
  component 1 string
  host 2 string

struct Event
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta always required
  involvedObject 2 ObjectReference always required
  reason 3 string
  message 4 string
  source 5 EventSource
  firstTimestamp 6 time
  lastTimestamp 7 time
  count 8 int32
  type 9 string
  eventTime 10 microTime
  series 11 *EventSeries
  action 12 string
  related 13 *ObjectReference
  reportingComponent 14 string always
  reportingInstance 15 string always

struct EventSeries
  count 1 int32
  lastObservedTime 2 microTime

struct EventList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []Event always required

alias List meta.v1.List

alias LimitType string

struct LimitRangeItem
  type 1 LimitType always required
  max 2 ResourceList
  min 3 ResourceList
  default 4 ResourceList
  defaultRequest 5 ResourceList
  maxLimitRequestRatio 6 ResourceList

struct LimitRangeSpec
  limits 1 []LimitRangeItem always required

struct LimitRange
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 LimitRangeSpec

struct LimitRangeList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []LimitRange always required

alias ResourceQuotaScope string BestEffort|CrossNamespacePodAffinity|NotBestEffort|NotTerminating|PriorityClass|Terminating|VolumeAttributesClass

struct ResourceQuotaSpec
  hard 1 ResourceList
  scopes 2 []ResourceQuotaScope
  scopeSelector 3 *ScopeSelector

struct ScopeSelector atomic
  matchExpressions 1 []ScopedResourceSelectorRequirement

struct ScopedResourceSelectorRequirement
  scopeName 1 ResourceQuotaScope always required
  operator 2 ScopeSelectorOperator always required
  values 3 []string

alias ScopeSelectorOperator string DoesNotExist|Exists|In|NotIn

struct ResourceQuotaStatus
  hard 1 ResourceList
  used 2 ResourceList

struct ResourceQuota
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 ResourceQuotaSpec
  status 3 ResourceQuotaStatus

struct ResourceQuotaList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []ResourceQuota always required

struct Secret
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  immutable 5 *bool
  data 2 map[bytes]
  stringData 4 map[string]
  type 3 SecretType

alias SecretType string

struct SecretList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []Secret always required

struct ConfigMap
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  immutable 4 *bool
  data 2 map[string]
  binaryData 3 map[bytes]

struct ConfigMapList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []ConfigMap always required

alias ComponentConditionType string

struct ComponentCondition
  type 1 ComponentConditionType always required
  status 2 ConditionStatus always required
  message 3 string
  error 4 string

struct ComponentStatus
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  conditions 2 []ComponentCondition map(type) patch(merge,key=type)

struct ComponentStatusList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []ComponentStatus always required

struct DownwardAPIVolumeSource
  items 1 []DownwardAPIVolumeFile
  defaultMode 2 *int32

struct DownwardAPIVolumeFile
  path 1 string always required
  fieldRef 2 *ObjectFieldSelector
  resourceFieldRef 3 *ResourceFieldSelector
  mode 4 *int32

struct DownwardAPIProjection
  items 1 []DownwardAPIVolumeFile

struct SecurityContext
  capabilities 1 *Capabilities
  privileged 2 *bool
  seLinuxOptions 3 *SELinuxOptions
  windowsOptions 10 *WindowsSecurityContextOptions
  runAsUser 4 *int64
  runAsGroup 8 *int64
  runAsNonRoot 5 *bool
  readOnlyRootFilesystem 6 *bool
  allowPrivilegeEscalation 7 *bool
  procMount 9 *ProcMountType
  seccompProfile 11 *SeccompProfile
  appArmorProfile 12 *AppArmorProfile

alias ProcMountType string Default|Unmasked

struct SELinuxOptions
  user 1 string
  role 2 string
  type 3 string
  level 4 string

struct WindowsSecurityContextOptions
  gmsaCredentialSpecName 1 *string
  gmsaCredentialSpec 2 *string
  runAsUserName 3 *string
  hostProcess 4 *bool

struct RangeAllocation
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  range 2 string always required
  data 3 bytes always required

struct Sysctl
  name 1 string always required
  value 2 string always required

struct PortStatus
  port 1 int32 always required
  protocol 2 Protocol always required
  error 3 *string

alias LoadBalancerIPMode string

struct ImageVolumeSource
  reference 1 string
  pullPolicy 2 PullPolicy

struct NodeAllocatableResourceClaimStatus
  resourceClaimName 1 string always required
  containers 2 []string set
  resources 3 map[quantity] always required
`;
