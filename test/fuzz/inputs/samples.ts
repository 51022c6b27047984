import { kinds } from '#kinds';
import type { KindDefinition } from '#kinds/contract';
import type { Json } from './objects.ts';

/** Names that inputs share, so that they meet the same objects again. */
export const names = ['a', 'b', 'web-0'] as const;
const template: Json = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'img:1' }] } };
const selector: Json = { matchLabels: { app: 'web' } };
const subjects = [{ kind: 'ServiceAccount', name: 'a', namespace: 'default' }];

/** A small good object of kinds that have more than metadata, without its name. */
const bodies: Readonly<Record<string, Json>> = {
  ConfigMap: { data: { a: 'b', c: 'd' } },
  Secret: { stringData: { a: 'b' }, type: 'Opaque' },
  Event: {
    involvedObject: { namespace: 'default', name: 'a', kind: 'Pod' },
    reason: 'Started',
    message: 'it did',
    type: 'Normal',
    source: { component: 'x' },
  },
  Endpoints: { subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ name: 'http', port: 80 }] }] },
  EndpointSlice: {
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: true } }],
    ports: [{ name: 'http', port: 80 }],
  },
  LimitRange: { spec: { limits: [{ type: 'Container', default: { cpu: '1' } }] } },
  ResourceQuota: { spec: { hard: { pods: '100', 'requests.cpu': '10' } } },
  Pod: {
    metadata: { labels: { app: 'web' }, annotations: { note: 'x' } },
    spec: {
      initContainers: [{ name: 'i', image: 'img:1', command: ['true'] }],
      containers: [
        {
          name: 'c',
          image: 'img:1',
          env: [
            { name: 'A', value: '$(B)' },
            { name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          ],
          ports: [{ containerPort: 80 }],
          resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { memory: '2Gi' } },
          volumeMounts: [{ name: 'v', mountPath: '/v' }],
          readinessProbe: { httpGet: { port: 80 } },
        },
      ],
      volumes: [{ name: 'v', emptyDir: {} }],
      tolerations: [{ key: 'x', operator: 'Exists' }],
      topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: selector }],
      affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'host', labelSelector: selector }] } },
    },
  },
  PodTemplate: { template },
  Service: { spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }] } },
  Node: { spec: { taints: [{ key: 'x', effect: 'NoSchedule' }] } },
  ReplicationController: { spec: { replicas: 1, selector: { app: 'web' }, template } },
  ReplicaSet: { spec: { replicas: 1, selector, template } },
  Deployment: { spec: { replicas: 2, selector, template, strategy: { rollingUpdate: { maxSurge: '25%', maxUnavailable: 1 } } } },
  StatefulSet: { spec: { replicas: 1, selector, serviceName: 'a', template } },
  DaemonSet: { spec: { selector, template } },
  Lease: { spec: { holderIdentity: 'x', leaseDurationSeconds: 15 } },
  NetworkPolicy: { spec: { podSelector: selector, ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }] }] } },
  PodDisruptionBudget: { spec: { minAvailable: '50%', selector } },
  PriorityClass: { value: 10 },
  Role: { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
  ClusterRole: { rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] },
  RoleBinding: { subjects, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'a' } },
  ClusterRoleBinding: { subjects, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' } },
  TokenReview: { spec: { token: 'x' } },
  SubjectAccessReview: { spec: { user: 'a', resourceAttributes: { verb: 'get', resource: 'pods' } } },
  LocalSubjectAccessReview: {
    metadata: { namespace: 'default' },
    spec: { user: 'a', resourceAttributes: { namespace: 'default', verb: 'get', resource: 'pods' } },
  },
  SelfSubjectAccessReview: { spec: { nonResourceAttributes: { verb: 'get', path: '/' } } },
  SelfSubjectRulesReview: { spec: { namespace: 'default' } },
  Binding: { target: { kind: 'Node', name: 'a' } },
  ControllerRevision: { revision: 1, data: { a: 1 } },
};

export interface Sample {
  kind: KindDefinition;
  /** Where it is created. */
  collection: string;
  object: (name: string) => Json;
}

/** One of every kind that is served, whatever their number. */
export const samples: readonly Sample[] = kinds.map((kind) => {
  const { group, version } = kind.gvk;
  const base = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const collection = `${base}${kind.scope === 'Namespaced' ? '/namespaces/default' : ''}/${kind.names.plural}`;
  const body = bodies[kind.gvk.kind] ?? {};
  const metadata = (body['metadata'] as Json | undefined) ?? {};
  return {
    kind,
    collection,
    object: (name) => ({
      apiVersion: group === '' ? version : `${group}/${version}`,
      kind: kind.gvk.kind,
      ...structuredClone(body),
      metadata: { name, ...structuredClone(metadata) },
    }),
  };
});
