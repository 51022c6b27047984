import type { KubeObject } from '#api';
import type { Node, Pod, TokenRequest } from '#api/types';
import { nodeNameOf } from '../authorization/index.ts';
import type { AdmissionIo, AdmissionPlugin, AdmissionRequest } from '../contract.ts';
import { refuse } from './refuse.ts';

const podKind = { group: '', version: 'v1', kind: 'Pod' } as const;
const mirrorAnnotation = 'kubernetes.io/config.mirror';
const checked = new Set(['/pods', '/nodes', '/serviceaccounts', 'coordination.k8s.io/leases', 'storage.k8s.io/csinodes']);

/** Labels below kubernetes.io and k8s.io that a node may set on itself. KEP-279 §"Labels". */
const ownLabels = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/arch',
  'kubernetes.io/os',
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.kubernetes.io/zone',
  'failure-domain.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
]);
const ownLabelNamespaces = ['kubelet.kubernetes.io', 'node.kubernetes.io'];

/** What the node authorizer cannot see, since it is in the body: a node writes its own Node, Lease and pods, and nothing else. */
export const nodeRestriction: AdmissionPlugin = {
  name: 'NodeRestriction',
  handles: (verb, resource) => verb !== 'connect' && checked.has(`${resource.group}/${resource.resource}`),
  validate(request, io) {
    if (!request.user.groups.includes('system:nodes')) return;
    const node = nodeNameOf(request.user);
    if (!node) throw refuse(request, `could not determine node from user ${JSON.stringify(request.user.username)}`);
    const { resource, subresource } =
      request.resource.resource === 'pods'
        ? { resource: 'pods', subresource: request.subresource }
        : { resource: request.resource.resource, subresource: '' };
    if (resource === 'pods') checkPod(request, node, io, subresource);
    else if (resource === 'nodes') checkNode(request, node);
    else if (resource === 'serviceaccounts') checkToken(request, node, io);
    else if (resource === 'leases') checkLease(request, node);
    else checkOwnName(request, node, 'can only access CSINode with the same name as the requesting node');
  },
};

function checkPod(request: AdmissionRequest, node: string, io: AdmissionIo, subresource: string): void {
  const quoted = JSON.stringify(node);
  const object = request.object as Pod | undefined;
  const old = request.oldObject as Pod | undefined;
  if (subresource === 'eviction') {
    const pod = io.get<Pod>(podKind, request.namespace, request.name);
    if (pod && pod.spec.nodeName !== node) throw refuse(request, `node ${node} can only evict pods with spec.nodeName set to itself`);
  } else if (subresource === 'status') {
    if (old?.spec.nodeName !== node)
      throw refuse(request, `node ${quoted} can only update pod status for pods with spec.nodeName set to itself`);
    if (JSON.stringify(old.metadata.labels ?? {}) !== JSON.stringify(object?.metadata.labels ?? {})) {
      throw refuse(request, `node ${quoted} cannot update labels through pod status`);
    }
  } else if (subresource !== '') {
    throw refuse(request, `unexpected pod subresource ${JSON.stringify(subresource)}, only 'status' and 'eviction' are allowed`);
  } else if (request.verb === 'create') {
    if (object?.metadata.annotations?.[mirrorAnnotation] === undefined) {
      throw refuse(request, `pod does not have ${JSON.stringify(mirrorAnnotation)} annotation, node ${quoted} can only create mirror pods`);
    }
    if (object.spec.nodeName !== node) throw refuse(request, `node ${quoted} can only create pods with spec.nodeName set to itself`);
  } else if (request.verb === 'delete') {
    const pod = old ?? io.get<Pod>(podKind, request.namespace, request.name);
    if (pod && pod.spec.nodeName !== node) throw refuse(request, `node ${quoted} can only delete pods with spec.nodeName set to itself`);
  } else {
    throw refuse(request, `unexpected operation "${request.verb.toUpperCase()}", node ${quoted} can only create and delete mirror pods`);
  }
}

function checkNode(request: AdmissionRequest, node: string): void {
  const requested = request.name || request.object?.metadata.name || '';
  if (requested !== node) throw refuse(request, `node ${JSON.stringify(node)} is not allowed to modify node ${JSON.stringify(requested)}`);
  const next = request.object as Node | undefined;
  const old = request.oldObject as Node | undefined;
  if (
    request.verb === 'update' &&
    request.subresource === '' &&
    JSON.stringify(next?.spec?.taints ?? []) !== JSON.stringify(old?.spec?.taints ?? [])
  ) {
    throw refuse(request, `node ${JSON.stringify(node)} is not allowed to modify taints`);
  }
  if (request.verb === 'create' || request.verb === 'update') {
    const foreign = changedLabels(next, old).filter((label) => !mayLabel(label));
    if (foreign.length) throw refuse(request, `is not allowed to modify labels: ${foreign.join(', ')}`);
  }
}

function changedLabels(next: KubeObject | undefined, old: KubeObject | undefined): string[] {
  const after = next?.metadata.labels ?? {};
  const before = old?.metadata.labels ?? {};
  return [...new Set([...Object.keys(after), ...Object.keys(before)])].filter((label) => after[label] !== before[label]).sort();
}

function mayLabel(label: string): boolean {
  const slash = label.indexOf('/');
  if (slash < 0) return true;
  const namespace = label.slice(0, slash);
  const within = (domain: string): boolean => namespace === domain || namespace.endsWith(`.${domain}`);
  if (within('node-restriction.kubernetes.io')) return false;
  if (!within('kubernetes.io') && !within('k8s.io')) return true;
  return ownLabels.has(label) || ownLabelNamespaces.some(within);
}

/** Tokens only for pods that run here, bound to them. */
function checkToken(request: AdmissionRequest, node: string, io: AdmissionIo): void {
  if (request.subresource !== 'token') return;
  const reference = (request.object as TokenRequest | undefined)?.spec?.boundObjectRef;
  if (reference?.apiVersion !== 'v1' || reference.kind !== 'Pod' || !reference.name) {
    throw refuse(request, 'node requested token not bound to a pod');
  }
  if (!reference.uid) throw refuse(request, 'node requested token with a pod binding without a uid');
  const pod = io.get<Pod>(podKind, request.namespace, reference.name);
  if (!pod) throw refuse(request, `pod "${reference.name}" not found`);
  if (pod.metadata.uid !== reference.uid) {
    throw refuse(
      request,
      `the UID in the bound object reference (${reference.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  if (pod.spec.nodeName !== node) throw refuse(request, 'node requested token bound to a pod scheduled on a different node');
}

function checkLease(request: AdmissionRequest, node: string): void {
  if (request.namespace !== 'kube-node-lease') {
    throw refuse(request, 'can only access leases in the "kube-node-lease" system namespace');
  }
  checkOwnName(request, node, 'can only access node lease with the same name as the requesting node');
}

function checkOwnName(request: AdmissionRequest, node: string, why: string): void {
  if ((request.name || request.object?.metadata.name) !== node) throw refuse(request, why);
}
