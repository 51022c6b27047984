import { componentRoles, namespacedRoles } from './component-roles.ts';
import { controllerRoles } from './controller-roles.ts';
import { type BindingObject, clusterBinding, group, type RoleObject, roleBinding, serviceAccount, user } from './notation.ts';
import { userRoles } from './user-roles.ts';

const controllerPrefix = 'system:controller:';
const everybody = [group('system:authenticated'), group('system:unauthenticated')];
const requests = 'system:certificates.k8s.io:certificatesigningrequests';
const nodeTokens = group('system:bootstrappers:kubeadm:default-node-token');
const scheduler = user('system:kube-scheduler');
const kubeProxy = user('system:kube-proxy');
const controllerManager = user('system:kube-controller-manager');

/** A binding of the same name as its role. */
const bound = (name: string, ...subjects: Parameters<typeof clusterBinding>[2]): BindingObject => clusterBinding(name, name, subjects);

const bindings: readonly BindingObject[] = [
  bound('cluster-admin', group('system:masters')),
  bound('system:monitoring', group('system:monitoring')),
  bound('system:discovery', group('system:authenticated')),
  bound('system:basic-user', group('system:authenticated')),
  bound('system:public-info-viewer', ...everybody),
  bound('system:node-proxier', kubeProxy),
  bound('system:kube-controller-manager', controllerManager),
  bound('system:kube-dns', serviceAccount('kube-system', 'kube-dns')),
  bound('system:kube-scheduler', scheduler),
  bound('system:volume-scheduler', scheduler),
  // Nodes get these rules from the node authorizer, which knows what is theirs: bound to nobody here.
  bound('system:node'),
  bound('system:service-account-issuer-discovery', group('system:serviceaccounts')),
  ...controllerRoles.map((role) => {
    const name = role.metadata.name ?? '';
    return bound(name, serviceAccount('kube-system', name.slice(controllerPrefix.length)));
  }),
  bound('berth:controllers', controllerManager),
  bound('berth:node-network', kubeProxy),
  clusterBinding('berth:registry', 'system:auth-delegator', [user('berth:registry')]),
  roleBinding('kube-system', 'system::extension-apiserver-authentication-reader', 'extension-apiserver-authentication-reader', [
    controllerManager,
    scheduler,
  ]),
  ...[
    { namespace: 'kube-system', name: 'bootstrap-signer' },
    { namespace: 'kube-public', name: 'bootstrap-signer' },
    { namespace: 'kube-system', name: 'token-cleaner' },
  ].map(({ namespace, name }) => {
    const subjects = [serviceAccount('kube-system', name), controllerManager];
    return roleBinding(namespace, controllerPrefix + name, controllerPrefix + name, subjects);
  }),
  // kubeadm's names and groups: tokens that it would make let nodes in here too ("TLS bootstrapping").
  roleBinding('kube-public', 'kubeadm:bootstrap-signer-clusterinfo', 'kubeadm:bootstrap-signer-clusterinfo', [user('system:anonymous')]),
  clusterBinding('kubeadm:kubelet-bootstrap', 'system:node-bootstrapper', [nodeTokens]),
  clusterBinding('kubeadm:node-autoapprove-bootstrap', `${requests}:nodeclient`, [nodeTokens]),
  clusterBinding('kubeadm:node-autoapprove-certificate-rotation', `${requests}:selfnodeclient`, [group('system:nodes')]),
  ...[
    { component: 'kube-controller-manager', subject: controllerManager },
    { component: 'kube-scheduler', subject: scheduler },
  ].map(({ component, subject }) =>
    roleBinding('kube-system', `system::leader-locking-${component}`, `system::leader-locking-${component}`, [
      subject,
      serviceAccount('kube-system', component),
    ]),
  ),
];

export const defaultRoles: readonly RoleObject[] = [...userRoles, ...componentRoles, ...controllerRoles, ...namespacedRoles];
export const defaultBindings: readonly BindingObject[] = bindings;
