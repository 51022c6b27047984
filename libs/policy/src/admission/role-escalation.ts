import { deepEqual, type KubeObject, notFound } from '#api';
import type { AdmissionIo, AdmissionPlugin, AdmissionRequest } from '#api-server/contract';
import type { ClusterAuthorizer } from '../authorization/index.ts';
import { refusalOfGrant, uncovered } from '../authorization/index.ts';
import type { PolicyRule } from '../authorization/index.ts';
import { refuse } from './refuse.ts';

const group = 'rbac.authorization.k8s.io';
const superusers = 'system:masters';
const everything: PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

interface RoleShape extends KubeObject {
  rules?: PolicyRule[] | null;
  aggregationRule?: object | null;
}
interface BindingShape extends KubeObject {
  subjects?: object[];
  roleRef: { kind: string; name: string };
}

/** As `IsOnlyMutatingGCFields`: the garbage collector lets go of any role. A label is no such thing, since aggregation goes by labels. */
const onlyForCollection = (next: KubeObject, old: KubeObject | undefined): boolean =>
  old !== undefined && deepEqual(withoutLinks(next), withoutLinks(old));

function withoutLinks({ metadata, ...rest }: KubeObject): unknown {
  const { ownerReferences: _owners, finalizers: _finalizers, managedFields: _fields, resourceVersion: _version, ...kept } = metadata;
  return { ...rest, metadata: kept };
}

/** Nobody grants what he does not hold, unless he may `escalate` or `bind` ("Privilege escalation prevention and bootstrapping"). */
export function roleEscalation(authorizer: Pick<ClusterAuthorizer, 'rbac'>): AdmissionPlugin {
  return {
    name: 'RoleEscalation',
    handles: (verb, resource, subresource) => (verb === 'create' || verb === 'update') && resource.group === group && subresource === '',
    async validate(request, io) {
      if (request.user.groups.includes(superusers)) return;
      if (request.resource.resource.endsWith('bindings')) await checkBinding(request, io, authorizer);
      else await checkRole(request, io, authorizer);
    },
  };
}

async function checkRole(request: AdmissionRequest, io: AdmissionIo, { rbac }: Pick<ClusterAuthorizer, 'rbac'>): Promise<void> {
  const role = request.object as RoleShape;
  if (onlyForCollection(role, request.oldObject)) return;
  const { allowed } = await io.authorize(request.user, {
    verb: 'escalate',
    ...request.resource,
    namespace: request.namespace,
    name: role.metadata.name ?? '',
  });
  if (allowed) return;
  const held = rbac.rulesFor(request.user, request.namespace).rules;
  // It can gather anything, and taking it away can keep others from tightening.
  const aggregates = role.aggregationRule ?? (request.oldObject as RoleShape | undefined)?.aggregationRule;
  if (aggregates && uncovered(held, everything).length) {
    throw refuse(request, `must have cluster-admin privileges to use the aggregationRule`);
  }
  const missing = uncovered(held, role.rules ?? []);
  if (missing.length) throw refuse(request, refusalOfGrant(request.user, missing));
}

async function checkBinding(request: AdmissionRequest, io: AdmissionIo, { rbac }: Pick<ClusterAuthorizer, 'rbac'>): Promise<void> {
  const binding = request.object as BindingShape;
  if (onlyForCollection(binding, request.oldObject)) return;
  const cluster = binding.roleRef.kind === 'ClusterRole';
  const resource = cluster ? 'clusterroles' : 'roles';
  const { allowed } = await io.authorize(request.user, {
    verb: 'bind',
    group,
    version: 'v1',
    resource,
    name: binding.roleRef.name,
    namespace: request.namespace,
  });
  if (allowed) return;
  const wanted = rbac.rulesOf({ apiGroup: group, ...binding.roleRef }, request.namespace);
  if (!wanted) throw notFound({ group, resource }, binding.roleRef.name);
  const missing = uncovered(rbac.rulesFor(request.user, request.namespace).rules, wanted);
  if (missing.length) throw refuse(request, refusalOfGrant(request.user, missing));
}
