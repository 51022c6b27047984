import type { Clock } from '#base';
import { type Change, type Entry, type Store, StoreError, type Write, type WriteOutcome } from '../contract.ts';
import { checkWrites, LOG_WINDOW } from '../limits.ts';

interface Held {
  entry: Entry;
  claims: readonly string[];
  expiresMs: number | undefined;
}

/** The store in this process's memory: for tests, simulations and clusters that live in one process. Nothing survives it. */
export class MemoryStore implements Store {
  private readonly objects = new Map<string, Held>();
  private readonly holders = new Map<string, string>();
  private readonly expiring = new Map<string, number>();
  private readonly log: Change[] = [];
  private readonly waiting = new Set<() => void>();
  private newest = 0;
  private closed = false;
  private cancelExpiry: (() => void) | undefined;
  private readonly clock: Clock;
  private readonly window: number;

  constructor({ clock, window = LOG_WINDOW }: { clock: Clock; window?: number }) {
    this.clock = clock;
    this.window = window;
  }

  async write(writes: readonly Write[]): Promise<WriteOutcome[]> {
    this.assertOpen();
    checkWrites(writes);
    const outcomes: WriteOutcome[] = [];
    let isLed = false;
    for (const write of writes) {
      const outcome: WriteOutcome = write.expect === 'follows' && !isLed ? { ok: false, reason: 'absent' } : this.apply(write);
      if (write.expect !== 'follows') isLed = outcome.ok;
      outcomes.push(outcome);
    }
    this.wake();
    return outcomes;
  }

  async get(key: string): Promise<Entry | undefined> {
    this.assertOpen();
    return this.objects.get(key)?.entry;
  }

  async list(prefix: string): Promise<{ entries: Entry[]; revision: number }> {
    this.assertOpen();
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
    return { entries: keys.map((key) => this.objects.get(key)!.entry), revision: this.newest };
  }

  async revision(): Promise<number> {
    this.assertOpen();
    return this.newest;
  }

  async *changes(after: number, signal: AbortSignal): AsyncGenerator<Change[]> {
    let seen = after;
    while (!signal.aborted) {
      this.assertOpen();
      const oldest = this.newest - this.log.length + 1;
      if (seen < oldest - 1) throw new StoreError('compacted', `the log begins at ${oldest}, after ${seen} was asked for`);
      const batch = this.log.slice(Math.max(0, seen - oldest + 1));
      if (batch.length > 0) {
        seen = batch.at(-1)!.revision;
        yield batch;
        continue;
      }
      await this.nextChange(signal);
    }
  }

  async claims(prefix: string): Promise<Map<string, string>> {
    this.assertOpen();
    return new Map([...this.holders].filter(([claim]) => claim.startsWith(prefix)));
  }

  async close(): Promise<void> {
    this.closed = true;
    this.cancelExpiry?.();
    this.wake();
  }

  private apply(write: Write): WriteOutcome {
    const held = this.objects.get(write.key);
    const refusal = refuse(write, held?.entry);
    if (refusal) return refusal;
    for (const claim of write.claims ?? []) {
      const holder = this.holders.get(claim);
      if (write.value !== undefined && holder !== undefined && holder !== write.key) return { ok: false, reason: 'claimed', claim, holder };
    }
    return write.value === undefined ? this.remove(write.key, held!) : this.put(write, write.value, held);
  }

  private put(write: Write, value: string, held: Held | undefined): WriteOutcome {
    const revision = ++this.newest;
    if (write.claims) {
      for (const claim of held?.claims ?? []) this.holders.delete(claim);
      for (const claim of write.claims) this.holders.set(claim, write.key);
    }
    const expiresMs = write.ttlSeconds === undefined ? undefined : this.clock.now().getTime() + write.ttlSeconds * 1000;
    this.objects.set(write.key, { entry: { key: write.key, revision, value }, claims: write.claims ?? held?.claims ?? [], expiresMs });
    if (expiresMs === undefined) this.expiring.delete(write.key);
    else this.expiring.set(write.key, expiresMs);
    if (expiresMs !== undefined) this.planExpiry();
    this.append({ key: write.key, revision, value, ...(write.claims && { claims: write.claims }) });
    return { ok: true, revision };
  }

  private remove(key: string, held: Held): WriteOutcome {
    const revision = ++this.newest;
    for (const claim of held.claims) this.holders.delete(claim);
    this.objects.delete(key);
    this.expiring.delete(key);
    this.append({ key, revision, value: undefined });
    return { ok: true, revision, previous: held.entry };
  }

  private append(change: Change): void {
    this.log.push(change);
    // Trimmed a quarter at a time: shifting a long array at each write would copy it each time.
    if (this.log.length > this.window * 1.25) this.log.splice(0, this.log.length - this.window);
  }

  private planExpiry(): void {
    this.cancelExpiry?.();
    this.cancelExpiry = undefined;
    if (this.closed || this.expiring.size === 0) return;
    const due = Math.min(...this.expiring.values());
    this.cancelExpiry = this.clock.after(due - this.clock.now().getTime(), () => this.expire());
  }

  private expire(): void {
    const now = this.clock.now().getTime();
    const due = [...this.expiring].filter(([, expiresMs]) => expiresMs <= now);
    for (const [key] of due) this.remove(key, this.objects.get(key)!);
    this.planExpiry();
    this.wake();
  }

  private nextChange(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake);
        this.waiting.delete(wake);
        resolve();
      };
      this.waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  private wake(): void {
    const woken = [...this.waiting];
    for (const wake of woken) wake();
  }

  private assertOpen(): void {
    if (this.closed) throw new StoreError('unavailable', 'the store is closed');
  }
}

function refuse({ expect, value }: Write, current: Entry | undefined): WriteOutcome | undefined {
  if (!current) return typeof expect === 'number' || value === undefined ? { ok: false, reason: 'absent' } : undefined;
  if (expect === 'absent') return { ok: false, reason: 'exists', current };
  if (typeof expect === 'number' && expect !== current.revision) return { ok: false, reason: 'conflict', current };
  return undefined;
}
