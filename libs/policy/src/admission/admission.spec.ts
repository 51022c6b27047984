import { describe, expect, it } from '@jest/globals';
import { ApiError, type KubeObject } from '#api';
import type { AdmissionIo, AdmissionPlugin, AdmissionRequest } from '#api-server/contract';
import { FakeView } from '#api-server/testing';
import type { Node, Pod } from '#api/types';
import { ManualClock, seededRandom } from '#base/testing';
import type { UserInfo } from '#kinds/contract';
import { createAuthorizer } from '../authorization/index.ts';
import { admissionPlugins } from './index.ts';

const clock = new ManualClock();
const user = (username: string, ...groups: string[]): UserInfo => ({ username, groups: [...groups, 'system:authenticated'] });
const someone = user('someone');
const n1 = user('system:node:n1', 'system:nodes');

const named = (kind: string, name: string, extra: object = {}, namespace = ''): KubeObject =>
  ({ apiVersion: 'v1', kind, metadata: { name, ...(namespace && { namespace }), uid: `${kind}-${name}` }, ...extra }) as KubeObject;
const pod = (spec: object = {}, metadata: object = {}): Pod =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'dev', uid: 'Pod-p', ...metadata },
    spec: { containers: [{ name: 'c' }], ...spec },
  }) as Pod;
const dev = named('Namespace', 'dev');
const account = named('ServiceAccount', 'default', {}, 'dev');

interface Case {
  resource?: string;
  group?: string;
  verb?: AdmissionRequest['verb'];
  subresource?: string;
  name?: string;
  namespace?: string;
  who?: UserInfo;
  object?: KubeObject | undefined;
  old?: KubeObject;
}

/** Runs one plugin as the pipeline would: mutate, then validate. */
async function run(pluginName: string, given: Case, view = new FakeView(dev, account)): Promise<KubeObject | undefined> {
  const authorizer = createAuthorizer(view);
  const plugin = admissionPlugins({ authorizer, clock, random: seededRandom(1) }).find(
    ({ name }) => name === pluginName,
  ) as AdmissionPlugin;
  const { resource = 'pods', group = '', verb = 'create', subresource = '', object, old, who = someone } = given;
  const request: AdmissionRequest = {
    verb,
    user: who,
    resource: { group, version: 'v1', resource },
    kind: { group, version: 'v1', kind: object?.kind ?? 'Pod' },
    subresource,
    namespace: given.namespace ?? object?.metadata.namespace ?? '',
    name: given.name ?? object?.metadata.name ?? '',
    dryRun: false,
    object,
    oldObject: old,
  };
  const io: AdmissionIo = {
    now: () => clock.now(),
    get: (gvk, namespace, name) => view.get(gvk, namespace, name),
    list: (gvk, namespace) => view.list(gvk, namespace),
    modify: () => Promise.reject(new Error('nothing is changed here')),
    fresh: async (gvk, namespace, name) => view.get(gvk, namespace, name),
    authorize: (who_, attributes) => authorizer.authorize(who_, attributes),
    warn: () => {},
  };
  if (!plugin.handles(verb, request.resource, subresource)) return object;
  const next = (await plugin.mutate?.(request, io)) ?? object;
  await plugin.validate?.({ ...request, object: next }, io);
  return next;
}
const refusal = async (pluginName: string, given: Case, view?: FakeView): Promise<string> => {
  const err: unknown = await run(pluginName, given, view).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return err instanceof ApiError ? err.message : `no refusal: ${String(err)}`;
};

