import type { KubeObject } from '#api';
import type { AuthorizationAttributes, UserInfo } from '#kinds/contract';
import type { ClusterView } from '../cluster-view.ts';
import { defaultRoles } from './default-rbac/index.ts';
import { type PodShape, PodsByNode, usesClaim, usesConfigMap, usesSecret } from './pods-by-node.ts';
import { ruleAllows } from './policy-rule.ts';

interface Opinion {
  allowed: boolean;
  reason: string;
}

const nodePrefix = 'system:node:';
const yes: Opinion = { allowed: true, reason: '' };
const no = (reason: string): Opinion => ({ allowed: false, reason });
const reads = ['get', 'list', 'watch'];
const nodeRules = defaultRoles.find((role) => role.metadata.name === 'system:node')?.rules ?? [];

/** The node that a user is; undefined for everybody else. */
export function nodeNameOf(user: UserInfo): string | undefined {
  return user.username.startsWith(nodePrefix) && user.groups.includes('system:nodes') ? user.username.slice(nodePrefix.length) : undefined;
}

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
    if (attributes.nonResourcePath !== undefined) return no('');
    const { group, resource, subresource = '' } = attributes;
    switch (`${group}/${resource}`) {
      case '/secrets':
        return this.referenced(node, attributes, reads, (pod) => usesSecret(pod, attributes.name ?? ''));
      case '/configmaps':
        return this.referenced(node, attributes, reads, (pod) => usesConfigMap(pod, attributes.name ?? ''));
      case '/persistentvolumeclaims':
        return this.referenced(node, attributes, subresource === 'status' ? ['get', 'update', 'patch'] : ['get'], (pod) =>
          usesClaim(pod, attributes.name ?? ''),
        );
      case '/persistentvolumes':
        return this.volume(node, attributes);
      case '/serviceaccounts':
        return this.referenced(
          node,
          attributes,
          subresource === 'token' ? ['create'] : reads,
          (pod) => pod.spec?.serviceAccountName === attributes.name,
        );
      case '/nodes':
        return ownNode(node, attributes);
      case 'coordination.k8s.io/leases':
        return ownLease(node, attributes);
      case 'storage.k8s.io/csinodes':
        return ownByName(node, attributes, 'can only access CSINode with the same name as the requesting node');
      default:
        return nodeRules.some((rule) => ruleAllows(rule, attributes)) ? yes : no('');
    }
  }

  private referenced(
    node: string,
    attributes: AuthorizationAttributes,
    verbs: readonly string[],
    uses: (pod: PodShape) => boolean,
  ): Opinion {
    const { verb, subresource, name, namespace = '' } = attributes;
    if (!verbs.includes(verb))
      return no(verbs === reads ? 'can only read resources of this type' : `can only ${verbs.join(', ')} resources of this type`);
    if (subresource && subresource !== 'token' && subresource !== 'status') return no('cannot access subresource');
    if (!name) return no(`No Object name found`);
    if (this.pods.some(node, namespace, uses)) return yes;
    return no(`no relationship found between node '${node}' and this object`);
  }

  /** A volume is the node's when a claim that one of its pods uses is bound to it. */
  private volume(node: string, { verb, subresource, name }: AuthorizationAttributes): Opinion {
    if (verb !== 'get') return no('can only get resources of this type');
    if (subresource) return no('cannot get subresource');
    const volume = this.view.get<KubeObject & { spec?: { claimRef?: { namespace?: string; name?: string } } }>(
      { group: '', version: 'v1', kind: 'PersistentVolume' },
      '',
      name ?? '',
    );
    const claim = volume?.spec?.claimRef;
    return claim?.name && this.pods.some(node, claim.namespace ?? '', (pod) => usesClaim(pod, claim.name ?? ''))
      ? yes
      : no(`no relationship found between node '${node}' and this object`);
  }
}

function ownNode(node: string, { verb, name, subresource = '' }: AuthorizationAttributes): Opinion {
  if (subresource !== '' && subresource !== 'status') return no('cannot access this subresource of nodes');
  if (verb === 'create' && subresource === '') return yes; // NodeRestriction sees the name in the body
  if (['get', 'list', 'watch'].includes(verb)) return yes;
  if (verb !== 'update' && verb !== 'patch') return no(`cannot ${verb} nodes`);
  return name === node ? yes : no(`node '${node}' cannot modify other nodes`);
}

function ownLease(node: string, attributes: AuthorizationAttributes): Opinion {
  const { verb, namespace } = attributes;
  if (!['get', 'create', 'update', 'patch', 'delete'].includes(verb)) {
    return no('can only get, create, update, patch, or delete a node lease');
  }
  if (namespace !== 'kube-node-lease') return no('can only access leases in the "kube-node-lease" system namespace');
  return ownByName(node, attributes, 'can only access node lease with the same name as the requesting node');
}

function ownByName(node: string, { verb, name }: AuthorizationAttributes, reason: string): Opinion {
  return verb === 'create' || name === node ? yes : no(reason);
}
