import { tooManyRequests } from '#api';
import type { ServerMetrics } from './metrics.ts';
import type { RequestInfo } from './request/request-info.ts';

export interface OverloadLimits {
  /** Reads under way at a time; upstream's `--max-requests-inflight`. */
  readOnly: number;
  /** Writes under way at a time; upstream's `--max-mutating-requests-inflight`. */
  mutating: number;
}

export const defaultLimits: OverloadLimits = { readOnly: 400, mutating: 200 };

const reading = new Set(['get', 'list', 'watch', 'head', 'options']);

/** Bounds what is under way. What stays long (watches, streams) is counted but not bounded here: slow watchers are cut by their buffers. */
export class Overload {
  private readonly underWay = { readOnly: 0, mutating: 0 };

  constructor(
    private readonly limits: OverloadLimits,
    private readonly metrics: ServerMetrics,
  ) {}

  /** Throws ApiError 429. The function that comes back must be called once, when the request is done. */
  enter(info: RequestInfo, longRunning: boolean): () => void {
    if (longRunning) return () => undefined;
    const flow = reading.has(info.verb) ? 'readOnly' : 'mutating';
    if (this.underWay[flow] >= this.limits[flow]) {
      this.metrics.rejected.labels(flow).inc();
      throw tooManyRequests('too many requests, please try again later', 1);
    }
    const gauge = this.metrics.inflight({ request_kind: flow });
    gauge.set(++this.underWay[flow]);
    let done = false;
    return () => {
      if (done) return;
      done = true;
      gauge.set(--this.underWay[flow]);
    };
  }
}
