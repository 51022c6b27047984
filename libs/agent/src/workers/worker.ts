/** A part of the agent that works for as long as the agent does. */
export interface Worker {
  /** As logs call it. */
  readonly name: string;
  /** Resolves when those after it in the list may build upon it, and soon when `signal` aborts; they may at once where there is none. */
  start?(signal: AbortSignal): Promise<void>;
  /** Works until `signal` aborts and what was under way has settled. What may fail and pass is dealt with inside: rejects for a defect only. */
  run(signal: AbortSignal): Promise<void>;
}

/** A worker of what is started and stopped. */
export function lasting(name: string, part: { start?(signal: AbortSignal): Promise<void> | void; stop(): Promise<void> | void }): Worker {
  return {
    name,
    start: async (signal) => part.start?.(signal),
    run: async (signal) => {
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      await part.stop();
    },
  };
}

/** Workers at work: each begins when those before it may be built upon, and ends when those after it have. */
export class RunningWorkers {
  private readonly running: { stop: AbortController; ended: Promise<void> }[] = [];
  private isStopping = false;

  /** `failed`: what to do about a defect in one of them. */
  constructor(private readonly failed: (worker: string, err: unknown) => void) {}

  /** Resolves when the last one may be built upon, or when they are stopped. */
  async start(workers: readonly Worker[]): Promise<void> {
    for (const worker of workers) {
      if (this.isStopping) return;
      await this.begin(worker);
    }
  }

  /** The last one first, each when those after it have ended. Those that have not begun do not begin any more. */
  async stop(): Promise<void> {
    this.isStopping = true;
    for (const { stop, ended } of this.running.toReversed()) {
      stop.abort();
      await ended;
    }
  }

  private async begin(worker: Worker): Promise<void> {
    const stop = new AbortController();
    const started = Promise.withResolvers<void>();
    const work = async (): Promise<void> => {
      try {
        await worker.start?.(stop.signal);
        started.resolve();
      } catch (err) {
        return started.reject(err); // the caller of `start` is told
      }
      try {
        await worker.run(stop.signal);
      } catch (err) {
        this.failed(worker.name, err);
      }
    };
    this.running.push({ stop, ended: work() });
    await started.promise;
  }
}
