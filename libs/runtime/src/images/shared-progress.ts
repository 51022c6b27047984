import type { Digest } from '#base';
import type { PullProgress } from '../images.contract.ts';

export type ProgressListener = (progress: PullProgress) => void;

/** Lets everybody who waits for one pull hear how it goes: who comes later first hears how each layer stands. */
export class SharedProgress {
  private readonly pulls = new Map<string, { listeners: Set<ProgressListener>; last: Map<Digest, PullProgress> }>();

  /** `task` is told how to tell; whether it is run, or shares the run of another call for `key`, is its own matter. */
  async listen<T>(key: string, listener: ProgressListener | undefined, task: (tell: ProgressListener) => Promise<T>): Promise<T> {
    const pull = this.pulls.get(key) ?? { listeners: new Set(), last: new Map() };
    this.pulls.set(key, pull);
    const own: ProgressListener = (progress) => listener?.(progress); // one for each call, also where two bring the same function
    for (const progress of pull.last.values()) own(progress);
    pull.listeners.add(own);
    try {
      return await task((progress) => {
        pull.last.set(progress.layer, progress);
        for (const each of pull.listeners) each(progress);
      });
    } finally {
      pull.listeners.delete(own);
      if (pull.listeners.size === 0) this.pulls.delete(key);
    }
  }
}
