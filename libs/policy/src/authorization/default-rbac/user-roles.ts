import { aggregatedRole, clusterRole, type RoleObject, read, readWrite, rule, urls, write } from './notation.ts';

// Kubernetes documentation, "Using RBAC Authorization", "Default roles and role bindings"; rules as published for 1.36.

const aggregateToAdmin = clusterRole(
  'system:aggregate-to-admin',
  [rule('create', 'authorization.k8s.io', 'localsubjectaccessreviews'), rule(readWrite, 'rbac.authorization.k8s.io', 'rolebindings roles')],
  'admin',
);

const aggregateToEdit = clusterRole(
  'system:aggregate-to-edit',
  [
    rule(read, 'core', 'pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy'),
    rule('impersonate', 'core', 'serviceaccounts'),
    rule(write, 'core', 'pods pods/attach pods/exec pods/portforward pods/proxy'),
    rule('create', 'core', 'pods/eviction'),
    rule(
      write,
      'core',
      'configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy',
    ),
    rule('create', 'core', 'serviceaccounts/token'),
    rule(
      write,
      'apps',
      'daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale',
    ),
    rule(write, 'autoscaling', 'horizontalpodautoscalers'),
    rule(write, 'batch', 'cronjobs jobs'),
    rule(
      write,
      'extensions',
      'daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets replicasets/scale replicationcontrollers/scale',
    ),
    rule(write, 'policy', 'poddisruptionbudgets'),
    rule(write, 'networking.k8s.io', 'ingresses networkpolicies'),
    rule(readWrite, 'coordination.k8s.io', 'leases'),
  ],
  'edit',
);

const aggregateToView = clusterRole(
  'system:aggregate-to-view',
  [
    rule(
      read,
      'core',
      'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status',
    ),
    rule(
      read,
      'core',
      'bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status',
    ),
    rule(read, 'core', 'namespaces'),
    rule(read, 'discovery.k8s.io', 'endpointslices'),
    rule(
      read,
      'apps',
      'controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status',
    ),
    rule(read, 'autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status'),
    rule(read, 'batch', 'cronjobs cronjobs/status jobs jobs/status'),
    rule(
      read,
      'extensions',
      'daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale',
    ),
    rule(read, 'policy', 'poddisruptionbudgets poddisruptionbudgets/status'),
    rule(read, 'networking.k8s.io', 'ingresses ingresses/status networkpolicies'),
  ],
  'view',
);

/** As metrics-server brings it along. */
const aggregatedMetricsReader = clusterRole('system:aggregated-metrics-reader', [rule(read, 'metrics.k8s.io', 'pods nodes')], 'view');

const probes = '/healthz /livez /readyz /version /version/';

/** What people are given: everything, a namespace, its content, a look at it, and the little that everybody may. */
export const userRoles: readonly RoleObject[] = [
  clusterRole('cluster-admin', [rule('*', '*', '*'), urls('*', '*')]),
  aggregatedRole('admin'),
  aggregatedRole('edit', 'admin'),
  aggregatedRole('view', 'edit'),
  aggregateToAdmin,
  aggregateToEdit,
  aggregateToView,
  aggregatedMetricsReader,
  clusterRole('system:discovery', [urls('get', `${probes} /api /api/* /apis /apis/* /openapi /openapi/*`)]),
  clusterRole('system:basic-user', [
    rule('create', 'authorization.k8s.io', 'selfsubjectaccessreviews selfsubjectrulesreviews'),
    rule('create', 'authentication.k8s.io', 'selfsubjectreviews'),
  ]),
  clusterRole('system:public-info-viewer', [urls('get', probes)]),
  clusterRole('system:monitoring', [urls('get', '/healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/*')]),
  clusterRole('system:service-account-issuer-discovery', [urls('get', '/.well-known/openid-configuration /openid/v1/jwks')]),
];
