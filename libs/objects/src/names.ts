/*
 * Labels, annotations and taints that more than one file knows: Kubernetes, "Well-Known Labels, Annotations and Taints". A name that
 * only one file reads or writes stands there.
 */

export const nodeLabels = {
  arch: 'kubernetes.io/arch',
  os: 'kubernetes.io/os',
  hostname: 'kubernetes.io/hostname',
  zone: 'topology.kubernetes.io/zone',
  region: 'topology.kubernetes.io/region',
  instanceType: 'node.kubernetes.io/instance-type',
} as const;

/** Names that node labels had before, and the ones that they have. */
export const oldNodeLabels = {
  'beta.kubernetes.io/arch': nodeLabels.arch,
  'beta.kubernetes.io/os': nodeLabels.os,
  'beta.kubernetes.io/instance-type': nodeLabels.instanceType,
  'failure-domain.beta.kubernetes.io/zone': nodeLabels.zone,
  'failure-domain.beta.kubernetes.io/region': nodeLabels.region,
} as const;

export const taintKeys = {
  notReady: 'node.kubernetes.io/not-ready',
  unreachable: 'node.kubernetes.io/unreachable',
  unschedulable: 'node.kubernetes.io/unschedulable',
  memoryPressure: 'node.kubernetes.io/memory-pressure',
  diskPressure: 'node.kubernetes.io/disk-pressure',
  pidPressure: 'node.kubernetes.io/pid-pressure',
  networkUnavailable: 'node.kubernetes.io/network-unavailable',
  outOfService: 'node.kubernetes.io/out-of-service',
} as const;

/** discovery.k8s.io/v1, `LabelServiceName`: whose endpoints a slice holds. */
export const serviceNameLabel = 'kubernetes.io/service-name';
/** discovery.k8s.io/v1, `LabelManagedBy`: who writes a slice. */
export const sliceManagedByLabel = 'endpointslice.kubernetes.io/managed-by';
/** discovery.k8s.io/v1, `LabelSkipMirror`: Endpoints that no slice mirrors. */
export const skipMirrorLabel = 'endpointslice.kubernetes.io/skip-mirror';

/** On what the API shows of a static pod: the file's digest. */
export const mirrorPodAnnotation = 'kubernetes.io/config.mirror';
/** On a pod as its node has it: where it comes from (`api`, `file`). */
export const podSourceAnnotation = 'kubernetes.io/config.source';
export const podDeletionCostAnnotation = 'controller.kubernetes.io/pod-deletion-cost';

/** Secrets of this type are given a token; the annotations say whose. */
export const tokenSecret = {
  type: 'kubernetes.io/service-account-token',
  nameAnnotation: 'kubernetes.io/service-account.name',
  uidAnnotation: 'kubernetes.io/service-account.uid',
} as const;

/** The ConfigMap that tells who joins where the cluster is. */
export const clusterInfo = { namespace: 'kube-public', name: 'cluster-info' } as const;

/** networking.k8s.io/v1 IngressClass: what `spec.controller` says of the classes that this cluster's own ingress serves. */
export const ingressController = 'berth.dev/ingress';
/** Marks the class of Ingresses that name none: networking/v1, `AnnotationIsDefaultIngressClass`. */
export const defaultIngressClassAnnotation = 'ingressclass.kubernetes.io/is-default-class';
/** How Ingresses named their class before `ingressClassName`: networking/v1beta1, `AnnotationIngressClass`. */
export const ingressClassAnnotation = 'kubernetes.io/ingress.class';
