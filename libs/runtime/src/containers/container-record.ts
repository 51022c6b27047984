import { open } from 'node:fs/promises';
import { constants, rmSync } from 'node:fs';
import type { Container, ContainerExit, ContainerSpec, ProcessUser } from '../containers.contract.ts';
import { processUser } from './container-user.ts';
import type { BundlePaths } from './node-paths.ts';
import { readIfPresent, readState, writeState } from './state-file.ts';

interface Saved {
  spec: ContainerSpec;
  cgroupPath: string;
  createdAt: string;
}

/** One container as this process knows it; what must outlive the process is in the files of its bundle. */
export class ContainerRecord {
  startedAt: Date | undefined;
  user: ProcessUser | undefined;
  private held = false;
  exit: ContainerExit | undefined;
  readonly exited: Promise<ContainerExit>;
  private resolveExit!: (exit: ContainerExit) => void;
  readonly cgroupPath: string;

  constructor(
    readonly spec: ContainerSpec,
    private readonly sandboxCgroup: string,
    readonly createdAt: Date,
    readonly bundle: BundlePaths,
  ) {
    this.cgroupPath = `${sandboxCgroup}/${spec.id}`;
    this.exited = new Promise((resolve) => {
      this.resolveExit = resolve;
    });
  }

  /** What `load` needs to find the container again: all that was asked for. */
  saved(): Saved {
    return { spec: this.spec, cgroupPath: this.sandboxCgroup, createdAt: this.createdAt.toISOString() };
  }

  /** undefined: what it was is not known, so nothing of it was begun. */
  static load(bundle: BundlePaths): ContainerRecord | undefined {
    const saved = readState<Saved>(bundle.state);
    if (!saved) return undefined;
    const record = new ContainerRecord(saved.spec, saved.cgroupPath, new Date(saved.createdAt), bundle);
    const started = readState<{ startedAt: string }>(bundle.started);
    if (started) record.startedAt = new Date(started.startedAt);
    record.user = configuredUser(bundle);
    record.held = readIfPresent(bundle.paused) !== undefined;
    return record;
  }

  get paused(): boolean {
    return this.held;
  }

  /** Outlives this process, as the state of the freezer does: what is frozen does not die by a signal (cgroup v1). */
  set paused(held: boolean) {
    this.held = held;
    if (held) writeState(this.bundle.paused, {});
    else rmSync(this.bundle.paused, { force: true });
  }

  /** Once: whoever waits for its end is told. */
  settle(exit: ContainerExit): void {
    this.exit = exit;
    this.resolveExit(exit);
  }

  /** Rejects with the signal's reason. */
  end(signal?: AbortSignal): Promise<ContainerExit> {
    if (!signal) return this.exited;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason as Error);
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      void this.exited.then((exit) => {
        signal.removeEventListener('abort', onAbort);
        resolve(exit);
      });
    });
  }

  /** A copy of now, for `list` and `get`. */
  view(): Container {
    const { spec, exit } = this;
    const pid = exit ? undefined : Number(readIfPresent(this.bundle.pidFile)) || undefined;
    return {
      id: spec.id,
      sandboxId: spec.sandboxId,
      name: spec.name,
      labels: spec.labels,
      imageId: spec.image.id,
      state: exit ? 'exited' : this.paused ? 'paused' : this.startedAt ? 'running' : 'created',
      ...(pid && { pid }),
      createdAt: this.createdAt,
      ...(this.startedAt && { startedAt: this.startedAt }),
      ...(exit && { exit }),
      logPath: spec.logPath,
      ...(this.user && { user: this.user }),
      ...(spec.stopSignal && { stopSignal: spec.stopSignal }),
    };
  }

  /** conmon's control fifo: `1 ROWS COLUMNS` resizes the terminal, `2` opens the log anew. */
  async control(command: string): Promise<void> {
    const fifo = await open(this.bundle.control, constants.O_WRONLY | constants.O_NONBLOCK);
    try {
      await fifo.write(command);
    } finally {
      await fifo.close();
    }
  }
}

/** As the bundle says it, from which the container was made. */
function configuredUser({ config }: BundlePaths): ProcessUser | undefined {
  const user = readState<{ process: { user: { uid: number; gid: number; additionalGids: number[] } } }>(config)?.process.user;
  return user && processUser(user);
}
