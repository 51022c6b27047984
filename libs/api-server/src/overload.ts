import { type ApiError, tooManyRequests } from '#api';
import type { Clock } from '#base';
import type { UserInfo } from '#kinds/contract';
import { FairSeats } from './fair-seats.ts';
import type { ServerMetrics } from './metrics.ts';
import type { RequestInfo } from './request/request-info.ts';

/** How much may be under way at a time in this process. */
export interface OverloadLimits {
  /** Reads under way at a time; upstream's `--max-requests-inflight`. */
  readOnly: number;
  /** Writes under way at a time; upstream's `--max-mutating-requests-inflight`. */
  mutating: number;
  /** Bodies that are being received at a time. */
  bodies: number;
}

/** Upstream's defaults of the two flags; bodies as many as reads. */
export const defaultLimits: OverloadLimits = { readOnly: 400, mutating: 200, bodies: 400 };

/**
 * Who shares seats with whom, and which part of all they are. As upstream's suggested priority levels, with fewer of them: what keeps the
 * cluster alive is never behind what runs in it, and nobody is behind those who show no name. `k8s.io/apiserver`, flowcontrol/bootstrap
 */
const levels = { system: 0.3, workload: 0.6, 'catch-all': 0.1 } as const;
type Level = keyof typeof levels;
type Kind = keyof OverloadLimits;

const reading = new Set(['get', 'list', 'watch', 'head', 'options']);
const healthPaths = /^\/(?:healthz|livez|readyz)(?:\/|$)/;
const systemUsers = new Set(['system:kube-scheduler', 'system:kube-controller-manager', 'system:apiserver']);
const accounts = 'system:serviceaccounts:';
/** A flow that has this many waiting is turned away: for it, and for it alone, there is too much. */
const maxQueued = 100;
const maxWaitMs = 15_000;

type Admitted = { info: RequestInfo; user: UserInfo };
type Leave = () => void;
const nothing: Leave = () => undefined;

/** Bounds what is under way, and shares it between users. What stays long (watches, streams) is counted elsewhere. */
export class Overload {
  private readonly seats: Record<Kind, Record<Level, FairSeats>>;

  constructor(
    limits: OverloadLimits,
    private readonly metrics: ServerMetrics,
    private readonly clock: Clock,
  ) {
    const shared = (all: number): Record<Level, FairSeats> => ({
      system: new FairSeats(Math.ceil(all * levels.system)),
      workload: new FairSeats(Math.ceil(all * levels.workload)),
      'catch-all': new FairSeats(Math.ceil(all * levels['catch-all'])),
    });
    this.seats = { readOnly: shared(limits.readOnly), mutating: shared(limits.mutating), bodies: shared(limits.bodies) };
  }

  /** A seat for a request whose body is there; at once where one is free. What comes back must be called when it is answered. Throws ApiError 429. */
  enter(admitted: Admitted): Leave | Promise<Leave> {
    if (isExempt(admitted)) return nothing;
    const kind = reading.has(admitted.info.verb) ? 'readOnly' : 'mutating';
    const { level, flow } = flowOf(admitted.user);
    const seats = this.seats[kind][level];
    const leave = seats.take(flow);
    if (leave) return this.counted(kind, leave);
    if (seats.queued(flow) >= maxQueued) throw this.refused(kind);
    return new Promise((resolve, reject) => {
      const giveUp = seats.wait(flow, (seat) => {
        cancel();
        resolve(this.counted(kind, seat));
      });
      const cancel = this.clock.after(maxWaitMs, () => {
        giveUp();
        reject(this.refused(kind));
      });
    });
  }

  /** A place for a body that is being received. What comes back must be called when it is there. Throws ApiError 429. */
  receive(admitted: Admitted): Leave {
    if (isExempt(admitted)) return nothing;
    const { level, flow } = flowOf(admitted.user);
    const leave = this.seats.bodies[level].take(flow);
    if (!leave) throw this.refused('mutating');
    return leave;
  }

  private counted(kind: 'readOnly' | 'mutating', leave: Leave): Leave {
    const gauge = this.metrics.inflight({ request_kind: kind });
    gauge.inc();
    let left = false;
    return () => {
      if (left) return;
      left = true;
      gauge.dec();
      leave();
    };
  }

  private refused(kind: 'readOnly' | 'mutating'): ApiError {
    this.metrics.rejected.labels(kind).inc();
    return tooManyRequests('too many requests, please try again later', 1);
  }
}

/** Upstream's level `exempt` (`system:masters`), and its probes of health. */
const isExempt = ({ user, info }: Admitted): boolean =>
  user.groups.includes('system:masters') || (!info.isResource && healthPaths.test(info.path));

/** Service accounts of a namespace are one flow: whoever may make one may make a thousand. */
function flowOf({ username, groups }: UserInfo): { level: Level; flow: string } {
  if (!groups.includes('system:authenticated')) return { level: 'catch-all', flow: username };
  if (groups.includes('system:nodes') || systemUsers.has(username)) return { level: 'system', flow: username };
  const namespace = groups.find((group) => group.startsWith(accounts));
  return { level: namespace === `${accounts}kube-system` ? 'system' : 'workload', flow: namespace ?? username };
}
