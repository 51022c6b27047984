import type { Change } from '../contract.ts';

/** Who holds which claim, as of the changes seen. */
export class ClaimsView {
  private readonly held = new Map<string, readonly string[]>();

  constructor(private readonly holders: Map<string, string>) {
    const byKey = new Map<string, string[]>();
    for (const [claim, key] of holders) {
      const claims = byKey.get(key);
      if (claims) claims.push(claim);
      else byKey.set(key, [claim]);
    }
    this.held = byKey;
  }

  /**
   * One change of the log. One without claims leaves them as they are; a claim that another key has taken meanwhile is left to that one.
   */
  apply({ key, value, claims }: Change): void {
    const now = value === undefined ? [] : claims;
    if (!now) return;
    for (const claim of this.held.get(key) ?? []) if (this.holders.get(claim) === key) this.holders.delete(claim);
    for (const claim of now) this.holders.set(claim, key);
    if (now.length > 0) this.held.set(key, now);
    else this.held.delete(key);
  }

  /** The key that holds it, as of the last change applied. */
  holder(claim: string): string | undefined {
    return this.holders.get(claim);
  }

  under(prefix: string): Map<string, string> {
    return new Map([...this.holders].filter(([claim]) => claim.startsWith(prefix)));
  }
}
