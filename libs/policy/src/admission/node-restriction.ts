import { deepEqual, type KubeObject, notFound } from '#api';
import type { AdmissionIo, AdmissionPlugin, AdmissionRequest } from '#api-server/contract';
import type { CSIDriver, Node, OwnerReference, PersistentVolume, PersistentVolumeClaim, Pod, TokenRequest } from '#api/types';
import { lookUp } from '#base';
import { claimNames, gvks, isMirrorPod, localStorage, mountsToken, nodeLabels, nodeNameOf, oldNodeLabels, referredKinds } from '#objects';
import { refuse } from './refuse.ts';
import { requireOwnName } from './signer-access.ts';

const checked = new Set([
  '/pods',
  '/nodes',
  '/serviceaccounts',
  '/persistentvolumes',
  '/persistentvolumeclaims',
  'coordination.k8s.io/leases',
  'storage.k8s.io/csinodes',
  'certificates.k8s.io/certificatesigningrequests',
]);

/** Labels below kubernetes.io and k8s.io that a node may set on itself. KEP-279 §"Labels". */
const ownLabels = new Set<string>([
  ...Object.values(nodeLabels),
  ...Object.keys(oldNodeLabels),
  'failure-domain.kubernetes.io/zone',
  'failure-domain.kubernetes.io/region',
]);
const ownLabelNamespaces = ['kubelet.kubernetes.io', 'node.kubernetes.io'];

/** What the node authorizer cannot see, since it is in the body: a node writes its own Node, Lease and pods, and nothing else. */
export const nodeRestriction: AdmissionPlugin = {
  name: 'NodeRestriction',
  handles: (verb, resource) => verb !== 'connect' && checked.has(`${resource.group}/${resource.resource}`),
  async validate(request, io) {
    if (!request.user.groups.includes('system:nodes')) return;
    const node = nodeNameOf(request.user);
    if (!node) throw refuse(request, `could not determine node from user ${JSON.stringify(request.user.username)}`);
    const { resource, subresource } =
      request.resource.resource === 'pods'
        ? { resource: 'pods', subresource: request.subresource }
        : { resource: request.resource.resource, subresource: '' };
    if (resource === 'pods') checkPod(request, node, io, subresource);
    else if (resource === 'nodes') checkNode(request, node);
    else if (resource === 'serviceaccounts') await checkToken(request, node, io);
    else if (resource === 'persistentvolumes') checkVolume(request, node);
    else if (resource === 'persistentvolumeclaims') checkClaim(request, node);
    else if (resource === 'leases') checkLease(request, node);
    else if (resource === 'certificatesigningrequests') requireOwnName(request, node);
    else checkOwnName(request, node, 'can only access CSINode with the same name as the requesting node');
  },
};

/**
 * A node may write the status of its own pods, delete and evict them, and make their mirror pods; nothing else of a pod is its business.
 */
function checkPod(request: AdmissionRequest, node: string, io: AdmissionIo, subresource: string): void {
  const quoted = JSON.stringify(node);
  const object = request.object as Pod | undefined;
  const old = request.oldObject as Pod | undefined;
  if (subresource === 'eviction') {
    const pod = io.get<Pod>(gvks.Pod, request.namespace, request.name);
    if (pod && pod.spec.nodeName !== node) throw refuse(request, `node ${node} can only evict pods with spec.nodeName set to itself`);
  } else if (subresource === 'status') {
    if (old?.spec.nodeName !== node)
      throw refuse(request, `node ${quoted} can only update pod status for pods with spec.nodeName set to itself`);
    if (changedLabels(object, old).length > 0) throw refuse(request, `node ${quoted} cannot update labels through pod status`);
    if (!same(claimStatuses(old), claimStatuses(object))) throw refuse(request, `node ${quoted} cannot update resource claim statues`);
  } else if (subresource !== '') {
    throw refuse(request, `unexpected pod subresource ${JSON.stringify(subresource)}, only 'status' and 'eviction' are allowed`);
  } else if (request.verb === 'create') {
    checkMirrorPod(request, node, io);
  } else if (request.verb === 'delete') {
    const pod = old ?? io.get<Pod>(gvks.Pod, request.namespace, request.name);
    if (pod && pod.spec.nodeName !== node) throw refuse(request, `node ${quoted} can only delete pods with spec.nodeName set to itself`);
  } else {
    throw refuse(request, `unexpected operation "${request.verb.toUpperCase()}", node ${quoted} can only create and delete mirror pods`);
  }
}

/** By their JSON: both sides come through the same decoder, so fields stand in the same order. */
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
const claimStatuses = (pod: Pod | undefined): [string, string | undefined][] =>
  (pod?.status?.resourceClaimStatuses ?? []).map(({ name, resourceClaimName }) => [name, resourceClaimName]);

