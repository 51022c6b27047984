import type { ClusterView } from '#api-server/contract';
import type { Authorizer } from '#api-server/contract';
import type { AuthorizationAttributes, UserInfo } from '#kinds/contract';
import { nameMatches, ruleSpeaksOf } from './policy-rule.ts';
import { type Holdings, RoleIndex, rbacKinds } from './role-index.ts';

/** What one user holds, and what was found out about it, until a role or binding changes. */
interface Remembered {
  byNamespace: Map<string, Holdings>;
  /** Verb, resource and namespace → whether some rule allows it whatever the name. */
  unnamed: Map<string, boolean>;
}

const maxUsers = 1024;
const maxAnswers = 2048;

/** Role-based access control over the roles and bindings of the cluster. */
export class RbacAuthorizer implements Authorizer {
  private index: RoleIndex | undefined;
  private readonly users = new Map<string, Remembered>();

  constructor(private readonly view: ClusterView) {
    for (const kind of Object.values(rbacKinds)) {
      view.onChange(kind, () => {
        this.index = undefined;
      });
    }
  }

  async authorize(user: UserInfo, attributes: AuthorizationAttributes): Promise<{ allowed: boolean; reason: string }> {
    return this.decide(user, attributes);
  }

  decide(user: UserInfo, attributes: AuthorizationAttributes): { allowed: boolean; reason: string } {
    const remembered = this.remembered(user);
    const { verb, group, resource, subresource = '', namespace = '', nonResourcePath } = attributes;
    const key = nonResourcePath === undefined ? `${verb} ${group}/${resource}/${subresource} ${namespace}` : `${verb} ${nonResourcePath}`;
    let allowed = remembered.unnamed.get(key);
    if (allowed) return { allowed, reason: '' };
    const held = this.holdings(remembered, user, namespace);
    if (allowed === undefined) {
      allowed = held.rules.some((rule) => (nonResourcePath !== undefined || !rule.resourceNames?.length) && ruleSpeaksOf(rule, attributes));
      if (remembered.unnamed.size >= maxAnswers) remembered.unnamed.clear();
      remembered.unnamed.set(key, allowed);
    }
    allowed ||=
      attributes.name !== undefined &&
      held.rules.some((rule) => rule.resourceNames?.length && nameMatches(rule, attributes.name) && ruleSpeaksOf(rule, attributes));
    return { allowed, reason: allowed || held.missing.length === 0 ? '' : `RBAC: ${shownErrors(held.missing)}` };
  }

  /** Every rule that the user holds in a namespace ('' for the cluster). */
  rulesFor(user: UserInfo, namespace: string): Holdings {
    return this.holdings(this.remembered(user), user, namespace);
  }

  /** The rules of the role that a binding in `namespace` names. */
  rulesOf(...reference: Parameters<RoleIndex['rulesOf']>): ReturnType<RoleIndex['rulesOf']> {
    return this.current().rulesOf(...reference);
  }

  private current(): RoleIndex {
    if (!this.index) {
      this.index = new RoleIndex(this.view);
      this.users.clear();
    }
    return this.index;
  }

  private remembered(user: UserInfo): Remembered {
    this.current();
    const key = `${user.username}\n${user.groups.join('\n')}`;
    let remembered = this.users.get(key);
    if (!remembered) {
      if (this.users.size >= maxUsers) this.users.clear();
      this.users.set(key, (remembered = { byNamespace: new Map(), unnamed: new Map() }));
    }
    return remembered;
  }

  private holdings({ byNamespace }: Remembered, user: UserInfo, namespace: string): Holdings {
    let held = byNamespace.get(namespace);
    if (!held) byNamespace.set(namespace, (held = this.current().holdings(user, namespace)));
    return held;
  }
}

function shownErrors(messages: readonly string[]): string {
  return messages.length === 1 ? (messages[0] ?? '') : `[${messages.join(', ')}]`;
}
