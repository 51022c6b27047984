import { type Clock, lookUp } from '#base';
import type { Filters } from './http/query.ts';

export type EventType = 'container' | 'image' | 'network' | 'volume';

/** Docker Engine API, "Monitor events". `status`, `id` and `from` are the form of older clients. */
export interface EngineEvent {
  status?: string;
  id?: string;
  from?: string;
  Type: EventType;
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
  scope: 'local';
  time: number;
  timeNano: number;
}

export const eventFilters = [
  'config',
  'container',
  'daemon',
  'event',
  'image',
  'label',
  'network',
  'node',
  'plugin',
  'scope',
  'secret',
  'service',
  'type',
  'volume',
];

/** How many events are remembered for those who ask later, as Docker does. */
const REMEMBERED = 256;
/** A listener that does not keep up is ended rather than served from memory without bound. */
const MOST_WAITING = 4096;

/** What happens in the engine. */
export class Events {
  private readonly past: EngineEvent[] = [];
  private readonly listeners = new Set<(event: EngineEvent) => void>();

  constructor(private readonly clock: Clock) {}

  emit(type: EventType, action: string, id: string, attributes: Record<string, string> = {}): void {
    const now = this.clock.now().getTime();
    const image = type === 'container' ? attributes['image'] : undefined;
    const event: EngineEvent = {
      ...((type === 'container' || type === 'image') && { status: action, id }),
      ...(image !== undefined && { from: image }),
      Type: type,
      Action: action,
      Actor: { ID: id, Attributes: attributes },
      scope: 'local',
      time: Math.floor(now / 1000),
      timeNano: now * 1_000_000,
    };
    this.past.push(event);
    if (this.past.length > REMEMBERED) this.past.shift();
    for (const listener of this.listeners) listener(event);
  }

  /** Those from `sinceMs` on, then those to come, until `untilMs` or the signal. Without `sinceMs` only those to come. */
  async *read({ sinceMs, untilMs, filters, signal }: EventQuery): AsyncGenerator<EngineEvent> {
    const waiting: EngineEvent[] = [];
    let wake = (): void => undefined;
    const over = new AbortController();
    const stop = AbortSignal.any([signal, over.signal]);
    const listener = (event: EngineEvent): void => {
      waiting.push(event);
      if (waiting.length > MOST_WAITING) over.abort();
      wake();
    };
    this.listeners.add(listener);
    const cancel =
      untilMs === undefined ? undefined : this.clock.after(Math.max(0, untilMs - this.clock.now().getTime()), () => over.abort());
    try {
      if (sinceMs !== undefined) waiting.push(...this.past.filter(({ timeNano }) => timeNano >= sinceMs * 1e6));
      for (;;) {
        for (const event of waiting.splice(0))
          if ((untilMs === undefined || event.timeNano <= untilMs * 1e6) && fits(event, filters)) yield event;
        if (stop.aborted) return;
        if (waiting.length > 0) continue;
        await new Promise<void>((resolve) => {
          wake = resolve;
          stop.addEventListener('abort', () => resolve(), { once: true });
        });
      }
    } finally {
      cancel?.();
      this.listeners.delete(listener);
    }
  }
}

export interface EventQuery {
  sinceMs?: number;
  untilMs?: number;
  filters: Filters;
  signal: AbortSignal;
}

function fits({ Type, Action, Actor }: EngineEvent, filters: Filters): boolean {
  const isOf = (type: EventType) => (wanted: string) =>
    Type === type &&
    (Actor.ID === wanted || lookUp(Actor.Attributes, 'name') === wanted || (wanted.length >= 12 && Actor.ID.startsWith(wanted)));
  return (
    filters.some('type', (type) => type === Type) &&
    // `exec_create: ls` is an `exec_create`.
    filters.some('event', (event) => event === Action || Action.startsWith(`${event}:`)) &&
    filters.some('container', isOf('container')) &&
    filters.some('volume', isOf('volume')) &&
    filters.some('network', isOf('network')) &&
    filters.some('image', (image) => isOf('image')(image) || lookUp(Actor.Attributes, 'image') === image) &&
    filters.some('scope', (scope) => scope === 'local') &&
    filters.labels(Actor.Attributes)
  );
}
