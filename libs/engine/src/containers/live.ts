import type { ContainerExit } from '#runtime/containers.contract';

/** What is known of a container while this engine runs, and of nobody else's concern. */
export class Live {
  phase: 'idle' | 'running' | 'paused' | 'restarting' | 'removing' = 'idle';
  /** Of its network namespace, while it runs; undefined with the host's. */
  netnsPath: string | undefined;
  pid = 0;
  /** Resolves when the end of the present run has been noted down, and all that it had is put away. */
  settled: Promise<void> = Promise.resolve();
  /** Ends the wait of a restart policy. */
  cancelRestart: () => void = () => undefined;
  /** When the present run began, for restart policies. */
  startedMs = 0;
  /** The wait before the next restart. */
  restartDelayMs = 0;
  /** They are called when the next run exists and has not begun: what they do at once misses nothing of it. */
  private readonly joining = new Set<() => void>();
  /** Attachments of the present run: its output is not put away before they have it. */
  readonly attached = new Set<Promise<void>>();
  private readonly onExit = new Set<(code: number) => void>();
  private readonly onRemoved = new Set<(code: number) => void>();

  /** Calls when the next run begins; what it answers gives up. */
  join(then: () => void): () => void {
    this.joining.add(then);
    return () => this.joining.delete(then);
  }

  begin(): void {
    const all = [...this.joining];
    this.joining.clear();
    for (const then of all) then();
  }

  nextExit(): Promise<number> {
    return new Promise((resolve) => this.onExit.add(resolve));
  }

  removed(): Promise<number> {
    return new Promise((resolve) => this.onRemoved.add(resolve));
  }

  tellExit({ exitCode }: Pick<ContainerExit, 'exitCode'>): void {
    for (const tell of this.onExit) tell(exitCode);
    this.onExit.clear();
  }

  tellRemoved(exitCode: number): void {
    for (const tell of this.onRemoved) tell(exitCode);
    this.onRemoved.clear();
  }
}
