import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { ContainerExit } from '../containers.contract.ts';
import { ProcessWatch } from '../host/index.ts';
import type { BundlePaths } from './node-paths.ts';
import { isAbsent, readIfPresent, readState, writeState } from './state-file.ts';

interface Watched {
  id: string;
  bundle: BundlePaths;
  /** Reads, before the cgroup goes, whether the kernel killed something for memory. */
  oomKilled: () => Promise<boolean>;
  ended: (exit: ContainerExit) => void;
  /** conmon is gone without an exit code: whatever is left of the container has lost its log and its parent. */
  abandoned: () => Promise<void>;
}

/** Exit code of a container whose monitor died first: as of one that was killed. */
const UNKNOWN_EXIT = 137;

/**
 * Learns of containers' ends without asking: conmon writes `exits/<id>` (seen by inotify), and its own end is the backstop for when it
 * was killed. What was learned is kept in `exit.json`.
 */
export class ExitWatch {
  private readonly watched = new Map<string, Watched>();
  private readonly processes = new ProcessWatch();
  private readonly directory: FSWatcher;

  constructor(
    exitDir: string,
    private readonly now: () => Date,
    private readonly failed: (err: unknown) => void,
  ) {
    this.directory = watch(exitDir, (_event, name) => {
      const entry = name ? this.watched.get(name) : undefined;
      if (entry) this.check(entry, false);
    });
  }

  /** Calls `ended` once, also when the container ended before. */
  watch(entry: Watched, conmonPid: number | undefined): void {
    this.watched.set(entry.id, entry);
    if (conmonPid === undefined) return this.check(entry, true);
    this.processes.watch(conmonPid, () => this.check(entry, true));
    this.check(entry, false);
  }

  /** Its end is not told any more: the container is being removed. */
  forget(id: string): void {
    this.watched.delete(id);
  }

  private check(entry: Watched, conmonEnded: boolean): void {
    this.settle(entry, conmonEnded).catch(this.failed);
  }

  private async settle(entry: Watched, conmonEnded: boolean): Promise<void> {
    if (this.watched.get(entry.id) !== entry) return;
    let exit = await readExit(entry, this.now);
    if (!exit) {
      if (!conmonEnded) return;
      await entry.abandoned();
      exit = { exitCode: UNKNOWN_EXIT, finishedAt: this.now(), oomKilled: await entry.oomKilled() };
    }
    if (this.watched.get(entry.id) !== entry) return;
    this.watched.delete(entry.id);
    try {
      writeState(entry.bundle.exit, exit);
    } catch (err) {
      if (!isAbsent(err)) throw err; // removed meanwhile
    }
    entry.ended(exit);
  }

  /** Ends are still written down by conmon, and found by the next instance. */
  async close(): Promise<void> {
    this.watched.clear();
    this.directory.close();
    await this.processes.close();
  }
}

/** The exit that is known already, by us or by conmon. */
async function readExit({ bundle, oomKilled }: Watched, now: () => Date): Promise<ContainerExit | undefined> {
  const known = readKnownExit(bundle);
  if (known) return known;
  const code = readIfPresent(bundle.exitCode);
  if (!code) return undefined;
  const exitCode = Number.parseInt(code, 10);
  const finishedAt = await stat(bundle.exitCode).then((s) => s.mtime, now);
  return { exitCode, finishedAt, oomKilled: exitCode !== 0 && (await oomKilled()) };
}

/** What was written down when the end was first seen: it stays, whatever becomes of conmon's file. */
export function readKnownExit(bundle: BundlePaths): ContainerExit | undefined {
  const state = readState<Omit<ContainerExit, 'finishedAt'> & { finishedAt: string }>(bundle.exit);
  return state && { ...state, finishedAt: new Date(state.finishedAt) };
}
