import type { DnsRecords } from '../contract.ts';

/** One answer as it goes out, but for its id, and what is told of it. */
export interface CachedAnswer {
  response: Buffer;
  type: string;
  rcode: number;
}

interface Entry {
  /** In several orders where it has several addresses: clients which take the first are spread all the same. */
  answers: CachedAnswer[];
  orders: number;
  next: number;
  bytes: number;
  /** What it was made of, and how that stood. */
  readings: readonly (readonly [namespace: string, generation: number])[];
}

/** Both generations together hold twice that, keys and all. */
const GENERATION_BYTES = 2 * 1024 * 1024;
/** A map's share of an entry, roughly. */
const ENTRY_BYTES = 250;
/** Of one answer with many addresses. */
const ORDERS = 8;
const ID_BYTES = 2;

/**
 * Answers by the bytes of their questions: flags, name in the client's letters, type and options must all be the same. An answer holds until
 * something changes that it was made of, never by time. Random names push out what is asked less often than they come, no more: what is found
 * moves to the younger of two generations, and the older one is dropped when that is full.
 */
export class WireCache {
  private young = new Map<string, Entry>();
  private old = new Map<string, Entry>();
  private youngBytes = 0;
  private readonly generations = new Map<string, number>();
  private reading: Set<string> | undefined;

  /** The records, with a note of what is read of them. */
  readonly records: DnsRecords;

  constructor(records: DnsRecords) {
    this.records = {
      service: (namespace, name) => this.read(namespace, records.service(namespace, name)),
      namespaceExists: (namespace) => this.read(namespace, records.namespaceExists(namespace)),
      reverse: (ip) => this.read(EVERYWHERE, records.reverse(ip)),
    };
    records.onChange?.((namespace) => this.changed(namespace));
  }

  /** A copy with the question's id; undefined: to be made, and `put`. */
  get(request: Buffer): CachedAnswer | undefined {
    const key = keyOf(request);
    const entry = this.young.get(key) ?? this.promoted(key);
    if (!entry || entry.answers.length < entry.orders) return undefined;
    if (!entry.readings.every(([namespace, generation]) => this.generationOf(namespace) === generation)) return undefined;
    entry.next = (entry.next + 1) % entry.orders;
    const { response, type, rcode } = entry.answers[entry.next]!;
    const copy = Buffer.allocUnsafe(response.length);
    response.copy(copy);
    copy[0] = request[0]!;
    copy[1] = request[1]!;
    return { response: copy, type, rcode };
  }

  /** Makes an answer of the records, and keeps what it read of them in mind for `put`. It must not wait for anything. */
  noting<T>(make: () => T): { made: T; readings: Entry['readings'] } {
    const reading = (this.reading = new Set());
    try {
      const made = make();
      return { made, readings: [...reading].map((namespace) => [namespace, this.generationOf(namespace)] as const) };
    } finally {
      this.reading = undefined;
    }
  }

  /** `hasOrders`: it would be as right in another order. */
  put(request: Buffer, answer: CachedAnswer, { readings, hasOrders }: { readings: Entry['readings']; hasOrders: boolean }): void {
    const key = keyOf(request);
    const present = this.young.get(key) ?? this.promoted(key);
    const isOfNow = present?.readings.every(([namespace, generation]) => this.generationOf(namespace) === generation);
    const bytes = answer.response.length;
    if (present && isOfNow && present.answers.length < present.orders) {
      present.answers.push(answer);
      present.bytes += bytes;
      this.youngBytes += bytes;
      return;
    }
    if (present) this.youngBytes -= present.bytes;
    const entry = { answers: [answer], orders: hasOrders ? ORDERS : 1, next: 0, bytes: bytes + key.length + ENTRY_BYTES, readings };
    this.keep(key, entry);
  }

  /** Bytes that it holds, roughly. */
  get bytes(): number {
    return [...this.young.values(), ...this.old.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  private promoted(key: string): Entry | undefined {
    const entry = this.old.get(key);
    if (!entry) return undefined;
    this.old.delete(key);
    this.keep(key, entry);
    return entry;
  }

  private keep(key: string, entry: Entry): void {
    if (this.youngBytes + entry.bytes > GENERATION_BYTES) {
      this.old = this.young;
      this.young = new Map();
      this.youngBytes = 0;
      this.old.delete(key);
    }
    this.young.set(key, entry);
    this.youngBytes += entry.bytes;
  }

  private read<T>(namespace: string, value: T): T {
    this.reading?.add(namespace);
    return value;
  }

  private changed(namespace: string): void {
    for (const each of [namespace, EVERYWHERE]) this.generations.set(each, this.generationOf(each) + 1);
  }

  private generationOf(namespace: string): number {
    return this.generations.get(namespace) ?? 0;
  }
}

/** No namespace has this name. What reads by address may change with any of them. */
const EVERYWHERE = '*';

const keyOf = (request: Buffer): string => request.toString('latin1', ID_BYTES);
