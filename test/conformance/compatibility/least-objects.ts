const metadata = { name: 'least' };
const selector = { matchLabels: { a: 'b' } };
const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
const once = { spec: { ...template.spec, restartPolicy: 'Never' } };
const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };
const access = { resourceAttributes: { namespace: 'default', verb: 'get', resource: 'pods' } };
const involved = { kind: 'Pod', namespace: 'default', name: 'p' };

/** A request that its key has signed, in PEM, as base64. */
const request = [
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIZU1JR0ZBZ0VBTUNNeEVEQU9CZ05WQkFvTUIyVjRZVzF3YkdVeER6QU5CZ05WQkFNTUJt',
  'OXlZV05zWlRCWgpNQk1HQnlxR1NNNDlBZ0VHQ0NxR1NNNDlBd0VIQTBJQUJKV2FTbm5CQWZUbWhTNk5DSkdnb3pkaFdLZDU2MnZsCnRIbnVieGVFYkMvbWlo',
  'U2RTV3Z2ZlVtVlkrdFRWeXA2NWpHY2x0cjdxQlYvV0JwbnJ4YWNpVGVnQURBS0JnZ3EKaGtqT1BRUURBZ05JQURCRkFpRUExUWRMQ2U4WFhxejhBQUZRN1Y0',
  'bWw5azZXdU9vblhoR1hmRHFRYlJ4bjJjQwpJRnpMMTJaOGVCR2R4Vit4amJ6N0N4SmxIS2RZT0dTMDNKOVZoSFg2MFJ6MwotLS0tLUVORCBDRVJUSUZJQ0FU',
  'RSBSRVFVRVNULS0tLS0K',
].join('');

/** The least that each served kind can be made of. A kind without a line is an object with a name. */
export const leastObjects: Readonly<Record<string, object>> = {
  Binding: { metadata: { name: 'least' }, target: { kind: 'Node', name: 'n' } },
  Pod: { metadata, spec: template.spec },
  PodTemplate: { metadata, template },
  ReplicationController: { metadata, spec: { selector: { a: 'b' }, template } },
  Service: { metadata, spec: { ports: [{ port: 80 }] } },
  'v1 Event': { metadata, involvedObject: involved, reason: 'R', message: 'm', type: 'Normal' },
  'events.k8s.io/v1 Event': {
    metadata: { name: 'least-2' },
    regarding: involved,
    reason: 'R',
    note: 'm',
    type: 'Normal',
    action: 'A',
    reportingController: 'example.com/c',
    reportingInstance: 'c-1',
    eventTime: '2026-01-01T00:00:00.000000Z',
  },
  ControllerRevision: { metadata, revision: 1, data: { a: 'b' } },
  DaemonSet: { metadata, spec: { selector, template } },
  Deployment: { metadata, spec: { selector, template } },
  ReplicaSet: { metadata, spec: { selector, template } },
  StatefulSet: { metadata, spec: { selector, template } },
  TokenReview: { spec: { token: 't' } },
  SelfSubjectReview: {},
  LocalSubjectAccessReview: { metadata: { namespace: 'default' }, spec: { ...access, user: 'u' } },
  SelfSubjectAccessReview: { spec: access },
  SelfSubjectRulesReview: { spec: { namespace: 'default' } },
  SubjectAccessReview: { spec: { ...access, user: 'u' } },
  'autoscaling/v2 HorizontalPodAutoscaler': {
    metadata,
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }, maxReplicas: 1 },
  },
  'autoscaling/v1 HorizontalPodAutoscaler': {
    metadata: { name: 'least-1' },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }, maxReplicas: 1 },
  },
  CronJob: { metadata, spec: { schedule: '@hourly', jobTemplate: { spec: { template: once } } } },
  Job: { metadata, spec: { template: once } },
  EndpointSlice: { metadata, addressType: 'IPv4' },
  Ingress: { metadata, spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } } } },
  IngressClass: { metadata, spec: { controller: 'example.com/c' } },
  IPAddress: { metadata: { name: '192.0.2.1' }, spec: { parentRef: { resource: 'services', namespace: 'default', name: 's' } } },
  ServiceCIDR: { metadata, spec: { cidrs: ['192.0.2.0/24'] } },
  NetworkPolicy: { metadata, spec: { podSelector: {} } },
  CertificateSigningRequest: { metadata, spec: { request, signerName: 'example.com/s', usages: ['client auth'] } },
  RuntimeClass: { metadata, handler: 'crun' },
  PodDisruptionBudget: { metadata, spec: { minAvailable: 1, selector } },
  ClusterRoleBinding: { metadata, roleRef },
  RoleBinding: { metadata, roleRef },
  PriorityClass: { metadata, value: 1 },
  PersistentVolume: { metadata, spec: { capacity: { storage: '1' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } } },
  PersistentVolumeClaim: { metadata, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1' } } } },
  StorageClass: { metadata, provisioner: 'example.com/p' },
  CSIDriver: { metadata, spec: {} },
  CSINode: { metadata, spec: { drivers: [] } },
  CSIStorageCapacity: { metadata, storageClassName: 'c' },
  VolumeAttachment: { metadata, spec: { attacher: 'example.com', nodeName: 'n', source: { persistentVolumeName: 'p' } } },
  VolumeAttributesClass: { metadata, driverName: 'example.com', parameters: { a: 'b' } },
};
