import { ApiError, type KubeObject } from '#api';
import type { ClusterView } from '#api-server/contract';
import type { Resource, ResourceService, WriteRequest } from '#api-server/contract';
import { lookUp } from '#base';
import type { UserInfo } from '#kinds/contract';
import { type BindingObject, type PolicyRule, type RoleObject, rbacGroup, type Subject } from './default-rbac/notation.ts';
import { defaultBindings, defaultRoles } from './default-rbac/index.ts';
import { uncovered } from './policy-rule.ts';

/** The api-server acting for itself. */
export const apiServerUser: UserInfo = { username: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };

const autoupdate = 'rbac.authorization.kubernetes.io/autoupdate';
/** Names of what Berth's own parts are granted; nobody else has anything to add there. */
const ownPrefix = 'berth:';
const plurals: Readonly<Record<string, string>> = {
  Role: 'roles',
  ClusterRole: 'clusterroles',
  RoleBinding: 'rolebindings',
  ClusterRoleBinding: 'clusterrolebindings',
};

/** Every role and binding that a cluster begins with. */
export const defaultRbac: readonly KubeObject[] = [...defaultRoles, ...defaultBindings];

/**
 * Makes the default roles and bindings anew where they are missing and gives back what was taken from them, unless their
 * `autoupdate` annotation says "false" ("Auto-reconciliation"). What was added to them stays, but for those of Berth's own parts: what an
 * older build granted them beyond what they need now is taken back. Idempotent; throws ApiError when a write is refused, but for one
 * that another api-server made first.
 */
export async function reconcileDefaultRbac(service: ResourceService, view: Pick<ClusterView, 'get'>): Promise<void> {
  const writes = defaultRbac.flatMap((wanted): WriteRequest[] => {
    const target = { user: apiServerUser, resource: rbacResource(wanted.kind), namespace: wanted.metadata.namespace ?? '' };
    const { namespace, name = '' } = wanted.metadata;
    const present = view.get<KubeObject>({ group: rbacGroup, version: 'v1', kind: wanted.kind }, namespace ?? '', name);
    if (!present) return [{ ...target, verb: 'create', body: { value: wanted } }];
    const next = mended(wanted as RoleObject & BindingObject, present as RoleObject & BindingObject);
    return next ? [{ ...target, verb: 'update', name, body: { value: next } }] : [];
  });
  if (writes.length === 0) return;
  for (const outcome of await service.writeMany(writes)) {
    if (!outcome.ok && outcome.status.code !== 409) throw ApiError.fromStatus(outcome.status);
  }
}

/** Where objects of an RBAC kind are written to. */
export function rbacResource(kind: string): Resource {
  return { group: rbacGroup, version: 'v1', resource: lookUp(plurals, kind) ?? '' };
}

/** The present object with everything that the default one has; undefined when it has it already or wants to be left alone. */
function mended(wanted: RoleObject & BindingObject, present: RoleObject & BindingObject): KubeObject | undefined {
  const { labels = {}, annotations = {} } = present.metadata;
  if (annotations[autoupdate] === 'false') return undefined;
  const labelled = lacks(labels, wanted.metadata.labels) || lacks(annotations, wanted.metadata.annotations);
  const rules: PolicyRule[] = wanted.aggregationRule ? [] : missingRules(present.rules ?? [], wanted.rules ?? []);
  const subjects = (wanted.subjects ?? []).filter((subject) => !(present.subjects ?? []).some((other) => sameSubject(subject, other)));
  const exact = (wanted.metadata.name ?? '').startsWith(ownPrefix) && holdsMore(present, wanted);
  const unaggregated = wanted.aggregationRule !== undefined && present.aggregationRule === undefined;
  if (!labelled && !unaggregated && !exact && rules.length === 0 && subjects.length === 0) return undefined;
  return {
    ...present,
    metadata: {
      ...present.metadata,
      labels: { ...wanted.metadata.labels, ...labels },
      annotations: { ...wanted.metadata.annotations, ...annotations },
    },
    ...(unaggregated && { aggregationRule: wanted.aggregationRule }),
    ...(rules.length && { rules: [...(present.rules ?? []), ...rules] }),
    ...(subjects.length && { subjects: [...(present.subjects ?? []), ...subjects] }),
    ...(exact && { rules: wanted.rules, subjects: wanted.subjects }),
  } as KubeObject;
}

function holdsMore(present: RoleObject & BindingObject, wanted: RoleObject & BindingObject): boolean {
  const held = wanted.subjects ?? [];
  return (
    missingRules(wanted.rules ?? [], present.rules ?? []).length > 0 ||
    (present.subjects ?? []).some((subject) => !held.some((other) => sameSubject(subject, other)))
  );
}

/** By what the rules allow, not by how they are written: an administrator may have merged or split them. */
function missingRules(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.filter((rule) => uncovered(held, [rule]).length > 0);
}

/** Only names are compared: a value that somebody changed is theirs. */
function lacks(present: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>> | undefined): boolean {
  return Object.keys(wanted ?? {}).some((key) => lookUp(present, key) === undefined);
}

function sameSubject(a: Subject, b: Subject): boolean {
  return a.kind === b.kind && a.name === b.name && (a.namespace ?? '') === (b.namespace ?? '');
}
