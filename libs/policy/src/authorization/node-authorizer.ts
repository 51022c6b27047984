import type { Requirement } from '#api';
import type { ClusterView } from '#api-server/contract';
import type { Ingress, IngressClass, PersistentVolume, PersistentVolumeClaim } from '#api/types';
import { lookUp } from '#base';
import type { AuthorizationAttributes, UserInfo } from '#kinds/contract';
import {
  claimNames,
  configMapNames,
  gvks,
  isServedIngress,
  localStorage,
  nodeNameOf,
  type PodShape,
  secretNames,
  usesSecret,
} from '#objects';
import { defaultRoles } from './default-rbac/index.ts';
import { PodsByNode } from './pods-by-node.ts';
import { ruleAllows } from './policy-rule.ts';

interface Opinion {
  allowed: boolean;
  reason: string;
}

const yes: Opinion = { allowed: true, reason: '' };
const no = (reason: string): Opinion => ({ allowed: false, reason });
const reads = ['get', 'list', 'watch'];
const nodeRules = defaultRoles.find((role) => role.metadata.name === 'system:node')?.rules ?? [];

/** "Using Node Authorization": a node reads what the pods bound to it refer to, and writes what is its own. */
export class NodeAuthorizer {
  private readonly pods: PodsByNode;

  constructor(private readonly view: ClusterView) {
    this.pods = new PodsByNode(view);
  }

  /** Undefined when the user is no node. */
  decide(user: UserInfo, attributes: AuthorizationAttributes): Opinion | undefined {
    const node = nodeNameOf(user);
    if (node === undefined) return undefined;
    if (node === '') return no(`unknown node for user ${JSON.stringify(user.username)}`);
    if (attributes.nonResourcePath !== undefined) return no('');
    const { group, resource, subresource = '', name = '' } = attributes;
    switch (`${group}/${resource}`) {
      case '/secrets':
        return this.secret(node, attributes);
      case '/configmaps':
        return this.readable(node, attributes, (pod) => configMapNames(pod).includes(name));
      case '/persistentvolumeclaims':
        return this.claim(node, attributes);
      case '/persistentvolumes':
        return this.volume(node, attributes);
      case '/serviceaccounts':
        return subresource === 'token' ? this.token(node, attributes) : this.readable(node, attributes, runsAs(name));
      case '/nodes':
        return ownNode(node, attributes);
      case '/pods':
        return this.pod(node, attributes);
      case 'coordination.k8s.io/leases':
        return ownLease(node, attributes);
      case 'storage.k8s.io/csinodes':
        return ownCsiNode(node, attributes);
      default:
        return nodeRules.some((rule) => ruleAllows(rule, attributes)) ? yes : no('');
    }
  }

  /** Secrets, ConfigMaps and accounts: single objects that a pod of this node refers to. A list or watch has to name one as well. */
  private readable(node: string, attributes: AuthorizationAttributes, uses: (pod: PodShape) => boolean): Opinion {
    if (!reads.includes(attributes.verb)) return no('can only read resources of this type');
    if (attributes.subresource) return no('cannot read subresource');
    if (!attributes.namespace) return no('can only read namespaced object of this type');
    return this.related(node, attributes, uses);
  }

  /**
   * Whether some pod that is bound to the node uses the object. The graph follows the watch cache, so a node may be a moment early and
   * tries again.
   */
  private related(node: string, { namespace = '', name }: AuthorizationAttributes, uses: (pod: PodShape) => boolean): Opinion {
    if (!name) return no('No Object name found');
    return this.pods.some(node, namespace, uses) ? yes : unrelated(node);
  }

  /** PersistentVolumeClaims are only read one by one; their status is written when a volume has been resized. */
  private claim(node: string, attributes: AuthorizationAttributes): Opinion {
    const { verb, subresource, name = '' } = attributes;
    if (subresource === 'status') {
      if (verb !== 'update' && verb !== 'patch') return no('can only get/update/patch this type');
    } else {
      if (verb !== 'get') return no('can only get individual resources of this type');
      if (subresource) return no('cannot get subresource');
    }
    return this.related(node, attributes, (pod) => claimNames(pod).includes(name));
  }

  /** A token for an account that a pod of the node runs as; that it is bound to that pod is NodeRestriction's to check (KEP-1205). */
  private token(node: string, attributes: AuthorizationAttributes): Opinion {
    const { verb, name } = attributes;
    if (verb !== 'create' || !name) return no('can only create tokens for individual service accounts');
    return this.related(node, attributes, runsAs(name));
  }

  /**
   * A volume is the node's when a claim that one of its pods uses is bound to it, or when it is one of the built-in storage whose directory is
   * here. Those it lists, and lets go of when the directory is no more; that it changes nothing else is NodeRestriction's to check.
   */
  private volume(node: string, { verb, subresource, name = '', labelSelector = [] }: AuthorizationAttributes): Opinion {
    if (subresource) return no('cannot get subresource');
    if ((verb === 'list' || verb === 'watch') && labelSelector.some((term) => isOwnDirectories(term, node))) return yes;
    if (verb !== 'get' && verb !== 'patch') return no('can only get individual resources of this type');
    const volume = this.view.get<PersistentVolume>(gvks.PersistentVolume, '', name);
    if (lookUp(volume?.metadata.labels, localStorage.nodeLabel) === node) return yes;
    if (verb === 'patch') return unrelated(node);
    const { namespace = '', name: claim } = volume?.spec?.claimRef ?? {};
    return claim && this.pods.some(node, namespace, (pod) => claimNames(pod).includes(claim)) ? yes : unrelated(node);
  }

