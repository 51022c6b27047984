import { controllerRoles } from './controller-roles.ts';
import { clusterRole, eventsRule, type RoleObject, read, role, rule } from './notation.ts';

const reviews = [rule('create', 'authentication.k8s.io', 'tokenreviews'), rule('create', 'authorization.k8s.io', 'subjectaccessreviews')];
const signerApprover = (name: string): RoleObject =>
  clusterRole(`system:certificates.k8s.io:${name}-approver`, [
    rule('approve', 'certificates.k8s.io', 'signers', [`kubernetes.io/${name}`]),
  ]);

const node = clusterRole('system:node', [
  rule('create', 'authentication.k8s.io', 'tokenreviews'),
  rule('create', 'authorization.k8s.io', 'localsubjectaccessreviews subjectaccessreviews'),
  rule(read, 'core', 'services'),
  rule('create get list watch', 'core', 'nodes'),
  rule('patch update', 'core', 'nodes/status'),
  rule('patch update', 'core', 'nodes'),
  rule('create patch update', 'core', 'events'),
  rule(read, 'core', 'pods'),
  rule('create delete', 'core', 'pods'),
  rule('patch update', 'core', 'pods/status'),
  rule('create', 'core', 'pods/eviction'),
  rule(read, 'core', 'configmaps secrets'),
  rule('get', 'core', 'persistentvolumeclaims persistentvolumes'),
  rule('get', 'core', 'endpoints'),
  rule('create get list watch', 'certificates.k8s.io', 'certificatesigningrequests'),
  rule('create delete get patch update', 'coordination.k8s.io', 'leases'),
  rule('get', 'storage.k8s.io', 'volumeattachments'),
  rule('create', 'core', 'serviceaccounts/token'),
  rule('get patch update', 'core', 'persistentvolumeclaims/status'),
  rule(read, 'storage.k8s.io', 'csidrivers'),
  rule('create delete get patch update', 'storage.k8s.io', 'csinodes'),
  rule(read, 'node.k8s.io', 'runtimeclasses'),
]);

const scheduler = clusterRole('system:kube-scheduler', [
  eventsRule(),
  rule('create', 'coordination.k8s.io', 'leases'),
  rule('get update', 'coordination.k8s.io', 'leases', ['kube-scheduler']),
  rule(read, 'core', 'nodes'),
  rule('delete get list watch', 'core', 'pods'),
  rule('create', 'core', 'bindings pods/binding'),
  rule('patch update', 'core', 'pods/status'),
  rule(read, 'core', 'replicationcontrollers services'),
  rule(read, 'apps extensions', 'replicasets'),
  rule(read, 'apps', 'statefulsets'),
  rule(read, 'policy', 'poddisruptionbudgets'),
  rule(read, 'core', 'persistentvolumeclaims persistentvolumes'),
  ...reviews,
  rule(read, 'storage.k8s.io', 'csinodes'),
  rule(read, 'core', 'namespaces'),
  rule(read, 'storage.k8s.io', 'csidrivers'),
  rule(read, 'storage.k8s.io', 'csistoragecapacities'),
  rule(read, 'storage.k8s.io', 'volumeattachments'),
]);

const controllerManager = clusterRole('system:kube-controller-manager', [
  eventsRule(),
  rule('create', 'coordination.k8s.io', 'leases'),
  rule('get update', 'coordination.k8s.io', 'leases', ['kube-controller-manager']),
  rule('create', 'core', 'secrets serviceaccounts'),
  rule('delete', 'core', 'secrets'),
  rule('get', 'core', 'configmaps namespaces secrets serviceaccounts'),
  rule('update', 'core', 'secrets serviceaccounts'),
  ...reviews,
  rule('list watch', '*', '*'),
  rule('create', 'core', 'serviceaccounts/token'),
]);

