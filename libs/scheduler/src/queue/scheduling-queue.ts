import { Backoff, type Clock } from '#base';
import type { ClusterEvent, PodInfo } from '../contract.ts';

/** A change of the cluster; `concerns`: the pods that it can help at all (KEP-4247). */
export interface ClusterChange {
  resource: ClusterEvent['resource'];
  event: ClusterEvent['events'][number];
  concerns?: (info: PodInfo) => boolean;
}

interface Entry {
  info: PodInfo;
  /** In order of arrival, among pods of one priority. */
  order: number;
  state: 'active' | 'backoff' | 'unschedulable' | 'taken';
  /** Plugins that refused it last. */
  refusedBy: ReadonlySet<string>;
  /** Changes of the cluster that came while it was being scheduled. */
  missed: ClusterChange[];
  cancelBackoff?: () => void;
  attempts: number;
}

/** Upstream: a pod that nothing woke is tried again after five minutes. */
const longestWaitMs = 5 * 60 * 1000;

/**
 * Pods that wait for a node. *active*: to be tried now, by priority and then arrival. *backoff*: refused lately, to be tried when its
 * time is over. *unschedulable*: waits for a change that one of the plugins that refused it says could help.
 */
export class SchedulingQueue {
  private readonly entries = new Map<string, Entry>();
  private readonly backoff = new Backoff<string>(1_000, 10_000);
  private order = 0;
  private wake: (() => void) | undefined;
  private readonly requeueOn: ReadonlyMap<string, readonly ClusterEvent[]>;

  constructor(
    private readonly clock: Clock,
    plugins: readonly { name: string; requeueOn?: readonly ClusterEvent[] }[],
  ) {
    this.requeueOn = new Map(plugins.map((plugin) => [plugin.name, plugin.requeueOn ?? []]));
  }

  /** Number of pods by state, for `scheduler_pending_pods`. */
  counts(): Record<'active' | 'backoff' | 'unschedulable', number> {
    const counts = { active: 0, backoff: 0, unschedulable: 0 };
    for (const { state } of this.entries.values()) if (state !== 'taken') counts[state]++;
    return counts;
  }

  /** A pod without a node, as it is now. A change of its spec or labels may make it fit, so it is tried again. */
  set(info: PodInfo): void {
    const entry = this.entries.get(info.uid);
    if (!entry) {
      this.entries.set(info.uid, { info, order: this.order++, state: 'active', refusedBy: new Set(), missed: [], attempts: 0 });
      return this.signal();
    }
    const changed = isSchedulingChange(entry.info, info);
    entry.info = info;
    if (changed && entry.state === 'unschedulable') this.activate(entry);
  }

  /** The pod is bound, gone or not ours any more. Its count of failures ends with it. */
  remove(uid: string): void {
    this.entries.get(uid)?.cancelBackoff?.();
    this.entries.delete(uid);
    this.backoff.reset(uid);
  }

  /** Up to `limit` active pods, highest priority first; resolves when there is one, or with none when the signal aborts. */
  async take(limit: number, signal: AbortSignal): Promise<{ info: PodInfo; attempts: number }[]> {
    while (!signal.aborted) {
      const active = [...this.entries.values()].filter((entry) => entry.state === 'active');
      if (active.length > 0) {
        const taken = active.toSorted((a, b) => b.info.priority - a.info.priority || a.order - b.order).slice(0, limit);
        for (const entry of taken) {
          entry.state = 'taken';
          entry.missed = [];
          entry.attempts++;
        }
        return taken.map(({ info, attempts }) => ({ info, attempts }));
      }
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    return [];
  }

  /** The pod was not placed. It waits for a change that can help one of `refusedBy`, and in any case five minutes at most. */
  refused(uid: string, refusedBy: ReadonlySet<string>): void {
    const entry = this.entries.get(uid);
    if (entry?.state !== 'taken') return;
    entry.refusedBy = refusedBy;
    const helped = entry.missed.some((change) => this.helps(entry, change));
    if (helped) return this.backOff(entry);
    entry.state = 'unschedulable';
    entry.cancelBackoff = this.clock.after(longestWaitMs, () => this.activate(entry));
  }

  /** Something failed that is not the pod's fault (a refused binding, a lost connection): try again after a back-off. */
  retry(uid: string): void {
    const entry = this.entries.get(uid);
    if (entry?.state === 'taken') this.backOff(entry);
  }

  /** A change of the cluster: wakes the pods that it may help. */
  onClusterEvent(resource: ClusterEvent['resource'], event: ClusterEvent['events'][number], concerns?: ClusterChange['concerns']): void {
    const change: ClusterChange = { resource, event, ...(concerns && { concerns }) };
    for (const entry of this.entries.values()) {
      if (entry.state === 'taken') entry.missed.push(change);
      else if (entry.state === 'unschedulable' && this.helps(entry, change)) this.backOff(entry);
    }
  }

  /** Ends a waiting `take` and all timers. */
  close(): void {
    for (const entry of this.entries.values()) entry.cancelBackoff?.();
    this.entries.clear();
    this.signal();
  }

  /** Whether a plugin that refused the pod named this change. Where none of them names any, the pod waits for the longest wait alone. */
  private helps({ refusedBy, info }: Entry, { resource, event, concerns }: ClusterChange): boolean {
    if (concerns && !concerns(info)) return false;
    return [...refusedBy].some((plugin) =>
      (this.requeueOn.get(plugin) ?? []).some(
        (wanted) => wanted.resource === resource && (wanted.events as readonly string[]).includes(event),
      ),
    );
  }

  /** Not at once: a change that comes often would have a pod that never fits tried all the time. */
  private backOff(entry: Entry): void {
    entry.cancelBackoff?.();
    entry.state = 'backoff';
    entry.cancelBackoff = this.clock.after(this.backoff.nextMs(entry.info.uid), () => this.activate(entry));
  }

  private activate(entry: Entry): void {
    entry.cancelBackoff?.();
    delete entry.cancelBackoff;
    entry.state = 'active';
    this.signal();
  }

  private signal(): void {
    this.wake?.();
    this.wake = undefined;
  }
}

/** The scheduler's own writes to the status come back as changes too; those help nobody. */
function isSchedulingChange(before: PodInfo, after: PodInfo): boolean {
  const relevant = ({ pod }: PodInfo): string => JSON.stringify([pod.spec, pod.metadata.labels]);
  return before.pod.metadata.resourceVersion !== after.pod.metadata.resourceVersion && relevant(before) !== relevant(after);
}
