import type { Clock } from '#base';
import type { Logger } from '#telemetry';
import { type Change, type Entry, type Store, StoreError, type Write, type WriteOutcome } from '../contract.ts';
import { decodeStored, type RedisKeys, redisKeys } from '../keys.ts';
import { checkWrites, LOG_WINDOW } from '../limits.ts';
import type { StoreMetrics } from '../metrics.ts';
import { asStoreError, type Connection, runScript } from './connection.ts';
import { decodeOutcome, encodeWrite } from './encode-write.ts';
import { assertContinuous, readLog, readLogNow } from './log.ts';
import { expireScript, writeScript } from './scripts.ts';
import { WriteQueue } from './write-queue.ts';

const BLOCK_MS = 5_000;
const PAGE = 128; // keys, and objects, of one answer
const EXPIRE_EVERY_MS = 1_000;
const EXPIRE_BATCH = 256;

/** What the store is made of. It owns the connections from then on, and closes them. */
export interface RedisStoreOptions {
  commands: Connection;
  /** A connection of its own for each reader of the log: a blocked XREAD blocks everything behind it. */
  openReader(blockMs: number): Promise<Connection>;
  /** Names the keys: clusters that share a Redis never meet. */
  cluster: string;
  clock: Clock;
  logger: Logger;
  metrics: StoreMetrics;
  /** Changes that the log keeps, approximately. */
  window?: number;
  /** Write calls that may be under way at a time. */
  maxInFlight?: number;
}

/**
 * The store on one Redis. Writes that come together go in one call of a script, which checks what each expects, takes its claims and
 * appends to the log in one step.
 */
export class RedisStore implements Store {
  private readonly keys: RedisKeys;
  private readonly queue: WriteQueue;
  private readonly ending = new AbortController();
  private readonly expiring: Promise<void>;
  private readonly window: number;
  private asking: Promise<number> | undefined;

  constructor(private readonly options: RedisStoreOptions) {
    this.keys = redisKeys(options.cluster);
    this.window = options.window ?? LOG_WINDOW;
    this.queue = new WriteQueue((writes) => this.timed('write', () => this.send(writes)), options.maxInFlight ?? 4);
    this.expiring = this.expireForEver();
  }

  async write(writes: readonly Write[]): Promise<WriteOutcome[]> {
    checkWrites(writes);
    return this.queue.add(writes);
  }

  async get(key: string): Promise<Entry | undefined> {
    const stored = await this.timed('get', () => this.options.commands.send('GET', [this.keys.value(key)]));
    return stored === null ? undefined : decodeStored(key, stored as string);
  }

  list(prefix: string): Promise<{ entries: Entry[]; revision: number }> {
    return this.timed('list', () => this.snapshot(prefix));
  }

  revision(): Promise<number> {
    // Callers of one turn of the event loop share one question: each was there before it is asked.
    this.asking ??= this.timed('revision', async () => {
      await Promise.resolve();
      this.asking = undefined;
      return this.readRevision();
    });
    return this.asking;
  }

  async *changes(after: number, signal: AbortSignal): AsyncGenerator<Change[]> {
    let seen = after;
    let reader: Connection | undefined;
    const stop = (): void => reader?.close();
    signal.addEventListener('abort', stop, { once: true });
    try {
      reader = await this.options.openReader(BLOCK_MS);
      while (!signal.aborted && !this.ending.signal.aborted) {
        const batch = await readLog(reader, this.keys.log, seen, BLOCK_MS);
        if (batch.length === 0) continue;
        assertContinuous(seen, batch);
        seen = batch.at(-1)!.revision;
        yield batch;
      }
    } catch (err) {
      if (!signal.aborted) throw asStoreError(err, 'reading the log');
    } finally {
      signal.removeEventListener('abort', stop);
      reader?.close();
    }
  }

  async claims(prefix: string): Promise<Map<string, string>> {
    const answer = (await this.timed('claims', () => this.options.commands.send('HGETALL', [this.keys.claims]))) as string[];
    const holders = new Map<string, string>();
    for (let i = 0; i + 1 < answer.length; i += 2) if (answer[i]!.startsWith(prefix)) holders.set(answer[i]!, answer[i + 1]!);
    return holders;
  }

  async close(): Promise<void> {
    this.ending.abort();
    await this.expiring;
    this.options.commands.close();
  }

