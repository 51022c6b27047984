import { clusterRole, eventsRule, type PolicyRule, type RoleObject, read, rule } from './notation.ts';

const own = (apiGroups: string, resource: string, verbs = 'get list watch update'): PolicyRule[] => [
  rule(verbs, apiGroups, resource),
  rule('update', apiGroups, `${resource}/status`),
  rule('update', apiGroups, `${resource}/finalizers`),
];
const pods = (verbs: string): PolicyRule => rule(verbs, 'core', 'pods');
const slices = rule('get list watch create update delete', 'discovery.k8s.io', 'endpointslices');

/** Each controller by upstream's name, and what it may do. */
const controllers: Readonly<Record<string, PolicyRule[]>> = {
  'clusterrole-aggregation-controller': [rule('escalate get list watch update patch', 'rbac.authorization.k8s.io', 'clusterroles')],
  'cronjob-controller': [
    ...own('batch', 'cronjobs'),
    rule('get list watch create update delete patch', 'batch', 'jobs'),
    pods('list watch delete'),
    eventsRule(),
  ],
  'daemon-set-controller': [
    ...own('extensions apps', 'daemonsets', read),
    rule('list watch', 'core', 'nodes'),
    pods('list watch create delete patch'),
    rule('create', 'core', 'pods/binding'),
    rule('get list watch create delete update patch', 'apps', 'controllerrevisions'),
    eventsRule(),
  ],
  'deployment-controller': [
    ...own('extensions apps', 'deployments'),
    rule('get list watch create update patch delete', 'apps extensions', 'replicasets'),
    pods('get list watch update'),
    eventsRule(),
  ],
  'disruption-controller': [
    rule(read, 'extensions apps', 'deployments'),
    rule(read, 'apps extensions', 'replicasets'),
    rule(read, 'core', 'replicationcontrollers'),
    rule(read, 'policy', 'poddisruptionbudgets'),
    rule(read, 'apps', 'statefulsets'),
    rule('update', 'policy', 'poddisruptionbudgets/status'),
    rule('patch update', 'core', 'pods/status'),
    rule('get', '*', '*/scale'),
    eventsRule(),
  ],
  'endpoint-controller': [
    rule(read, 'core', 'services pods'),
    rule('get list watch create update delete', 'core', 'endpoints'),
    rule('create', 'core', 'endpoints/restricted'),
    eventsRule(),
  ],
  'endpointslice-controller': [
    rule(read, 'core', 'services pods nodes'),
    rule('update', 'core', 'services/finalizers'),
    slices,
    eventsRule(),
  ],
  'endpointslicemirroring-controller': [
    rule(read, 'core', 'services endpoints'),
    rule('update', 'core', 'services/finalizers'),
    rule('update', 'core', 'endpoints/finalizers'),
    slices,
    eventsRule(),
  ],
  'ephemeral-volume-controller': [
    pods('get list watch'),
    rule('update', 'core', 'pods/finalizers'),
    rule('get list watch create', 'core', 'persistentvolumeclaims'),
    eventsRule(),
  ],
  'expand-controller': [
    rule('get list watch update patch', 'core', 'persistentvolumes'),
    rule('patch update', 'core', 'persistentvolumeclaims/status'),
    rule(read, 'core', 'persistentvolumeclaims'),
    rule(read, 'storage.k8s.io', 'storageclasses'),
    eventsRule(),
  ],
  'generic-garbage-collector': [rule('get list watch patch update delete', '*', '*'), eventsRule()],
  'horizontal-pod-autoscaler': [
    rule(read, 'autoscaling', 'horizontalpodautoscalers'),
    rule('update', 'autoscaling', 'horizontalpodautoscalers/status'),
    rule('get update', '*', '*/scale'),
    pods('list watch'),
    rule('list watch', 'metrics.k8s.io', 'pods'),
    rule(read, 'custom.metrics.k8s.io', '*'),
    rule(read, 'external.metrics.k8s.io', '*'),
    eventsRule(),
  ],
  'job-controller': [...own('batch', 'jobs', 'get list watch update patch'), pods('list watch create delete patch'), eventsRule()],
  'namespace-controller': [
    rule('get list watch delete', 'core', 'namespaces'),
    rule('update', 'core', 'namespaces/finalize namespaces/status'),
    rule('get list watch delete deletecollection', '*', '*'),
  ],
  'node-controller': [
    rule('get list watch update delete patch', 'core', 'nodes'),
    rule('patch update', 'core', 'nodes/status'),
    rule('patch update', 'core', 'pods/status'),
    pods('list watch get delete'),
    eventsRule(),
  ],
  'persistent-volume-binder': [
    rule('get list watch update create delete', 'core', 'persistentvolumes'),
    rule('update', 'core', 'persistentvolumes/status'),
    rule('get list watch update', 'core', 'persistentvolumeclaims'),
    rule('update', 'core', 'persistentvolumeclaims/status'),
    pods('list watch get create delete'),
    rule(read, 'storage.k8s.io', 'storageclasses'),
    rule('list watch', 'core', 'nodes'),
    eventsRule(),
    rule('watch', 'core', 'events'),
    rule('get', 'core', 'services'),
  ],
  'pod-garbage-collector': [pods('list watch delete'), rule(read, 'core', 'nodes'), rule('patch', 'core', 'pods/status')],
  'pv-protection-controller': [rule('get list watch update', 'core', 'persistentvolumes'), eventsRule()],
  'pvc-protection-controller': [rule('get list watch update', 'core', 'persistentvolumeclaims'), pods('list watch get'), eventsRule()],
  'replicaset-controller': [...own('apps extensions', 'replicasets'), pods('list watch patch create delete'), eventsRule()],
  'replication-controller': [...own('core', 'replicationcontrollers'), pods('list watch patch create delete'), eventsRule()],
  'resourcequota-controller': [rule('list watch', '*', '*'), rule('update', 'core', 'resourcequotas/status'), eventsRule()],
  'root-ca-cert-publisher': [rule('create update', 'core', 'configmaps'), eventsRule()],
  'service-account-controller': [rule('create', 'core', 'serviceaccounts'), eventsRule()],
  'service-controller': [
    rule(read, 'core', 'services'),
    rule('patch update', 'core', 'services/status'),
    rule('list watch', 'core', 'nodes'),
    eventsRule(),
  ],
  'statefulset-controller': [
    pods('list watch'),
    ...own('apps', 'statefulsets', read),
    pods('get create delete update patch'),
    rule('get create delete update patch list watch', 'apps', 'controllerrevisions'),
    rule('get create list watch', 'core', 'persistentvolumeclaims'),
    rule('update delete', 'core', 'persistentvolumeclaims'),
    rule('update', 'core', 'pods/finalizers'),
    eventsRule(),
  ],
  'ttl-after-finished-controller': [rule('get list watch delete', 'batch', 'jobs'), eventsRule()],
};

export const controllerRoles: readonly RoleObject[] = Object.entries(controllers).map(([name, rules]) =>
  clusterRole(`system:controller:${name}`, rules),
);
