import type { Clock } from '#base';

/** Tells a person what is being done and how long each step took. */
export class Progress {
  private readonly startedMs: number;

  constructor(
    private readonly clock: Clock,
    private readonly write: (text: string) => void,
    private readonly isTerminal: boolean,
  ) {
    this.startedMs = clock.monotonicMs();
  }

  /** Runs one step; its line shows while it runs (on a terminal) and is completed with the time, or with `failed`. */
  async step<T>(what: string, work: () => Promise<T>): Promise<T> {
    const startedMs = this.clock.monotonicMs();
    if (this.isTerminal) this.write(`  … ${what}`);
    const finish = (mark: string): void => this.write(`${this.isTerminal ? '\r\x1b[K' : ''}  ${mark} ${what} (${this.since(startedMs)})\n`);
    try {
      const result = await work();
      finish('✓');
      return result;
    } catch (err) {
      finish('✗');
      throw err;
    }
  }

  total(): string {
    return this.since(this.startedMs);
  }

  private since(startedMs: number): string {
    return `${((this.clock.monotonicMs() - startedMs) / 1000).toFixed(1)} s`;
  }
}