describe('NamespaceLifecycle', () => {
  const terminating = named('Namespace', 'dev', { metadata: { name: 'dev', deletionTimestamp: '2026-01-01T00:00:00Z' } });
  it('lets a pod into a namespace that is there', async () => {
    expect(await run('NamespaceLifecycle', { object: pod() })).toEqual(pod());
  });
  it.each<[string, Case, FakeView]>([
    ['namespaces "dev" not found', { object: pod() }, new FakeView()],
    [
      'pods "p" is forbidden: unable to create new content in namespace dev because it is being terminated',
      { object: pod() },
      new FakeView(terminating),
    ],
    [
      'namespaces "default" is forbidden: this namespace may not be deleted',
      { resource: 'namespaces', verb: 'delete', name: 'default' },
      new FakeView(),
    ],
    [
      'namespaces "kube-system" is forbidden: this namespace may not be deleted',
      { resource: 'namespaces', verb: 'delete', name: 'kube-system' },
      new FakeView(),
    ],
  ])('%s', async (says, given, view) => {
    expect(await refusal('NamespaceLifecycle', given, view)).toBe(says);
  });
  it('says why in a cause that clients look for', async () => {
    await expect(run('NamespaceLifecycle', { object: pod() }, new FakeView(terminating))).rejects.toMatchObject({
      status: {
        details: {
          causes: [{ reason: 'NamespaceTerminating', message: 'namespace dev is being terminated', field: 'metadata.namespace' }],
        },
      },
    });
  });
  it.each<[string, Case]>([
    ['changes in a namespace that ends', { verb: 'update', object: pod() }],
    ['deletes in a namespace that ends', { verb: 'delete', object: undefined, namespace: 'dev', name: 'p' }],
    ['deleting another namespace', { resource: 'namespaces', verb: 'delete', name: 'dev' }],
    ['objects without a namespace', { resource: 'nodes', object: named('Node', 'n') }],
  ])('lets through: %s', async (_what, given) => {
    await run('NamespaceLifecycle', given, new FakeView(terminating));
  });
});

describe('ServiceAccount', () => {
  it('gives a pod its identity and the files to prove it', async () => {
    const admitted = (await run('ServiceAccount', { object: pod({ initContainers: [{ name: 'i' }] }) })) as Pod;
    const [volume] = admitted.spec.volumes ?? [];
    expect(volume?.name).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
    const mount = { name: volume?.name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' };
    expect(admitted.spec).toMatchObject({
      serviceAccountName: 'default',
      serviceAccount: 'default',
      containers: [{ name: 'c', volumeMounts: [mount] }],
      initContainers: [{ name: 'i', volumeMounts: [mount] }],
    });
    expect(volume?.projected).toEqual({
      defaultMode: 420,
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
      ],
    });
  });
  it.each<[string, object, object]>([
    ['the pod', { automountServiceAccountToken: false }, {}],
    ['the account', {}, { automountServiceAccountToken: false }],
  ])('mounts nothing when %s says so', async (_who, spec, extra) => {
    const admitted = (await run(
      'ServiceAccount',
      { object: pod(spec) },
      new FakeView(dev, named('ServiceAccount', 'default', extra, 'dev')),
    )) as Pod;
    expect(admitted.spec.volumes ?? []).toEqual([]);
  });
  it('keeps a mount of the pod’s own in that place', async () => {
    const containers = [{ name: 'c', volumeMounts: [{ name: 'v', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }] }];
    const admitted = (await run('ServiceAccount', { object: pod({ containers, volumes: [{ name: 'v', emptyDir: {} }] }) })) as Pod;
    expect(admitted.spec.volumes).toEqual([{ name: 'v', emptyDir: {} }]);
  });
  it('gives the account’s pull secrets to pods that have none', async () => {
    const view = new FakeView(dev, named('ServiceAccount', 'default', { imagePullSecrets: [{ name: 'r' }] }, 'dev'));
    expect(((await run('ServiceAccount', { object: pod() }, view)) as Pod).spec.imagePullSecrets).toEqual([{ name: 'r' }]);
    const own = pod({ imagePullSecrets: [{ name: 'own' }] });
    expect(((await run('ServiceAccount', { object: own }, view)) as Pod).spec.imagePullSecrets).toEqual([{ name: 'own' }]);
  });
  it('refuses an account that is not there', async () => {
    expect(await refusal('ServiceAccount', { object: pod({ serviceAccountName: 'x' }) })).toBe(
      'pods "p" is forbidden: error looking up service account dev/x: serviceaccount "x" not found',
    );
  });
});

describe('DefaultTolerationSeconds', () => {
  const notReady = { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 };
  const unreachable = { ...notReady, key: 'node.kubernetes.io/unreachable' };
  const own = { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 };
  it.each([
    ['none', undefined, [notReady, unreachable]],
    ['one of its own', [own], [own, unreachable]],
    ['everything', [{ operator: 'Exists' }], [{ operator: 'Exists' }]],
    ['the key with another effect', [{ ...own, effect: 'NoSchedule' }], [{ ...own, effect: 'NoSchedule' }, notReady, unreachable]],
  ])('a pod that tolerates %s', async (_what, tolerations, want) => {
    expect(((await run('DefaultTolerationSeconds', { object: pod({ tolerations }) })) as Pod).spec.tolerations).toEqual(want);
  });
});