/** A mirror pod shows what its node runs by itself: it belongs to that Node, and opens no other object to it. */
function checkMirrorPod(request: AdmissionRequest, node: string, io: AdmissionIo): void {
  const pod = request.object as Pod;
  const quoted = JSON.stringify(node);
  if (!isMirrorPod(pod)) {
    throw refuse(request, `pod does not have "kubernetes.io/config.mirror" annotation, node ${quoted} can only create mirror pods`);
  }
  if (pod.spec.nodeName !== node) throw refuse(request, `node ${quoted} can only create pods with spec.nodeName set to itself`);
  const why = wrongOwner(pod.metadata.ownerReferences ?? [], node);
  if (why) throw refuse(request, `node ${quoted} ${why}`);
  const { uid } = pod.metadata.ownerReferences![0]!;
  const known = io.get(gvks.Node, '', node);
  if (!known) throw notFound({ group: '', resource: 'nodes' }, node);
  if (known.metadata.uid !== uid) throw refuse(request, `node ${node} UID mismatch: expected ${uid} got ${known.metadata.uid}`);
  const [referred] = referredKinds(pod);
  if (referred) throw refuse(request, `node ${quoted} can not create pods that reference ${referred}`);
}

function wrongOwner(owners: readonly OwnerReference[], node: string): string | undefined {
  const [owner] = owners;
  if (owners.length > 1) return 'can only create pods with a single owner reference set to itself';
  if (!owner || owner.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node) {
    return 'can only create pods with an owner reference set to itself';
  }
  if (!owner.controller) return 'can only create pods with a controller owner reference set to itself';
  return owner.blockOwnerDeletion ? 'must not set blockOwnerDeletion on an owner reference' : undefined;
}

/** A node writes its own Node only, and may not lift what an administrator has put there: taints, restricted labels, who owns it. */
function checkNode(request: AdmissionRequest, node: string): void {
  const quoted = JSON.stringify(node);
  const requested = request.name || request.object?.metadata.name || '';
  if (requested !== node) throw refuse(request, `node ${quoted} is not allowed to modify node ${JSON.stringify(requested)}`);
  const next = request.object as Node | undefined;
  const old = request.oldObject as Node | undefined;
  if (next?.spec?.configSource && !same(next.spec.configSource, old?.spec?.configSource)) {
    throw refuse(
      request,
      `node ${quoted} is not allowed to ${old ? 'update configSource to a new' : 'create pods with a'} non-nil configSource`,
    );
  }
  if (request.verb === 'update' && !sameList(next?.spec?.taints, old?.spec?.taints)) {
    throw refuse(request, `node ${quoted} is not allowed to modify taints`);
  }
  if (request.verb !== 'create' && request.verb !== 'update') return;
  // By an owner that is not there, the garbage collector would delete the Node for it, whose taints and labels end with it (CVE-2025-5187).
  for (const links of ['ownerReferences', 'finalizers'] as const) {
    if (!sameList(next?.metadata[links], old?.metadata[links])) throw refuse(request, `node ${quoted} is not allowed to modify ${links}`);
  }
  const foreign = changedLabels(next, old).filter((label) => !mayLabel(label));
  if (foreign.length === 0) return;
  const verb = request.verb === 'create' ? `node ${quoted} is not allowed to set the following` : 'is not allowed to modify';
  throw refuse(request, `${verb} labels: ${foreign.join(', ')}`);
}

const sameList = (a: readonly unknown[] = [], b: readonly unknown[] = []): boolean => same(a, b);

/** Names of labels that were set, changed or taken away, in order. */
function changedLabels(next: KubeObject | undefined, old: KubeObject | undefined): string[] {
  const after = next?.metadata.labels ?? {};
  const before = old?.metadata.labels ?? {};
  return [...new Set([...Object.keys(after), ...Object.keys(before)])]
    .filter((label) => lookUp(after, label) !== lookUp(before, label))
    .sort();
}

/**
 * Labels outside of Kubernetes' own domains are free. `node-restriction.kubernetes.io/` never is: workloads are kept to trusted nodes by
 * it (Kubernetes, "Assigning Pods to Nodes", "Node isolation/restriction").
 */
function mayLabel(label: string): boolean {
  const slash = label.indexOf('/');
  if (slash < 0) return true;
  const namespace = label.slice(0, slash);
  const within = (domain: string): boolean => namespace === domain || namespace.endsWith(`.${domain}`);
  if (within('node-restriction.kubernetes.io')) return false;
  if (!within('kubernetes.io') && !within('k8s.io')) return true;
  return ownLabels.has(label) || ownLabelNamespaces.some(within);
}

