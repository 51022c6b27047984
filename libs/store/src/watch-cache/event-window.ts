import { expired } from '#api';
import type { Event } from './cached-object.ts';

/** All windows of a cache together: what they hold is the largest part of a server that has been at work for long. */
export interface WindowLimits {
  /** Of one resource. */
  events: number;
  /** Of all resources together; the newest event of each is kept whatever its size. */
  bytes: number;
  /** No event is kept for longer, the newest neither. */
  ageMs: number;
}

/** Five minutes as etcd's history in Kubernetes (`--etcd-compaction-interval`): clients are used to it. */
export const defaultLimits: WindowLimits = { events: 4096, bytes: 32 * 1024 * 1024, ageMs: 5 * 60_000 };

/** An event with its objects in V8's heap, measured: what it takes beside the bytes of these. */
const EVENT_BYTES = 512;
/** Readers that are not behind have taken an event by then. */
const FRESH_MS = 10_000;

interface Slot {
  event: Event;
  bytes: number;
  atMs: number;
}

/** The recent events of one resource, oldest first. */
export class EventWindow {
  bytes = 0;
  private slots: (Slot | undefined)[] = [];
  /** The slots before it are empty. */
  private head = 0;
  /** Every event at or after this slot may hold what can be made again. */
  private fresh = 0;

  /** `start`: every event after this revision is in the window. */
  constructor(private start: number) {}

  get length(): number {
    return this.slots.length - this.head;
  }

  get oldestMs(): number {
    return this.slots[this.head]?.atMs ?? Infinity;
  }

  /** Takes the next event, whose revision is the highest so far; returns the bytes that it is reckoned at. */
  push(event: Event, atMs: number): number {
    const bytes = EVENT_BYTES + event.current.bytes.length + (event.previous?.bytes.length ?? 0);
    this.slots.push({ event, bytes, atMs });
    this.bytes += bytes;
    return bytes;
  }

  /** Drops the oldest event; returns its bytes. */
  shift(): number {
    const { event, bytes } = this.slots[this.head]!;
    this.slots[this.head++] = undefined;
    this.bytes -= bytes;
    this.start = event.revision;
    // In large steps, so that dropping costs nothing per event.
    if (this.head > 1024 && this.head * 2 > this.slots.length) {
      this.slots = this.slots.slice(this.head);
      this.fresh = Math.max(0, this.fresh - this.head);
      this.head = 0;
    }
    return bytes;
  }

  /** Whoever asks for an older event again has it made again. */
  lighten(nowMs: number): void {
    for (this.fresh = Math.max(this.fresh, this.head); this.fresh < this.slots.length; this.fresh++) {
      const { event, atMs } = this.slots[this.fresh]!;
      if (atMs > nowMs - FRESH_MS) return;
      event.lighten();
    }
  }

  /** The events after a revision. Throws 410 Expired when some of them have left the window. */
  after(revision: number): Event[] {
    if (revision < this.start) throw expired(`too old resource version: ${revision} (${this.start})`);
    let low = this.head;
    let high = this.slots.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.slots[middle]!.event.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return this.slots.slice(low).map((slot) => slot!.event);
  }
}

/** Every window of a cache, within the limits. */
export class EventWindows {
  private readonly windows: EventWindow[] = [];
  private bytes = 0;

  constructor(private readonly limits: WindowLimits) {}

  /** A window for one more resource, complete from `start` on. */
  open(start: number): EventWindow {
    const window = new EventWindow(start);
    this.windows.push(window);
    return window;
  }

  /** Puts the event in and drops old ones, of whichever window, until the limits hold again. */
  record(window: EventWindow, event: Event, nowMs: number): void {
    this.bytes += window.push(event, nowMs);
    while (window.length > this.limits.events) this.bytes -= window.shift();
    while (this.bytes > this.limits.bytes) {
      // Of the heaviest: what is written much, or large, takes no history from the others.
      const heaviest = this.heaviest();
      if (!heaviest) return;
      this.bytes -= heaviest.shift();
    }
  }

  /** To be called every few seconds. */
  age(nowMs: number): void {
    for (const window of this.windows) {
      while (window.oldestMs <= nowMs - this.limits.ageMs) this.bytes -= window.shift();
      window.lighten(nowMs);
    }
  }

  private heaviest(): EventWindow | undefined {
    let found: EventWindow | undefined;
    for (const window of this.windows) if (window.length > 1 && window.bytes > (found?.bytes ?? 0)) found = window;
    return found;
  }
}