describe('RuntimeClass', () => {
  it.each<[string, object]>([
    ['pods "p" is forbidden: pod rejected: RuntimeClass "gvisor" not found', { runtimeClassName: 'gvisor' }],
    [
      'pods "p" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
      { overhead: { cpu: '1' } },
    ],
  ])('%s', async (says, spec) => {
    expect(await refusal('RuntimeClass', { object: pod(spec) })).toBe(says);
  });
  it('lets through a pod that names no class, or one that there is', async () => {
    await run('RuntimeClass', { object: pod() });
    const view = new FakeView({ ...named('RuntimeClass', 'gvisor'), apiVersion: 'node.k8s.io/v1' });
    await run('RuntimeClass', { object: pod({ runtimeClassName: 'gvisor', overhead: { cpu: '1' } }) }, view);
  });
});

describe('Priority', () => {
  const classOf = (name: string, value: number, extra: object = {}): KubeObject =>
    ({ apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value, ...extra }) as KubeObject;
  it.each<[object, object, KubeObject[]]>([
    [{}, { priority: 0, preemptionPolicy: 'PreemptLowerPriority' }, []],
    [{ priorityClassName: 'high' }, { priority: 100, preemptionPolicy: 'Never' }, [classOf('high', 100, { preemptionPolicy: 'Never' })]],
    [{ priorityClassName: 'system-node-critical' }, { priority: 2000001000 }, []],
    [{ priorityClassName: 'system-cluster-critical' }, { priority: 2000000000 }, []],
    [{}, { priority: 7, priorityClassName: 'usual' }, [classOf('usual', 7, { globalDefault: true }), classOf('high', 100)]],
  ])('%j becomes %j', async (spec, want, classes) => {
    expect(((await run('Priority', { object: pod(spec) }, new FakeView(...classes))) as Pod).spec).toMatchObject(want);
  });
  it.each<[string, Case, KubeObject[]]>([
    ['pods "p" is forbidden: no PriorityClass with name x was found', { object: pod({ priorityClassName: 'x' }) }, []],
    [
      'pods "p" is forbidden: the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
      { object: pod({ priority: 5 }) },
      [],
    ],
    [
      'priorityclasses.scheduling.k8s.io "b" is forbidden: PriorityClass a is already marked as default. Only one default can exist',
      { group: 'scheduling.k8s.io', resource: 'priorityclasses', object: classOf('b', 1, { globalDefault: true }) },
      [classOf('a', 1, { globalDefault: true })],
    ],
  ])('%s', async (says, given, classes) => {
    expect(await refusal('Priority', given, new FakeView(...classes))).toBe(says);
  });
});

describe('TaintNodesByCondition', () => {
  it('taints a new node once', async () => {
    const taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
    const given = { resource: 'nodes', object: named('Node', 'n', { spec: {} }) };
    const tainted = (await run('TaintNodesByCondition', given)) as Node;
    expect(tainted.spec?.taints).toEqual([taint]);
    expect(await run('TaintNodesByCondition', { ...given, object: tainted })).toEqual(tainted);
  });
});

/** jest takes a missing last value for a callback. */
const rows = (table: [string, Case, KubeObject?][]): [string, Case, KubeObject | undefined][] =>
  table.map(([what, given, present]) => [what, given, present]);

