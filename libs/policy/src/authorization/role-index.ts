import type { Gvk, KubeObject } from '#api';
import type { ClusterView } from '#api-server/contract';
import type { UserInfo } from '#kinds/contract';
import { aggregatedRules, type LabelledRole } from './aggregation.ts';
import { type BindingObject, type PolicyRule, type RoleRef, rbacGroup, type Subject } from './default-rbac/notation.ts';

const kindOf = (kind: string): Gvk => ({ group: rbacGroup, version: 'v1', kind });
/** Kinds that the index is made of; a change of any of them makes a new index. */
export const rbacKinds = {
  role: kindOf('Role'),
  clusterRole: kindOf('ClusterRole'),
  roleBinding: kindOf('RoleBinding'),
  clusterRoleBinding: kindOf('ClusterRoleBinding'),
} as const;

/** What a user holds in one namespace ('' for the cluster), and roles that a binding names and that are not there. */
export interface Holdings {
  rules: readonly PolicyRule[];
  missing: readonly string[];
}

/** Roles and bindings by who holds them. Made anew when any of them changes, which is seldom, so that asking is cheap. */
export class RoleIndex {
  private readonly clusterWide = new Map<string, RoleRef[]>();
  private readonly inNamespace = new Map<string, Map<string, RoleRef[]>>();
  private readonly clusterRoles = new Map<string, readonly PolicyRule[]>();
  private readonly roles = new Map<string, readonly PolicyRule[]>();

  /**
   * Reads the whole view once. A ClusterRole with an aggregation rule is what its selected roles hold together, whatever its own `rules`
   * say by now.
   */
  constructor(view: Pick<ClusterView, 'list'>) {
    const clusterRoles = view.list<LabelledRole>(rbacKinds.clusterRole);
    for (const role of clusterRoles) {
      this.clusterRoles.set(role.metadata.name ?? '', role.aggregationRule ? aggregatedRules(role, clusterRoles) : (role.rules ?? []));
    }
    for (const role of view.list<LabelledRole>(rbacKinds.role)) {
      this.roles.set(`${role.metadata.namespace}/${role.metadata.name}`, role.rules ?? []);
    }
    for (const binding of view.list<BindingObject>(rbacKinds.clusterRoleBinding)) addSubjects(this.clusterWide, binding, '');
    for (const binding of view.list<BindingObject>(rbacKinds.roleBinding)) {
      const namespace = binding.metadata.namespace ?? '';
      let bySubject = this.inNamespace.get(namespace);
      if (!bySubject) this.inNamespace.set(namespace, (bySubject = new Map()));
      addSubjects(bySubject, binding, namespace);
    }
  }

  /** Rules from ClusterRoleBindings and, in a namespace, from its RoleBindings. */
  holdings(user: UserInfo, namespace: string): Holdings {
    const rules: PolicyRule[] = [];
    const missing: string[] = [];
    const collect = (bindings: Map<string, RoleRef[]>, place: string): void => {
      for (const key of keysOf(user)) {
        for (const ref of bindings.get(key) ?? []) {
          const found = this.rulesOf(ref, place);
          if (found) rules.push(...found);
          else missing.push(`${ref.kind.toLowerCase()}.${rbacGroup} ${JSON.stringify(ref.name)} not found`);
        }
      }
    };
    collect(this.clusterWide, '');
    const local = namespace ? this.inNamespace.get(namespace) : undefined;
    if (local) collect(local, namespace);
    return { rules, missing };
  }

  /** The rules that a roleRef stands for, seen from `namespace`; undefined when there is no such role. */
  rulesOf(ref: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    return ref.kind === 'ClusterRole' ? this.clusterRoles.get(ref.name) : this.roles.get(`${namespace}/${ref.name}`);
  }
}

function addSubjects(bySubject: Map<string, RoleRef[]>, binding: KubeObject & BindingObject, namespace: string): void {
  for (const subject of binding.subjects ?? []) {
    const key = keyOf(subject, namespace);
    const refs = bySubject.get(key);
    if (refs) refs.push(binding.roleRef);
    else bySubject.set(key, [binding.roleRef]);
  }
}

/**
 * A service account is the user that its tokens name, so one lookup by user name finds both. Without a namespace it is of the binding's.
 */
function keyOf({ kind, name, namespace }: Subject, bindingNamespace: string): string {
  if (kind === 'Group') return `g:${name}`;
  if (kind === 'ServiceAccount') return `u:system:serviceaccount:${namespace || bindingNamespace}:${name}`;
  return `u:${name}`;
}

function keysOf(user: UserInfo): string[] {
  return [`u:${user.username}`, ...user.groups.map((group) => `g:${group}`)];
}