  /** One call of the script. Expiry is reckoned by this process's clock, which is also the clock that removes: Redis' own is not asked. */
  private async send(writes: readonly Write[]): Promise<WriteOutcome[]> {
    const { commands, clock, metrics } = this.options;
    const nowMs = clock.now().getTime();
    const keys = [...this.fixedKeys(), ...writes.map((write) => this.keys.value(write.key))];
    const args = [String(nowMs), String(this.window)];
    for (const write of writes) args.push(...encodeWrite(write, nowMs));
    const answers = (await runScript(commands, writeScript, keys, args)) as unknown[];
    const outcomes = answers.map((answer, i) => decodeOutcome(writes[i]!.key, answer));
    metrics.batch.observe(writes.length);
    for (const outcome of outcomes) metrics.outcomes.inc({ outcome: outcome.ok ? 'ok' : outcome.reason });
    return outcomes;
  }

  private async readRevision(): Promise<number> {
    return Number((await this.options.commands.send('GET', [this.keys.revision])) ?? 0);
  }

  /**
   * Reads page by page, so that no read holds Redis up for long, while writes go on; then applies what the log says happened meanwhile.
   * Whatever mixture of states was read, replaying every change since before it ends at the state of the last one.
   */
  private async snapshot(prefix: string): Promise<{ entries: Entry[]; revision: number }> {
    const { commands } = this.options;
    for (;;) {
      const before = await this.readRevision();
      const found = await this.readPages(prefix);
      let changes: Change[];
      try {
        changes = await readLogNow(commands, this.keys.log, before);
      } catch (err) {
        if (err instanceof StoreError && err.code === 'compacted') continue;
        throw err;
      }
      for (const { key, revision, value } of changes) {
        if (!key.startsWith(prefix)) continue;
        if (value === undefined) found.delete(key);
        else found.set(key, { key, revision, value });
      }
      const entries = [...found.values()];
      if (changes.length > 0) entries.sort((a, b) => (a.key < b.key ? -1 : 1));
      return { entries, revision: changes.at(-1)?.revision ?? before };
    }
  }

  /**
   * Entries under a prefix, in pages of keys. A key that goes between its page and its value is left out, which the log's replay confirms.
   */
  private async readPages(prefix: string): Promise<Map<string, Entry>> {
    const { commands } = this.options;
    const found = new Map<string, Entry>();
    const end = prefix === '' ? '+' : `(${prefix}\u{10ffff}`;
    for (let start = prefix === '' ? '-' : `[${prefix}`; ; ) {
      const keys = (await commands.send('ZRANGEBYLEX', [this.keys.index, start, end, 'LIMIT', 0, PAGE])) as string[];
      if (keys.length === 0) return found;
      const values = (await commands.send(
        'MGET',
        keys.map((key) => this.keys.value(key)),
      )) as (string | null)[];
      for (const [i, key] of keys.entries()) {
        const stored = values[i];
        if (typeof stored === 'string') found.set(key, decodeStored(key, stored));
      }
      if (keys.length < PAGE) return found;
      start = `(${keys.at(-1)}`;
    }
  }

  /** Every process of a cluster does this; who comes second finds nothing left to do. */
  private async expireForEver(): Promise<void> {
    const { clock, commands, logger } = this.options;
    for await (const now of clock.every(EXPIRE_EVERY_MS, this.ending.signal)) {
      try {
        const args = [String(now.getTime()), String(this.window), EXPIRE_BATCH, this.keys.value('')];
        while ((await runScript(commands, expireScript, this.fixedKeys(), args)) === EXPIRE_BATCH);
      } catch (err) {
        if (!this.ending.signal.aborted) logger.warn({ err }, 'expiring objects failed; trying again');
      }
    }
  }

  /** In the order in which both scripts name them (KEYS[1] …). */
  private fixedKeys(): string[] {
    const { revision, log, index, claims, held, expiry } = this.keys;
    return [revision, log, index, claims, held, expiry];
  }

  private async timed<T>(operation: string, task: () => Promise<T>): Promise<T> {
    const { clock, metrics } = this.options;
    const started = clock.monotonicMs();
    try {
      return await task();
    } catch (err) {
      const translated = asStoreError(err, operation);
      metrics.errors.inc({ operation, code: translated.code });
      throw translated;
    } finally {
      metrics.duration.observe({ operation }, (clock.monotonicMs() - started) / 1000);
    }
  }
}