describe('NodeRestriction', () => {
  const mine = pod({ nodeName: 'n1' });
  const other = pod({ nodeName: 'n2' });
  const node = (name: string, metadata: object = {}, spec: object = {}): KubeObject =>
    named('Node', name, { metadata: { name, ...metadata }, spec });
  const owner = { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'Node-n1', controller: true };
  const mirror = (spec: object = {}, owners: object[] = [owner]): Case => ({
    object: pod({ nodeName: 'n1', ...spec }, { annotations: { 'kubernetes.io/config.mirror': 'x' }, ownerReferences: owners }),
    who: n1,
  });
  const me = named('Node', 'n1');
  const updated = (metadata: object, before: object = {}): Case => ({
    resource: 'nodes',
    verb: 'update',
    object: node('n1', metadata),
    old: node('n1', before),
    who: n1,
  });
  const mounting = (audience?: string): Pod =>
    pod({
      nodeName: 'n1',
      volumes: [{ name: 't', projected: { sources: [{ serviceAccountToken: { path: 't', ...(audience && { audience }) } }] } }],
    });
  const token = (bound: object | undefined, audiences?: string[] | null): Case => ({
    resource: 'serviceaccounts',
    subresource: 'token',
    namespace: 'dev',
    name: 'app',
    who: n1,
    object: named('TokenRequest', '', { spec: { boundObjectRef: bound, audiences } }),
  });
  const labels = (before: object, after: object): Case => ({
    verb: 'update',
    subresource: 'status',
    object: pod({ nodeName: 'n1' }, { labels: after }),
    old: pod({ nodeName: 'n1' }, { labels: before }),
    who: n1,
  });
  const bound = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'Pod-p' };

  it.each(
    rows([
      ['its own pod’s status', { verb: 'update', subresource: 'status', object: mine, old: mine, who: n1 }],
      ['deleting its own pod', { verb: 'delete', object: undefined, namespace: 'dev', name: 'p', old: mine, who: n1 }],
      ['a mirror pod', mirror({ priorityClassName: 'system-node-critical', volumes: [{ name: 'v', hostPath: { path: '/x' } }] }), me],
      ['labels of its own pods in another order', labels({ a: '1', b: '2' }, { b: '2', a: '1' })],
      [
        'its own node with its links as they were',
        updated({ ownerReferences: [owner], finalizers: ['x'] }, { ownerReferences: [owner], finalizers: ['x'] }),
      ],
      ['its own node', { resource: 'nodes', object: node('n1', { labels: { 'kubernetes.io/hostname': 'n1', mine: 'x' } }), who: n1 }],
      ['its own lease', { group: 'coordination.k8s.io', resource: 'leases', object: named('Lease', 'n1', {}, 'kube-node-lease'), who: n1 }],
      ['a token for its pod', token(bound), mounting()],
      ['a token as the wire has it when no audience is asked for', token(bound, null), mounting()],
      ['a token for an audience that its pod mounts', token(bound, ['vault']), mounting('vault')],
      ['anything by others', { verb: 'update', subresource: 'status', object: other, old: other }],
    ]),
  )('allows %s', async (_what, given, present) => {
    await run('NodeRestriction', given, new FakeView(...(present ? [present] : [])));
  });
  it.each(
    rows([
      [
        'node "n1" can only update pod status for pods with spec.nodeName set to itself',
        { verb: 'update', subresource: 'status', object: other, old: other, who: n1 },
      ],
      [
        'node "n1" can only delete pods with spec.nodeName set to itself',
        { verb: 'delete', object: undefined, namespace: 'dev', name: 'p', old: other, who: n1 },
      ],
      ['pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods', { object: mine, who: n1 }],
      ['node "n1" is not allowed to modify node "n2"', { resource: 'nodes', object: node('n2'), who: n1 }],
      [
        'node "n1" is not allowed to modify taints',
        { resource: 'nodes', verb: 'update', object: node('n1'), old: node('n1', {}, { taints: [{ key: 'a' }] }), who: n1 },
      ],
      [
        'node "n1" is not allowed to set the following labels: node-role.kubernetes.io/control-plane',
        { resource: 'nodes', object: node('n1', { labels: { 'node-role.kubernetes.io/control-plane': '' } }), who: n1 },
      ],
      [
        'can only access node lease with the same name as the requesting node',
        { group: 'coordination.k8s.io', resource: 'leases', object: named('Lease', 'n2', {}, 'kube-node-lease'), who: n1 },
      ],
      [
        'is not allowed to modify labels: a.node-restriction.kubernetes.io/b',
        updated({ labels: { 'a.node-restriction.kubernetes.io/b': '' } }),
      ],
      ['node "n1" is not allowed to modify ownerReferences', updated({ ownerReferences: [owner] })],
      ['node "n1" is not allowed to modify ownerReferences', updated({}, { ownerReferences: [owner] })],
      ['node "n1" is not allowed to modify ownerReferences', { ...updated({ ownerReferences: [owner] }), subresource: 'status' }],
      [
        'node "n1" is not allowed to modify ownerReferences',
        { resource: 'nodes', object: node('n1', { ownerReferences: [owner] }), who: n1 },
      ],
      ['node "n1" is not allowed to modify finalizers', updated({ finalizers: ['foregroundDeletion'] })],
      ['node "n1" is not allowed to modify finalizers', updated({}, { finalizers: ['mine'] })],
      [
        'node "n1" is not allowed to create pods with a non-nil configSource',
        { resource: 'nodes', object: node('n1', {}, { configSource: { configMap: {} } }), who: n1 },
      ],
      ['node "n1" cannot update labels through pod status', labels({}, { a: '1' })],
      ['node "n1" can only create pods with an owner reference set to itself', mirror({}, []), me],
      ['node "n1" can only create pods with a single owner reference set to itself', mirror({}, [owner, owner]), me],
      ['node "n1" can only create pods with an owner reference set to itself', mirror({}, [{ ...owner, name: 'n2' }]), me],
      ['node "n1" can only create pods with an owner reference set to itself', mirror({}, [{ ...owner, kind: 'Pod' }]), me],
      ['node "n1" can only create pods with a controller owner reference set to itself', mirror({}, [{ ...owner, controller: false }]), me],
      ['node "n1" must not set blockOwnerDeletion on an owner reference', mirror({}, [{ ...owner, blockOwnerDeletion: true }]), me],
      ['node n1 UID mismatch: expected old got Node-n1', mirror({}, [{ ...owner, uid: 'old' }]), me],
      ['nodes "n1" not found', mirror()],
      ['node "n1" can only create pods with spec.nodeName set to itself', mirror({ nodeName: 'n2' }), me],
      ['node requested token not bound to a pod', token(undefined), mine],
      ['node requested token with a pod binding without a uid', token({ ...bound, uid: '' }), mounting()],
      ['the UID in the bound object reference (other) does not match', token({ ...bound, uid: 'other' }), mounting()],
      ['pods "p" not found', token(bound)],
      ['node may only request 0 or 1 audiences', token(bound, ['a', 'b']), mounting('a')],
      [
        'audience "vault" not found in pod spec volume, system:node:n1 is not authorized to request tokens for this audience',
        token(bound, ['vault']),
        mounting(),
      ],
      ['audience "" not found in pod spec volume', token(bound), mounting('vault')],
      ['node requested token bound to a pod scheduled on a different node', token(bound), other],
      ['could not determine node from user "x"', { resource: 'nodes', object: node('n1'), who: user('x', 'system:nodes') }],
    ]),
  )('refuses: %s', async (says, given, present) => {
    expect(await refusal('NodeRestriction', given, new FakeView(...(present ? [present] : [])))).toContain(says);
  });

  const volume = (source: object): object => ({ volumes: [{ name: 'v', ...source }] });
  const projected = (source: object): object => volume({ projected: { sources: [source] } });
  const container = (spec: object): object => ({ containers: [{ name: 'c', ...spec }] });
  it.each<[string, object]>([
    ['a service account', { serviceAccountName: 'app' }],
    ['secrets', { imagePullSecrets: [{ name: 's' }] }],
    ['secrets', volume({ secret: { secretName: 's' } })],
    ['secrets', projected({ secret: { name: 's' } })],
    ['secrets', volume({ csi: { driver: 'd', nodePublishSecretRef: { name: 's' } } })],
    ['secrets', volume({ azureFile: { secretName: 's' } })],
    ['secrets', volume({ iscsi: { secretRef: { name: 's' } } })],
    ['secrets', volume({ rbd: { secretRef: { name: 's' } } })],
    ['secrets', container({ envFrom: [{ secretRef: { name: 's' } }] })],
    ['secrets', container({ env: [{ name: 'e', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] })],
    ['secrets', { initContainers: [{ name: 'i', envFrom: [{ secretRef: { name: 's' } }] }] }],
    ['configmaps', volume({ configMap: { name: 'm' } })],
    ['configmaps', projected({ configMap: { name: 'm' } })],
    ['configmaps', container({ envFrom: [{ configMapRef: { name: 'm' } }] })],
    ['configmaps', container({ env: [{ name: 'e', valueFrom: { configMapKeyRef: { name: 'm', key: 'k' } } }] })],
    ['clustertrustbundles', projected({ clusterTrustBundle: { path: 'p' } })],
    ['service account tokens', projected({ serviceAccountToken: { path: 't' } })],
    ['pod certificates', projected({ podCertificate: { signerName: 's' } })],
    ['persistentvolumeclaims', volume({ persistentVolumeClaim: { claimName: 'c' } })],
    ['persistentvolumeclaims', volume({ ephemeral: { volumeClaimTemplate: {} } })],
    ['resourceclaims', { resourceClaims: [{ name: 'r', resourceClaimName: 'c' }] }],
  ])('refuses a mirror pod that refers to %s: %j', async (what, spec) => {
    expect(await refusal('NodeRestriction', mirror(spec), new FakeView(me))).toBe(
      `pods "p" is forbidden: node "n1" can not create pods that reference ${what}`,
    );
  });
});