  /**
   * Secrets that a pod names, or the volume behind one of its claims (CSI's, and those of older types), and the certificates of Ingresses,
   * which every node serves.
   */
  private secret(node: string, attributes: AuthorizationAttributes): Opinion {
    const { namespace = '', name = '' } = attributes;
    const opinion = this.readable(node, attributes, (pod) => secretNames(pod).includes(name));
    if (opinion.allowed || !reads.includes(attributes.verb) || attributes.subresource || !name) return opinion;
    const isOfVolume = this.pods.someAnywhere(node, (pod) => this.volumesOf(pod).some((volume) => namesSecret(volume, namespace, name)));
    return isOfVolume || this.isServed(namespace, name) ? yes : opinion;
  }

  private isServed(namespace: string, secret: string): boolean {
    const classNamed = (name: string): IngressClass | undefined => this.view.get<IngressClass>(gvks.IngressClass, '', name);
    const ingresses = namespace ? this.view.list<Ingress>(gvks.Ingress, namespace) : [];
    return ingresses.some((each) => usesSecret(each, secret) && isServedIngress(each, classNamed));
  }

  private volumesOf(pod: PodShape): PersistentVolume[] {
    const { namespace = '' } = pod.metadata;
    return claimNames(pod).flatMap((claimName) => {
      const claim = this.view.get<PersistentVolumeClaim>(gvks.PersistentVolumeClaim, namespace, claimName);
      const volume = claim?.spec?.volumeName && this.view.get<PersistentVolume>(gvks.PersistentVolume, '', claim.spec.volumeName);
      // Both have to say so: a claim may name any volume.
      return volume && volume.spec?.claimRef?.uid === claim.metadata.uid ? [volume] : [];
    });
  }

  /** What is in the body of the writes is left to NodeRestriction. Reads are of the node's own pods alone (KEP-4601). */
  private pod(node: string, { verb, subresource = '', namespace = '', name, fieldSelector = [] }: AuthorizationAttributes): Opinion {
    if (subresource === 'status') return verb === 'update' || verb === 'patch' ? yes : no('');
    if (subresource === 'eviction') return verb === 'create' ? yes : no('');
    if (subresource !== '') return no('');
    if (verb === 'create' || verb === 'delete') return yes;
    if (!reads.includes(verb)) return no('');
    if (verb !== 'get' && fieldSelector.some((term) => term.field === 'spec.nodeName' && term.operator === '=' && term.value === node)) {
      return yes;
    }
    if (name) return this.pods.runs(node, namespace, name) ? yes : unrelated(node);
    return no(verb === 'get' ? 'No Object name found' : 'can only list/watch pods with spec.nodeName field selector');
  }
}

const isOwnDirectories = ({ key, operator, values }: Requirement, node: string): boolean =>
  key === localStorage.nodeLabel && ['=', '==', 'in'].includes(operator) && values.length === 1 && values[0] === node;

/** `k8s.io/kubernetes/pkg/api/v1/persistentvolume.VisitPVSecretNames`; without a namespace it is that of the claim. */
function namesSecret({ spec }: PersistentVolume, namespace: string, name: string): boolean {
  const { csi, iscsi } = spec ?? {};
  const references = [csi?.nodeStageSecretRef, csi?.nodePublishSecretRef, csi?.nodeExpandSecretRef, iscsi?.secretRef];
  return references.some((ref) => ref?.name === name && (ref.namespace || spec?.claimRef?.namespace) === namespace);
}

const runsAs =
  (account: string) =>
  (pod: PodShape): boolean =>
    pod.spec?.serviceAccountName === account;
const unrelated = (node: string): Opinion => no(`no relationship found between node '${node}' and this object`);

/** Its own Node alone, also before it is there (KEP-4601). Whose Node is written is left to NodeRestriction. */
function ownNode(node: string, { verb, name = '', subresource = '' }: AuthorizationAttributes): Opinion {
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? yes : no('');
  if (subresource !== '') return no('');
  if (['create', 'update', 'patch'].includes(verb)) return yes;
  if (!reads.includes(verb)) return no('');
  if (name === node) return yes;
  return no(
    name === ''
      ? `node '${node}' cannot read all nodes, only its own Node object`
      : `node '${node}' cannot read '${name}', only its own Node object`,
  );
}

const ownVerbs = ['get', 'create', 'update', 'patch', 'delete'];

/** Its heartbeat (KEP-589). A create names no object in its path, so whose it is NodeRestriction finds in the body. */
function ownLease(node: string, { verb, namespace, name }: AuthorizationAttributes): Opinion {
  if (!ownVerbs.includes(verb)) return no('can only get, create, update, patch, or delete a node lease');
  if (namespace !== 'kube-node-lease') return no('can only access leases in the "kube-node-lease" system namespace');
  return verb === 'create' || name === node ? yes : no('can only access node lease with the same name as the requesting node');
}

function ownCsiNode(node: string, { verb, subresource, name }: AuthorizationAttributes): Opinion {
  if (!ownVerbs.includes(verb)) return no('can only get, create, update, patch, or delete a CSINode');
  if (subresource) return no('cannot authorize CSINode subresources');
  return verb === 'create' || name === node ? yes : no('can only access CSINode with the same name as the requesting node');
}
