import { createHash } from 'node:crypto';
import type { KubeObject } from '#api';
import type { Clock } from '#base';

/** core/v1 Event, the fields that a recorder writes. */
export interface CoreEvent extends KubeObject {
  involvedObject: {
    apiVersion: string;
    kind: string;
    namespace?: string;
    name?: string;
    uid?: string;
    resourceVersion?: string;
    fieldPath?: string;
  };
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  count: number;
  firstTimestamp: string;
  lastTimestamp: string;
  source: { component: string; host?: string };
  reportingComponent: string;
  reportingInstance: string;
}

/** How many events users get to see before they are put together or left out. */
export interface CorrelatorLimits {
  /** This many different messages of one reason about one object, and the next ones become one event. */
  similar: number;
  /** A pause this long begins a new group of similar events. */
  similarWithinMs: number;
  /** Events about one object that may come at once, and how long until another one may. */
  burst: number;
  refillMs: number;
  /** Groups, events and objects remembered. */
  remembered: number;
}

/** client-go/tools/record/events_cache.go: its defaults. */
export const defaultLimits: CorrelatorLimits = { similar: 10, similarWithinMs: 600_000, burst: 25, refillMs: 300_000, remembered: 4096 };

/**
 * Turns what happened into what is to be written: a repeat raises the count of the event that is there, many similar ones become one
 * "(combined from similar events)", and an object that has too many gets no more for a while.
 */
export class EventCorrelator {
  private readonly groups: Remembered<{ messages: Set<string>; lastMs: number }>;
  private readonly written: Remembered<CoreEvent>;
  private readonly budgets: Remembered<{ tokens: number; atMs: number }>;

  constructor(
    private readonly clock: Clock,
    private readonly limits: CorrelatorLimits = defaultLimits,
  ) {
    this.groups = new Remembered(limits.remembered);
    this.written = new Remembered(limits.remembered);
    this.budgets = new Remembered(limits.remembered);
  }

  /** The event as it is to be stored, and whether one of its name should be there already; undefined: say nothing. */
  correlate(event: CoreEvent): { event: CoreEvent; repeated: boolean } | undefined {
    const grouped = this.group(event);
    if (!this.mayWrite(event)) return undefined;
    const before = this.written.get(grouped.key);
    const result: CoreEvent = before
      ? {
          ...grouped.event,
          metadata: before.metadata,
          count: before.count + 1,
          firstTimestamp: before.firstTimestamp,
        }
      : grouped.event;
    this.written.set(grouped.key, result);
    return { event: result, repeated: before !== undefined };
  }

  /**
   * Same reason, object and source make a group; what differs is the message. Many different ones become one event, whose count goes up.
   */
  private group(event: CoreEvent): { event: CoreEvent; key: string } {
    const nowMs = this.clock.now().getTime();
    const groupKey = keyOf([event.source, objectOf(event), event.type, event.reason]);
    const exactKey = keyOf([groupKey, event.involvedObject.fieldPath, event.message]);
    const known = this.groups.get(groupKey);
    const group = known && nowMs - known.lastMs <= this.limits.similarWithinMs ? known : { messages: new Set<string>(), lastMs: nowMs };
    group.lastMs = nowMs;
    group.messages.add(event.message);
    this.groups.set(groupKey, group);
    if (group.messages.size < this.limits.similar) return { event, key: exactKey };
    group.messages.delete(group.messages.values().next().value!); // so that the set stays small while they keep coming
    return { event: { ...event, message: `(combined from similar events): ${event.message}` }, key: groupKey };
  }

  /** A token bucket for each object and source: one that is in trouble must not fill the store with saying so. */
  private mayWrite(event: CoreEvent): boolean {
    const key = keyOf([event.source, objectOf(event)]);
    const nowMs = this.clock.now().getTime();
    const known = this.budgets.get(key) ?? { tokens: this.limits.burst, atMs: nowMs };
    const tokens = Math.min(this.limits.burst, known.tokens + (nowMs - known.atMs) / this.limits.refillMs);
    const enough = tokens >= 1;
    this.budgets.set(key, { tokens: enough ? tokens - 1 : tokens, atMs: nowMs });
    return enough;
  }
}

function objectOf({ involvedObject: { apiVersion, kind, namespace, name, uid } }: CoreEvent): unknown {
  return [apiVersion, kind, namespace, name, uid];
}

function keyOf(parts: unknown): string {
  return createHash('sha1').update(JSON.stringify(parts)).digest('base64');
}

/** A map that forgets what was set longest ago. */
class Remembered<V> {
  private readonly entries = new Map<string, V>();

  constructor(private readonly limit: number) {}

  get(key: string): V | undefined {
    return this.entries.get(key);
  }

  set(key: string, value: V): void {
    this.entries.delete(key);
    this.entries.set(key, value);
    if (this.entries.size > this.limit) this.entries.delete(this.entries.keys().next().value!);
  }
}