describe('RoleEscalation', () => {
  const group = 'rbac.authorization.k8s.io';
  const rbac = (kind: string, name: string, extra: object, namespace = ''): KubeObject => ({
    ...named(kind, name, extra, namespace),
    apiVersion: `${group}/v1`,
  });
  const rules = (verbs: string[], resource = 'pods'): object => ({
    rules: [{ verbs, apiGroups: [resource === 'pods' ? '' : group], resources: [resource] }],
  });
  const given = (kind: string, name: string): object => ({
    roleRef: { apiGroup: group, kind, name },
    subjects: [{ kind: 'User', name: 'someone' }],
  });
  const holding = (verbs: string[], resource = 'pods'): FakeView =>
    new FakeView(
      rbac('ClusterRole', 'held', rules(verbs, resource)),
      rbac('ClusterRoleBinding', 'b', given('ClusterRole', 'held')),
      rbac('ClusterRole', 'big', rules(['*'])),
    );
  const role = (object: KubeObject, old?: KubeObject): Case => ({
    group,
    resource: `${object.kind.toLowerCase()}s`,
    verb: old ? 'update' : 'create',
    object,
    ...(old && { old }),
  });

  it.each<[string, Case, FakeView]>([
    ['what is held', role(rbac('Role', 'r', rules(['get']), 'dev')), holding(['get', 'list'])],
    ['anything with escalate', role(rbac('ClusterRole', 'r', rules(['*']))), holding(['escalate'], 'clusterroles')],
    ['a role that bind allows', role(rbac('RoleBinding', 'r', given('ClusterRole', 'big'), 'dev')), holding(['bind'], 'clusterroles')],
    ['no change of rules', role(rbac('Role', 'r', rules(['*']), 'dev'), rbac('Role', 'r', rules(['*']), 'dev')), holding([])],
    ['anything by superusers', { ...role(rbac('ClusterRole', 'r', rules(['*']))), who: user('root', 'system:masters') }, holding([])],
  ])('allows to grant %s', async (_what, request, view) => {
    await run('RoleEscalation', request, view);
  });
  it.each<[string, Case, FakeView]>([
    [
      'is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}',
      role(rbac('Role', 'r', rules(['get', 'delete']), 'dev')),
      holding(['get']),
    ],
    [
      'rolebindings.rbac.authorization.k8s.io "r" is forbidden: user "someone" (groups=["system:authenticated"]) is attempting',
      role(rbac('RoleBinding', 'r', given('ClusterRole', 'big'), 'dev')),
      holding(['get']),
    ],
    [
      'clusterroles.rbac.authorization.k8s.io "gone" not found',
      role(rbac('ClusterRoleBinding', 'r', given('ClusterRole', 'gone'))),
      holding(['get']),
    ],
    [
      'must have cluster-admin privileges to use the aggregationRule',
      role(rbac('ClusterRole', 'r', { rules: [], aggregationRule: { clusterRoleSelectors: [{}] } })),
      holding(['get']),
    ],
  ])('refuses: %s', async (says, request, view) => {
    expect(await refusal('RoleEscalation', request, view)).toContain(says);
  });
});
