import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '#api';
import type { ResourceService, WriteRequest } from '#api-server/contract';
import { forbiddenBy } from '#api-server';
import { FakeView, narrowing } from '#api-server/testing';
import type { AuthorizationAttributes, UserInfo } from '#kinds/contract';
import { silentLogger } from '#telemetry';
import type { BindingObject, PolicyRule, RoleObject, Subject } from './default-rbac/notation.ts';
import { createAuthorizer, defaultRbac, reconcileDefaultRbac, refusalOfGrant, startRoleAggregation, uncovered } from './index.ts';

const rbac = 'rbac.authorization.k8s.io/v1';
const user = (username: string, ...groups: string[]): UserInfo => ({ username, groups: [...groups, 'system:authenticated'] });
const node = (name: string): UserInfo => user(`system:node:${name}`, 'system:nodes');
const account = (namespace: string, name: string): UserInfo =>
  user(`system:serviceaccount:${namespace}:${name}`, 'system:serviceaccounts', `system:serviceaccounts:${namespace}`);

/** `verb resource[/subresource][.group][@namespace][=name][?fieldSelector][&labelSelector]` or `verb /path`. */
const asking = (text: string): AuthorizationAttributes => {
  const [verb = '', target = ''] = text.split(/ (.*)/);
  const [, what = '', fieldSelector, labelSelector] = /^([^?&]*)(?:\?([^&]*))?(?:&(.*))?$/.exec(target) ?? [];
  if (what.startsWith('/')) return { verb, group: '', resource: '', nonResourcePath: what };
  const [, resource = '', subresource, group = '', namespace, name] =
    /^([a-z*]+)(?:\/([a-z]+))?(?:\.([a-z.0-9]+))?(?:@([a-z-]+))?(?:=(.+))?$/.exec(what) ?? [];
  return {
    verb,
    group,
    version: 'v1',
    resource,
    ...(subresource && { subresource }),
    ...(namespace && { namespace }),
    ...(name && { name }),
    ...narrowing({ fieldSelector, labelSelector }),
  };
};

const role = (kind: 'Role' | 'ClusterRole', name: string, rules: PolicyRule[], metadata: object = {}): RoleObject => ({
  apiVersion: rbac,
  kind,
  metadata: { name, ...(kind === 'Role' && { namespace: 'dev' }), ...metadata },
  rules,
});
const binding = (
  kind: string,
  roleRef: { kind: string; name: string },
  subjects: Subject[],
  metadata: { name: string; namespace?: string },
): KubeObject => ({ apiVersion: rbac, kind, metadata, roleRef, subjects }) as KubeObject;
const bob: Subject = { kind: 'User', name: 'bob' };

