import { type Action, actions, type AccessRule } from '../settings/access.ts';

/** Who may do what with which repositories. `user` undefined: somebody who has shown no password. */
export class Rights {
  constructor(
    private readonly rules: readonly AccessRule[],
    private readonly groups: ReadonlyMap<string, readonly string[]> = new Map(),
  ) {}

  /** In the order of `actions`. */
  of(user: string | undefined, repository: string): Action[] {
    const given = new Set<Action>();
    for (const rule of this.rules) {
      if (!this.isFor(rule, user) || !rule.repositories.some((pattern) => pattern.fits(repository, user))) continue;
      for (const action of rule.actions) given.add(action);
    }
    return actions.filter((action) => given.has(action));
  }

  may(user: string | undefined, action: Action, repository: string): boolean {
    return this.of(user, repository).includes(action);
  }

  /** Whether anything at all is open to those without a password. */
  get knowsAnonymous(): boolean {
    return this.rules.some(({ to }) => to.includes('anonymous'));
  }

  private isFor({ to }: AccessRule, user: string | undefined): boolean {
    return to.some((term) => {
      if (term === 'anonymous') return true;
      if (user === undefined) return false;
      if (term === 'users' || term === user) return true;
      return term.startsWith('@') && (this.groups.get(term.slice(1))?.includes(user) ?? false);
    });
  }
}