/** Tokens only for pods that run here, bound to them, and for audiences that they mount. */
async function checkToken(request: AdmissionRequest, node: string, io: AdmissionIo): Promise<void> {
  if (request.subresource !== 'token') return;
  const spec = (request.object as TokenRequest | undefined)?.spec;
  const reference = spec?.boundObjectRef;
  const audiences = spec?.audiences ?? []; // null when none is asked for
  if (reference?.apiVersion !== 'v1' || reference.kind !== 'Pod' || !reference.name) {
    throw refuse(request, 'node requested token not bound to a pod');
  }
  if (!reference.uid) throw refuse(request, 'node requested token with a pod binding without a uid');
  const pod = io.get<Pod>(gvks.Pod, request.namespace, reference.name);
  if (!pod) throw notFound({ group: '', resource: 'pods' }, reference.name);
  if (pod.metadata.uid !== reference.uid) {
    throw refuse(
      request,
      `the UID in the bound object reference (${reference.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  if (pod.spec.nodeName !== node) throw refuse(request, 'node requested token bound to a pod scheduled on a different node');
  if (audiences.length > 1) throw refuse(request, 'node may only request 0 or 1 audiences');
  await checkAudience(request, pod, { audience: audiences[0] ?? '', io });
}

/** KEP-4412: an audience that the pod does not mount has to be granted as a resource of its own. */
async function checkAudience(request: AdmissionRequest, pod: Pod, { audience, io }: { audience: string; io: AdmissionIo }): Promise<void> {
  if (mountsToken(pod, audience) || driversOf(pod, io).some((driver) => asksFor(driver, audience, io))) return;
  const { user, namespace, name } = request;
  const attributes = { verb: 'request-serviceaccounts-token-audience', group: '', version: 'v1', resource: audience, namespace, name };
  if ((await io.authorize(user, attributes)).allowed) return;
  const quoted = JSON.stringify(audience);
  throw refuse(
    request,
    `audience ${quoted} not found in pod spec volume, ${user.username} is not authorized to request tokens for this audience`,
  );
}

/** Of a volume whose directory it has, a node says that it has no longer, and nothing else. */
function checkVolume(request: AdmissionRequest, node: string): void {
  const quoted = JSON.stringify(node);
  if (request.verb !== 'update') throw refuse(request, `node ${quoted} is not allowed to ${request.verb} persistent volumes`);
  const [next, old] = [request.object, request.oldObject] as [KubeObject, KubeObject];
  if (lookUp(old.metadata.labels, localStorage.nodeLabel) !== node) {
    throw refuse(request, `node ${quoted} is not allowed to modify persistent volume ${JSON.stringify(request.name)}`);
  }
  const without = ({ metadata, ...rest }: KubeObject): unknown => {
    const { finalizers = [], managedFields: _fields, resourceVersion: _version, generation: _generation, ...others } = metadata;
    return { ...rest, metadata: { ...others, finalizers: finalizers.filter((each) => each !== localStorage.finalizer) } };
  };
  if (!deepEqual(without(next), without(old))) {
    throw refuse(request, `node ${quoted} is only allowed to take the finalizer ${localStorage.finalizer} from a persistent volume`);
  }
}

/** What has become of a resize: `pkg/apis/core/v1` PersistentVolumeClaimStatus, by k8s.io/kubernetes/plugin/pkg/admission/noderestriction. */
function checkClaim(request: AdmissionRequest, node: string): void {
  const quoted = JSON.stringify(node);
  if (request.verb !== 'update' || request.subresource !== 'status') {
    throw refuse(request, `unexpected operation ${JSON.stringify(request.verb.toUpperCase())}`);
  }
  const bare = (claim: KubeObject): unknown => {
    const { status, metadata, ...rest } = claim as PersistentVolumeClaim;
    const { capacity: _capacity, conditions: _conditions, ...others } = status ?? {};
    const { allocatedResources: _resources, allocatedResourceStatuses: _statuses, ...kept } = others;
    const { currentVolumeAttributesClassName: _class, modifyVolumeStatus: _modify, ...left } = kept;
    const { managedFields: _fields, resourceVersion: _version, ...own } = metadata;
    return { ...rest, metadata: own, status: left };
  };
  if (!deepEqual(bare(request.object!), bare(request.oldObject!))) {
    throw refuse(request, `node ${quoted} is not allowed to update fields other than status.quantity and status.conditions`);
  }
}

/** CSI drivers of a pod's volumes, its own and those behind its claims. */
function driversOf(pod: Pod, io: AdmissionIo): string[] {
  const { namespace = '' } = pod.metadata;
  const inline = (pod.spec.volumes ?? []).flatMap(({ csi }) => csi?.driver ?? []);
  const claimed = claimNames(pod).flatMap((name) => {
    const volumeName = io.get<PersistentVolumeClaim>(gvks.PersistentVolumeClaim, namespace, name)?.spec.volumeName;
    return (volumeName && io.get<PersistentVolume>(gvks.PersistentVolume, '', volumeName)?.spec.csi?.driver) || [];
  });
  return [...inline, ...claimed];
}

/** KEP-2047: a driver is given tokens of the pods that it mounts for. */
const asksFor = (driver: string, audience: string, io: AdmissionIo): boolean =>
  io.get<CSIDriver>(gvks.CSIDriver, '', driver)?.spec.tokenRequests?.some((request) => request.audience === audience) ?? false;

/** A node's heartbeat: its Lease in the one namespace, under its own name (KEP-589). */
function checkLease(request: AdmissionRequest, node: string): void {
  if (request.namespace !== 'kube-node-lease') {
    throw refuse(request, 'can only access leases in the "kube-node-lease" system namespace');
  }
  checkOwnName(request, node, 'can only access node lease with the same name as the requesting node');
}

function checkOwnName(request: AdmissionRequest, node: string, why: string): void {
  if ((request.name || request.object?.metadata.name) !== node) throw refuse(request, why);
}