const upstream: readonly RoleObject[] = [
  clusterRole('system:auth-delegator', reviews),
  signerApprover('kube-apiserver-client'),
  signerApprover('kube-apiserver-client-kubelet'),
  signerApprover('kubelet-serving'),
  signerApprover('legacy-unknown'),
  clusterRole('system:certificates.k8s.io:certificatesigningrequests:nodeclient', [
    rule('create', 'certificates.k8s.io', 'certificatesigningrequests/nodeclient'),
  ]),
  clusterRole('system:certificates.k8s.io:certificatesigningrequests:selfnodeclient', [
    rule('create', 'certificates.k8s.io', 'certificatesigningrequests/selfnodeclient'),
  ]),
  clusterRole('system:heapster', [rule(read, 'core', 'events namespaces nodes pods'), rule(read, 'extensions', 'deployments')]),
  clusterRole('system:kube-aggregator', [rule(read, 'core', 'endpoints services')]),
  clusterRole('system:kube-dns', [rule('list watch', 'core', 'endpoints services')]),
  clusterRole('system:kubelet-api-admin', [
    rule(read, 'core', 'nodes'),
    rule('proxy', 'core', 'nodes'),
    rule('*', 'core', 'nodes/configz nodes/healthz nodes/log nodes/metrics nodes/pods nodes/proxy nodes/stats'),
  ]),
  clusterRole('system:node-bootstrapper', [rule('create get list watch', 'certificates.k8s.io', 'certificatesigningrequests')]),
  clusterRole('system:node-problem-detector', [rule('get', 'core', 'nodes'), rule('patch', 'core', 'nodes/status'), eventsRule()]),
  clusterRole('system:node-proxier', [
    rule('list watch', 'core', 'endpoints services'),
    rule(read, 'core', 'nodes'),
    eventsRule(),
    rule('list watch', 'discovery.k8s.io', 'endpointslices'),
    rule('list watch', 'networking.k8s.io', 'servicecidrs'),
  ]),
  clusterRole('system:persistent-volume-provisioner', [
    rule('create delete get list watch', 'core', 'persistentvolumes'),
    rule('get list update watch', 'core', 'persistentvolumeclaims'),
    rule(read, 'storage.k8s.io', 'storageclasses'),
    rule('watch', 'core', 'events'),
    eventsRule(),
  ]),
  clusterRole('system:volume-scheduler', [
    rule('get list patch update watch', 'core', 'persistentvolumes'),
    rule(read, 'storage.k8s.io', 'storageclasses'),
    rule('get list patch update watch', 'core', 'persistentvolumeclaims'),
  ]),
  node,
  scheduler,
  controllerManager,
];

const leaderLease = (component: string): RoleObject =>
  role('kube-system', `system::leader-locking-${component}`, [
    rule('watch', 'core', 'configmaps'),
    rule('get update', 'core', 'configmaps', [component]),
    rule('get list watch create update patch', 'coordination.k8s.io', 'leases'),
  ]);

/** What Berth's parts need beyond upstream's, because they do more than their namesakes. */
const own: readonly RoleObject[] = [
  // All controllers of the process share one identity: the process's own client certificate.
  clusterRole(
    'berth:controllers',
    controllerRoles.flatMap(({ rules }) => rules ?? []),
  ),
  // The service proxy of a node is its cluster DNS as well, which tells a namespace that has no such service from one that is not there, and
  // keeps NetworkPolicies, which choose pods of the whole cluster by their labels and those of their namespaces. It serves Ingresses as well.
  clusterRole('berth:node-network', [
    rule(read, 'core', 'namespaces'),
    rule('list watch', 'core', 'pods'),
    rule('list watch', 'networking.k8s.io', 'networkpolicies ingresses ingressclasses'),
  ]),
];

export const componentRoles: readonly RoleObject[] = [...upstream, ...own];

const signer = 'system:controller:bootstrap-signer';

export const namespacedRoles: readonly RoleObject[] = [
  role('kube-system', signer, [rule(read, 'core', 'secrets')]),
  role('kube-public', signer, [rule(read, 'core', 'configmaps'), rule('update', 'core', 'configmaps', ['cluster-info']), eventsRule()]),
  role('kube-system', 'system:controller:token-cleaner', [rule('get list watch delete', 'core', 'secrets'), eventsRule()]),
  // kubeadm's: whoever joins reads where the cluster is before it can show who it is.
  role('kube-public', 'kubeadm:bootstrap-signer-clusterinfo', [rule('get', 'core', 'configmaps', ['cluster-info'])]),
  role('kube-system', 'extension-apiserver-authentication-reader', [
    rule(read, 'core', 'configmaps', ['extension-apiserver-authentication']),
  ]),
  leaderLease('kube-controller-manager'),
  leaderLease('kube-scheduler'),
];