describe('RBAC', () => {
  const view = new FakeView(
    role('Role', 'reader', [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods', 'pods/log'] }]),
    role('Role', 'one-secret', [{ verbs: ['get'], apiGroups: [''], resources: ['secrets'], resourceNames: ['db'] }]),
    role('ClusterRole', 'scaler', [{ verbs: ['*'], apiGroups: ['*'], resources: ['*/scale'] }]),
    role('ClusterRole', 'metrics', [{ verbs: ['get'], nonResourceURLs: ['/metrics', '/debug/*'] }]),
    binding('RoleBinding', { kind: 'Role', name: 'reader' }, [bob, { kind: 'ServiceAccount', name: 'app' }], {
      name: 'a',
      namespace: 'dev',
    }),
    binding('RoleBinding', { kind: 'Role', name: 'one-secret' }, [bob], { name: 'b', namespace: 'dev' }),
    binding('RoleBinding', { kind: 'ClusterRole', name: 'scaler' }, [{ kind: 'Group', name: 'ops' }], { name: 'c', namespace: 'dev' }),
    binding('ClusterRoleBinding', { kind: 'ClusterRole', name: 'metrics' }, [{ kind: 'ServiceAccount', name: 'prom', namespace: 'mon' }], {
      name: 'd',
    }),
    binding('ClusterRoleBinding', { kind: 'ClusterRole', name: 'gone' }, [{ kind: 'User', name: 'eve' }], { name: 'e' }),
  );
  const authorizer = createAuthorizer(view);

  it.each<[UserInfo, string, boolean]>([
    [user('root', 'system:masters'), 'delete anything.anywhere', true],
    [user('bob'), 'list pods@dev', true],
    [user('bob'), 'get pods/log@dev=x', true],
    [user('bob'), 'get pods/exec@dev=x', false],
    [user('bob'), 'delete pods@dev=x', false],
    [user('bob'), 'list pods@prod', false],
    [user('bob'), 'list pods', false],
    [user('bob'), 'list pods.metrics.k8s.io@dev', false],
    [user('bob'), 'get secrets@dev=db', true],
    [user('bob'), 'get secrets@dev=other', false],
    [user('bob'), 'list secrets@dev', false],
    [account('dev', 'app'), 'get pods@dev=x', true],
    [account('prod', 'app'), 'get pods@dev=x', false],
    [user('ann', 'ops'), 'update deployments/scale.apps@dev=d', true],
    [user('ann', 'ops'), 'update deployments.apps@dev=d', false],
    [account('mon', 'prom'), 'get /metrics', true],
    [account('mon', 'prom'), 'get /debug/pprof', true],
    [account('mon', 'prom'), 'get /metrics/slis', false],
    [account('mon', 'prom'), 'post /metrics', false],
  ])('%j asks to %s: %s', async (who, what, allowed) => {
    expect((await authorizer.authorize(who, asking(what))).allowed).toBe(allowed);
    expect((await authorizer.authorize(who, asking(what))).allowed).toBe(allowed); // from memory
  });

  it('tells of roles that a binding names and that are not there', async () => {
    expect(await authorizer.authorize(user('eve'), asking('get pods'))).toEqual({
      allowed: false,
      reason: 'RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found',
    });
  });

  it('sees changes of roles and bindings at once', async () => {
    const changing = new FakeView();
    const on = createAuthorizer(changing);
    const ask = async (): Promise<boolean> => (await on.authorize(user('bob'), asking('list pods@dev'))).allowed;
    expect(await ask()).toBe(false);
    const given = binding('RoleBinding', { kind: 'Role', name: 'reader' }, [bob], { name: 'a', namespace: 'dev' });
    changing.put(given, role('Role', 'reader', [{ verbs: ['list'], apiGroups: [''], resources: ['pods'] }]));
    expect(await ask()).toBe(true);
    changing.remove(given);
    expect(await ask()).toBe(false);
  });
});

describe('refusals', () => {
  it.each([
    {
      what: 'list pods@default',
      says: 'pods is forbidden: User "x" cannot list resource "pods" in API group "" in the namespace "default"',
    },
    { what: 'get nodes=n', says: 'nodes "n" is forbidden: User "x" cannot get resource "nodes" in API group "" at the cluster scope' },
    {
      what: 'create deployments/scale.apps@a=d',
      says: 'deployments.apps "d" is forbidden: User "x" cannot create resource "deployments/scale" in API group "apps" in the namespace "a"',
    },
    { what: 'get /metrics', says: 'forbidden: User "x" cannot get path "/metrics"' },
  ])('$says', ({ what, says }) => {
    const { status } = forbiddenBy(user('x'), asking(what), '');
    expect(status).toMatchObject({ code: 403, reason: 'Forbidden', message: says });
    expect(forbiddenBy(user('x'), asking(what), 'because').message).toBe(`${says}: because`);
  });
});

describe('default roles', () => {
  const authorizer = createAuthorizer(new FakeView(...defaultRbac));
  const withView = (name: string): KubeObject =>
    binding('RoleBinding', { kind: 'ClusterRole', name }, [{ kind: 'User', name }], { name, namespace: 'dev' });
  const people = createAuthorizer(new FakeView(...defaultRbac, withView('view'), withView('edit'), withView('admin')));
  const anonymous: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

  it.each<[UserInfo, string, boolean]>([
    [anonymous, 'get /healthz', true],
    [anonymous, 'get /version', true],
    [anonymous, 'get /apis', false],
    [anonymous, 'list pods@default', false],
    [user('someone'), 'get /apis/apps/v1', true],
    [user('someone'), 'create selfsubjectaccessreviews.authorization.k8s.io', true],
    [user('someone'), 'create subjectaccessreviews.authorization.k8s.io', false],
    [user('system:kube-scheduler'), 'create pods/binding@default=p', true],
    [user('system:kube-scheduler'), 'update leases.coordination.k8s.io@kube-system=kube-scheduler', true],
    [user('system:kube-scheduler'), 'list secrets', false],
    [user('system:kube-controller-manager'), 'create pods@default', true],
    [user('system:kube-controller-manager'), 'update replicasets/status.apps@default=r', true],
    [user('system:kube-controller-manager'), 'create serviceaccounts/token@default=d', true],
    [user('berth:registry'), 'create tokenreviews.authentication.k8s.io', true],
    [account('kube-system', 'deployment-controller'), 'create replicasets.apps@default', true],
    [node('n1'), 'list services', true],
    [node('n1'), 'list endpoints@default', false],
    [node('n1'), 'get endpoints@default=e', true],
    [node('n1'), 'list endpointslices.discovery.k8s.io', false],
    [node('n1'), 'list namespaces', false],
    [node('n1'), 'list leases.coordination.k8s.io@kube-node-lease', false],
    [node('n1'), 'list networkpolicies.networking.k8s.io', false],
    [node('n1'), 'create subjectaccessreviews.authorization.k8s.io', true],
    [node('n1'), 'list secrets', false],
    [user('system:kube-proxy'), 'list nodes', true],
    [user('system:kube-proxy'), 'watch endpointslices.discovery.k8s.io', true],
    [user('system:kube-proxy'), 'watch namespaces', true],
    [user('system:kube-proxy'), 'list pods', true],
    [user('system:kube-proxy'), 'watch networkpolicies.networking.k8s.io', true],
    [user('system:kube-proxy'), 'watch ingresses.networking.k8s.io', true],
    [user('system:kube-proxy'), 'list ingressclasses.networking.k8s.io', true],
    [user('system:kube-proxy'), 'update pods@default=a', false],
    [user('system:kube-proxy'), 'create networkpolicies.networking.k8s.io', false],
    [user('system:kube-proxy'), 'get secrets@default=s', false],
  ])('%j asks to %s: %s', async (who, what, allowed) => {
    expect((await authorizer.authorize(who, asking(what))).allowed).toBe(allowed);
  });

  it.each<[string, string, boolean]>([
    ['view', 'list pods@dev', true],
    ['view', 'get secrets@dev=s', false],
    ['view', 'create pods@dev', false],
    ['edit', 'list pods@dev', true],
    ['edit', 'create deployments.apps@dev', true],
    ['edit', 'create pods/exec@dev=p', true],
    ['edit', 'create rolebindings.rbac.authorization.k8s.io@dev', false],
    ['admin', 'create deployments.apps@dev', true],
    ['admin', 'create rolebindings.rbac.authorization.k8s.io@dev', true],
    ['admin', 'update resourcequotas@dev=q', false],
  ])('%s asks to %s: %s (aggregated)', async (who, what, allowed) => {
    expect((await people.authorize(user(who), asking(what))).allowed).toBe(allowed);
  });

  it('lists what a user may do', () => {
    const rules = people.rulesFor(user('view'), 'dev');
    expect(rules).toMatchObject({ incomplete: false });
    expect(rules.resourceRules.some((rule) => rule.resources?.includes('pods'))).toBe(true);
    expect(rules.nonResourceRules.some((rule) => rule.nonResourceURLs?.includes('/healthz'))).toBe(true);
  });
});

describe('making the default roles', () => {
  const recording = () => {
    const writes: WriteRequest[] = [];
    const service = {
      writeMany: async (requests: readonly WriteRequest[]) => {
        writes.push(...requests);
        return requests.map(() => ({ ok: true }));
      },
      write: async (request: WriteRequest) => void writes.push(request),
    };
    return { writes, service: service as unknown as ResourceService };
  };

  it('creates what is missing and nothing twice', async () => {
    const empty = recording();
    await reconcileDefaultRbac(empty.service, new FakeView());
    expect(empty.writes).toHaveLength(defaultRbac.length);
    const full = recording();
    await reconcileDefaultRbac(full.service, new FakeView(...defaultRbac));
    expect(full.writes).toEqual([]);
  });

  it('gives back what was taken, keeps what was added, and leaves alone what says so', async () => {
    const [original] = defaultRbac.filter(({ metadata }) => metadata.name === 'system:kube-dns') as RoleObject[];
    const added: PolicyRule = { verbs: ['get'], apiGroups: ['x'], resources: ['y'] };
    const changed = { ...original, rules: [added] } as RoleObject;
    const mended = recording();
    await reconcileDefaultRbac(mended.service, new FakeView(...defaultRbac, changed));
    expect(mended.writes).toMatchObject([
      { verb: 'update', name: 'system:kube-dns', body: { value: { rules: [added, ...(original?.rules ?? [])] } } },
    ]);
    const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'false' };
    const left = recording();
    await reconcileDefaultRbac(left.service, new FakeView(...defaultRbac, { ...changed, metadata: { ...changed.metadata, annotations } }));
    expect(left.writes).toEqual([]);
  });

  it('takes back from the parts of Berth what an older build granted them beyond what they need', async () => {
    const named = (kind: string) => defaultRbac.find((each) => each.kind === kind && each.metadata.name === 'berth:node-network');
    const [role, binding] = [named('ClusterRole') as RoleObject, named('ClusterRoleBinding') as BindingObject];
    const everyNode: Subject = { kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'system:nodes' };
    const older = [
      { ...role, rules: [{ verbs: ['get', 'list', 'watch'], apiGroups: [''], resources: ['namespaces', 'secrets'] }] },
      { ...binding, subjects: [everyNode, ...(binding.subjects ?? [])] },
    ];
    const { writes, service } = recording();
    await reconcileDefaultRbac(service, new FakeView(...defaultRbac, ...older));
    expect(writes).toMatchObject([role, binding].map((value) => ({ verb: 'update', body: { value } })));
  });

  it('writes the rules of aggregated roles', async () => {
    const { writes, service } = recording();
    const stop = startRoleAggregation(service, new FakeView(...defaultRbac), silentLogger);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    stop();
    expect(new Set(writes.map((write) => write.name))).toEqual(new Set(['admin', 'edit', 'view']));
  });
});

describe('nodes', () => {
  const pod: KubeObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'dev', name: 'p' },
    spec: {
      nodeName: 'n1',
      serviceAccountName: 'app',
      imagePullSecrets: [{ name: 'pull' }],
      containers: [{ name: 'c', envFrom: [{ configMapRef: { name: 'env' } }], env: [{ valueFrom: { secretKeyRef: { name: 'key' } } }] }],
      volumes: [
        { name: 'a', secret: { secretName: 'vol' } },
        { name: 'b', projected: { sources: [{ configMap: { name: 'kube-root-ca.crt' } }] } },
        { name: 'd', persistentVolumeClaim: { claimName: 'data' } },
      ],
    },
  } as KubeObject;
  const mirror = {
    ...pod,
    metadata: { namespace: 'dev', name: 'static-n1', annotations: { 'kubernetes.io/config.mirror': 'x' } },
    spec: { nodeName: 'n1', containers: [{ name: 'c', envFrom: [{ secretRef: { name: 'stolen' } }] }] },
  } as KubeObject;
  const volume = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'pv' },
    spec: {
      claimRef: { namespace: 'dev', name: 'data', uid: 'u1' },
      csi: {
        nodeStageSecretRef: { namespace: 'storage', name: 'stage' },
        nodePublishSecretRef: { name: 'publish' },
        controllerPublishSecretRef: { namespace: 'storage', name: 'controller' },
      },
    },
  } as KubeObject;
  const claim = (name: string, uid: string): KubeObject =>
    ({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { namespace: 'dev', name, uid },
      spec: { volumeName: 'pv' },
    }) as KubeObject;
  const labels = { 'local.storage.berth.io/node': 'n2' };
  const directory = { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'local', labels } } as KubeObject;
  const thief = {
    ...pod,
    metadata: { namespace: 'dev', name: 't' },
    spec: { nodeName: 'n3', volumes: [{ name: 'x', persistentVolumeClaim: { claimName: 'grab' } }] },
  };
  const ofClass = (ingressClassName: string, secretName: string): KubeObject =>
    ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { namespace: 'dev', name: ingressClassName },
      spec: { ingressClassName, tls: [{ secretName }] },
    }) as KubeObject;
  const ingressClass = (name: string, controller: string): KubeObject =>
    ({ apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass', metadata: { name }, spec: { controller } }) as KubeObject;
  const ingresses = [
    ofClass('own', 'tls'),
    ofClass('foreign', 'foreign-tls'),
    ingressClass('own', 'berth.dev/ingress'),
    ingressClass('foreign', 'example.com/c'),
  ];
  const view = new FakeView(pod, volume, mirror, claim('data', 'u1'), claim('grab', 'u2'), directory, thief as KubeObject, ...ingresses);
  const authorizer = createAuthorizer(view);

  it.each<[string, string, boolean]>([
    ['n1', 'get secrets@dev=vol', true],
    ['n1', 'get secrets@dev=pull', true],
    ['n1', 'get secrets@dev=key', true],
    ['n1', 'watch secrets@dev=vol', true],
    ['n1', 'get secrets@dev=other', false],
    ['n1', 'get secrets@prod=vol', false],
    ['n1', 'list secrets@dev', false],
    ['n1', 'update secrets@dev=vol', false],
    ['n2', 'get secrets@dev=vol', false],
    ['n2', 'get secrets@dev=tls', true],
    ['n2', 'watch secrets@dev?metadata.name=tls', true],
    ['n2', 'update secrets@dev=tls', false],
    ['n2', 'get secrets@prod=tls', false],
    ['n2', 'get secrets@dev=foreign-tls', false],
    ['n1', 'get configmaps@dev=env', true],
    ['n1', 'get configmaps@dev=kube-root-ca.crt', true],
    ['n2', 'get configmaps@dev=env', false],
    ['n1', 'create serviceaccounts/token@dev=app', true],
    ['n2', 'create serviceaccounts/token@dev=app', false],
    ['n1', 'get persistentvolumeclaims@dev=data', true],
    ['n1', 'get persistentvolumes=pv', true],
    ['n2', 'get persistentvolumes=pv', false],
    ['n1', 'list persistentvolumes', false],
    ['n1', 'get secrets@storage=stage', true], // of the volume behind its pod's claim
    ['n1', 'get secrets@dev=publish', true],
    ['n1', 'get secrets@dev=stage', false],
    ['n1', 'get secrets@storage=controller', false], // no node's business
    ['n1', 'update secrets@storage=stage', false],
    ['n2', 'get secrets@storage=stage', false],
    ['n3', 'get secrets@storage=stage', false], // its claim names a volume that is bound to another
    ['n2', 'watch persistentvolumes&local.storage.berth.io/node=n2', true],
    ['n2', 'list persistentvolumes&local.storage.berth.io/node in (n2),x=y', true],
    ['n1', 'list persistentvolumes&local.storage.berth.io/node=n2', false],
    ['n2', 'list persistentvolumes&local.storage.berth.io/node in (n1,n2)', false],
    ['n2', 'list persistentvolumes&local.storage.berth.io/node!=n2', false],
    ['n2', 'list persistentvolumes&local.storage.berth.io/node', false],
    ['n2', 'get persistentvolumes=local', true],
    ['n2', 'patch persistentvolumes=local', true],
    ['n2', 'delete persistentvolumes=local', false],
    ['n1', 'patch persistentvolumes=local', false],
    ['n1', 'patch persistentvolumes=pv', false],
    ['n1', 'update persistentvolumeclaims/status@dev=data', true],
    ['n1', 'update persistentvolumeclaims@dev=data', false],
    ['n1', 'get secrets@dev=stolen', false], // by a mirror pod, which a node makes itself
    ['n1', 'get secrets=vol', false],
    ['n1', 'list secrets@dev=vol?metadata.name=vol', true],
    ['n1', 'list secrets@dev?metadata.name=other', false],
    ['n1', String.raw`list secrets@dev?metadata.namespace!=x\,metadata.name\=vol`, false],
    ['n1', 'get serviceaccounts@dev=app', true],
    ['n1', 'get serviceaccounts@dev=default', false],
    ['n1', 'update nodes/status=n1', true],
    ['n1', 'update nodes/proxy=n1', false],
    ['n1', 'get nodes/proxy=n1', false],
    ['n1', 'get nodes=n1', true],
    ['n1', 'get nodes=n2', false],
    ['n1', 'get runtimeclasses.node.k8s.io=crun', true],
    ['n1', 'create runtimeclasses.node.k8s.io', false],
    ['n1', 'list nodes', false],
    ['n1', 'watch nodes', false],
    ['n1', 'watch nodes?metadata.name=n1', true],
    ['n1', 'list nodes?metadata.name=n2', false],
    ['n1', 'list nodes?metadata.name!=n1', false],
    ['n1', 'get pods@dev=p', true],
    ['n2', 'get pods@dev=p', false],
    ['n1', 'list pods', false],
    ['n1', 'list pods@dev', false],
    ['n1', 'list pods?spec.nodeName=n1', true],
    ['n1', 'watch pods?spec.nodeName==n1,status.phase=Running', true],
    ['n1', 'watch pods@dev?metadata.name=p', true],
    ['n2', 'watch pods@dev?metadata.name=p', false],
    ['n1', 'list pods?spec.nodeName=n2', false],
    ['n1', 'list pods?spec.nodeName!=n1', false],
    ['n1', 'list pods?spec.nodeName=', false],
    ['n1', 'list pods?spec.nodeName=n1,x', false], // cannot be read
    ['n1', 'deletecollection pods@dev?spec.nodeName=n1', false],
    ['n1', 'update pods@dev=p', false],
    ['n1', 'get pods/log@dev=p', false],
    ['n1', 'create pods/exec@dev=p', false],
    ['n1', 'create pods/binding@dev=p', false],
    ['n1', 'update pods/ephemeralcontainers@dev=p', false],
    ['n1', 'create pods/eviction@dev=p', true],
    ['', 'list nodes', false],
    ['', 'get nodes=', false],
    ['n1', 'delete nodes=n1', false],
    ['n1', 'create nodes', true],
    ['n1', 'update leases.coordination.k8s.io@kube-node-lease=n1', true],
    ['n1', 'update leases.coordination.k8s.io@kube-node-lease=n2', false],
    ['n1', 'update leases.coordination.k8s.io@kube-system=n1', false],
    ['n1', 'update pods/status@dev=p', true],
    ['n1', 'create deployments.apps@dev', false],
    ['n1', 'get /metrics', false],
  ])('%s asks to %s: %s', async (name, what, allowed) => {
    expect((await authorizer.authorize(node(name), asking(what))).allowed).toBe(allowed);
  });

  it.each([
    ['get secrets@dev=vol', "no relationship found between node 'n2' and this object"],
    ['list secrets@dev', 'No Object name found'],
    ['list secrets', 'can only read namespaced object of this type'],
    ['list persistentvolumes', 'can only get individual resources of this type'],
    ['list nodes', "node 'n2' cannot read all nodes, only its own Node object"],
    ['get nodes=n1', "node 'n2' cannot read 'n1', only its own Node object"],
    ['list pods', 'can only list/watch pods with spec.nodeName field selector'],
  ])('says why it may not %s', async (what, reason) => {
    expect(await authorizer.authorize(node('n2'), asking(what))).toEqual({ allowed: false, reason });
  });

  it('forgets a pod that was deleted', async () => {
    const changing = new FakeView(pod);
    const on = createAuthorizer(changing);
    changing.remove(pod);
    expect((await on.authorize(node('n1'), asking('get secrets@dev=vol'))).allowed).toBe(false);
  });
});

