import type { KubeObject } from '#api';
import { FakeView } from '#api-server/testing';
import type { Pod } from '#api/types';
import { encodedRequest } from '#pki/testing';
import { admit, type Case, named, pod, refusal, user } from '../testing/admission.ts';
import { nodeRestriction } from './node-restriction.ts';

const n1 = user('system:node:n1', 'system:nodes');

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
  const directory = (metadata: object, spec: object = {}): KubeObject =>
    named('PersistentVolume', 'pv', { metadata: { name: 'pv', labels: { 'local.storage.berth.io/node': 'n1' }, ...metadata }, spec });
  const finalizer = 'local.storage.berth.io/directory';
  const released = (next: KubeObject, old = directory({ finalizers: [finalizer, 'other'] })): Case => ({
    resource: 'persistentvolumes',
    verb: 'update',
    object: next,
    old,
    who: n1,
  });
  const resized = (next: object, metadata: object = {}): Case => ({
    resource: 'persistentvolumeclaims',
    verb: 'update',
    subresource: 'status',
    object: named('PersistentVolumeClaim', 'data', {
      metadata: { name: 'data', namespace: 'dev', ...metadata },
      status: { phase: 'Bound', ...next },
    }),
    old: named('PersistentVolumeClaim', 'data', {
      metadata: { name: 'data', namespace: 'dev' },
      status: { phase: 'Bound', capacity: { storage: '1Gi' } },
    }),
    who: n1,
  });

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
      ['letting go of a volume whose directory it has', released(directory({ finalizers: ['other'] }))],
      ['a claim that it has resized', resized({ capacity: { storage: '2Gi' }, conditions: [] })],
      ['a token for its pod', token(bound), mounting()],
      ['a token as the wire has it when no audience is asked for', token(bound, null), mounting()],
      ['a token for an audience that its pod mounts', token(bound, ['vault']), mounting('vault')],
      ['anything by others', { verb: 'update', subresource: 'status', object: other, old: other }],
    ]),
  )('allows %s', async (_what, given, present) => {
    await admit(nodeRestriction, given, new FakeView(...(present ? [present] : [])));
  });

  // KEP-2047
  it.each([
    ['volume', { name: 'v', csi: { driver: 'd' } }],
    ['claim', { name: 'v', persistentVolumeClaim: { claimName: 'p-v' } }],
    ['generic ephemeral volume', { name: 'v', ephemeral: {} }],
  ])('allows tokens for the audiences that the driver of its pod’s %s asks for, and for no others', async (_what, volume) => {
    const view = new FakeView(
      pod({ nodeName: 'n1', volumes: [volume] }),
      named('PersistentVolumeClaim', 'p-v', { spec: { volumeName: 'pv' } }, 'dev'),
      named('PersistentVolume', 'pv', { spec: { csi: { driver: 'd' } } }),
      named('CSIDriver', 'd', { apiVersion: 'storage.k8s.io/v1', spec: { tokenRequests: [{ audience: 'vault' }] } }),
    );
    await admit(nodeRestriction, token(bound, ['vault']), view);
    expect(await refusal(nodeRestriction, token(bound, ['other']), view)).toContain('audience "other" not found in pod spec volume');
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
      [
        `node "n1" is only allowed to take the finalizer ${finalizer} from a persistent volume`,
        released(directory({ finalizers: [finalizer] })),
      ],
      [
        `node "n1" is only allowed to take the finalizer ${finalizer} from a persistent volume`,
        released(directory({ finalizers: ['other'] }, { capacity: { storage: '1Ti' } })),
      ],
      [
        `node "n1" is only allowed to take the finalizer ${finalizer} from a persistent volume`,
        released(directory({ finalizers: ['other'], labels: {} })),
      ],
      [
        'node "n1" is not allowed to modify persistent volume "pv"',
        released(directory({ labels: {} }), directory({ labels: {}, finalizers: [finalizer] })),
      ],
      ['node "n1" is not allowed to update fields other than status.quantity and status.conditions', resized({ phase: 'Lost' })],
      ['node "n1" is not allowed to update fields other than status.quantity and status.conditions', resized({}, { labels: { a: 'b' } })],
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
    expect(await refusal(nodeRestriction, given, new FakeView(...(present ? [present] : [])))).toContain(says);
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
    expect(await refusal(nodeRestriction, mirror(spec), new FakeView(me))).toBe(
      `pods "p" is forbidden: node "n1" can not create pods that reference ${what}`,
    );
  });

  it.each([
    ['kubernetes.io/kubelet-serving', 'system:node:n1', true],
    ['kubernetes.io/kube-apiserver-client-kubelet', 'system:node:n2', false],
    ['kubernetes.io/kubelet-serving', 'n1', false],
    ['example.com/own', 'ann', true],
  ])('asks %s for a certificate of %s: %s', async (signerName, commonName, allowed) => {
    const spec = { signerName, request: await encodedRequest({ commonName }) };
    const object = named('CertificateSigningRequest', 'r', { spec });
    const said = await refusal(nodeRestriction, {
      group: 'certificates.k8s.io',
      resource: 'certificatesigningrequests',
      object,
      who: n1,
    });
    expect(said).toBe(
      allowed
        ? 'no refusal: undefined'
        : 'certificatesigningrequests.certificates.k8s.io "r" is forbidden: can only create a node CSR with CN=system:node:n1',
    );
  });
});
