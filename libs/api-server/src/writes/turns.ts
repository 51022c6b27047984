/**
 * Writers of one object that got in each other's way wait for their turn, so that each wins at its next try instead of all losing to all.
 * Only within this process; against another server the store's comparison decides.
 */
export class Turns {
  private readonly last = new Map<string, Promise<void>>();

  /** Resolves when it is the caller's turn; the function that comes back ends it. */
  async take(key: string): Promise<() => void> {
    const before = this.last.get(key);
    let end = (): void => undefined;
    const mine = new Promise<void>((resolve) => (end = resolve));
    this.last.set(key, mine);
    await before;
    return () => {
      if (this.last.get(key) === mine) this.last.delete(key);
      end();
    };
  }
}