describe('grants', () => {
  const pods = (...verbs: string[]): PolicyRule => ({ verbs, apiGroups: [''], resources: ['pods'] });
  const all: PolicyRule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
  it.each<[string, PolicyRule[], PolicyRule[], number]>([
    ['the same', [pods('get')], [pods('get')], 0],
    ['less', [pods('get', 'list')], [pods('list')], 0],
    ['more', [pods('get')], [pods('get', 'delete')], 1],
    ['everything', [pods('*')], [all], 1],
    ['anything by who holds everything', [all], [pods('get')], 0],
    ['names by who holds all names', [pods('get')], [{ ...pods('get'), resourceNames: ['x'] }], 0],
    ['all names by who holds one', [{ ...pods('get'), resourceNames: ['x'] }], [pods('get')], 1],
    ['a subresource by who holds the resource', [pods('get')], [{ ...pods('get'), resources: ['pods/log'] }], 1],
    ['a path below a pattern', [{ verbs: ['get'], nonResourceURLs: ['/a/*'] }], [{ verbs: ['get'], nonResourceURLs: ['/a/b'] }], 0],
  ])('of %s', (_what, held, wanted, missing) => {
    expect(uncovered(held, wanted)).toHaveLength(missing);
  });

  it('stop where a rule makes more pieces than anybody means', () => {
    const many = Array.from({ length: 2000 }, (_, i) => `x${i}`);
    const vast: PolicyRule = { apiGroups: many, resources: many, resourceNames: many, verbs: many };
    const none = uncovered([], [vast]);
    expect([none.length, none.at(-1)]).toEqual([501, vast]);
    const all: PolicyRule = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };
    expect(uncovered([all], [vast])).toEqual([vast]);
  });

  it('are refused in upstream words', () => {
    expect(refusalOfGrant(user('bob'), uncovered([], [pods('get', 'list')]))).toBe(
      'user "bob" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}',
    );
  });
});
