/*
 * DNS messages on the wire, RFC 1035 §4. Answers are written here because their names must be compressed: a headless service's addresses
 * fit four times as often into what UDP carries. Queries, and answers from upstream, are read by `dns-packet`.
 */
export type DnsRecord =
  | { name: string; ttl: number; type: 'A' | 'AAAA' | 'CNAME' | 'PTR' | 'NS'; data: string }
  | { name: string; ttl: number; type: 'SRV'; data: { priority: number; weight: number; port: number; target: string } }
  | { name: string; ttl: number; type: 'TXT'; data: string }
  | { name: string; ttl: number; type: 'SOA'; data: Soa };

/** RFC 1035, 3.3.13. Times are in seconds. */
export interface Soa {
  mname: string;
  rname: string;
  serial: number;
  refresh: number;
  retry: number;
  expire: number;
  minimum: number;
}

/** A response, ready but for its bytes. `question` is repeated as the client wrote it, capital letters too. */
export interface Message {
  id: number;
  rcode: number;
  authoritative: boolean;
  recursionDesired: boolean;
  question: { name: string; typeCode: number } | undefined;
  answers: readonly DnsRecord[];
  authorities: readonly DnsRecord[];
  additionals: readonly DnsRecord[];
  /** Add an EDNS OPT record (RFC 6891) with our receive size; its high bits of the rcode come from `rcode`. */
  edns: boolean;
}

export const typeCodes = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, TXT: 16, AAAA: 28, SRV: 33 } as const;
/** What fits a packet everywhere without being fragmented: DNS flag day 2020. */
export const EDNS_SIZE = 1232;

const FLAG_RESPONSE = 0x8000;
const FLAG_AUTHORITATIVE = 0x0400;
const FLAG_TRUNCATED = 0x0200;
const FLAG_RECURSION_DESIRED = 0x0100;
const FLAG_RECURSION_AVAILABLE = 0x0080;
const OPT_BYTES = 11;
/** A compressed name points with 14 bits (RFC 1035, 4.1.4). */
const POINTER_LIMIT = 0x4000;

/**
 * Writes a response of at most `limit` bytes. What does not fit is left out from the end: additional records silently, answers and
 * authorities with the TC flag, so that the client asks again over TCP (RFC 2181 §9).
 */
export function encodeResponse(message: Message, limit: number): Buffer {
  const writer = new Writer(limit - (message.edns ? OPT_BYTES : 0));
  const counts = [0, 0, 0];
  let truncated = false;
  if (message.question) writer.question(message.question);
  for (const [section, records] of [message.answers, message.authorities, message.additionals].entries()) {
    if (truncated) break;
    for (const record of records) {
      if (!writer.record(record)) {
        truncated = section < 2;
        break;
      }
      counts[section]!++;
    }
  }
  const flags =
    FLAG_RESPONSE |
    FLAG_RECURSION_AVAILABLE |
    (message.authoritative ? FLAG_AUTHORITATIVE : 0) |
    (truncated ? FLAG_TRUNCATED : 0) |
    (message.recursionDesired ? FLAG_RECURSION_DESIRED : 0) |
    (message.rcode & 15);
  const header = Buffer.alloc(12);
  const numbers = [message.id, flags, message.question ? 1 : 0, counts[0]!, counts[1]!, counts[2]! + (message.edns ? 1 : 0)];
  for (const [i, number] of numbers.entries()) header.writeUInt16BE(number, i * 2);
  const opt = message.edns ? Buffer.from([0, 0, 41, EDNS_SIZE >> 8, EDNS_SIZE & 255, message.rcode >> 4, 0, 0, 0, 0, 0]) : Buffer.alloc(0);
  return Buffer.concat([header, writer.bytes(), opt]);
}

class Writer {
  private readonly buffer: number[] = [];
  /** Lower-case name → where it stands in the message. */
  private readonly names = new Map<string, number>();

  constructor(private readonly limit: number) {}

  bytes(): Buffer {
    return Buffer.from(this.buffer);
  }

  question({ name, typeCode }: { name: string; typeCode: number }): void {
    this.name(name);
    this.u16(typeCode);
    this.u16(1);
  }

  /** False, and nothing written, when the record would not fit. */
  record(record: DnsRecord): boolean {
    const start = this.buffer.length;
    this.name(record.name);
    this.u16(typeCodes[record.type]);
    this.u16(1);
    this.u32(record.ttl);
    const lengthAt = this.buffer.length;
    this.u16(0);
    this.data(record);
    const length = this.buffer.length - lengthAt - 2;
    this.buffer[lengthAt] = length >> 8;
    this.buffer[lengthAt + 1] = length & 255;
    // 12 is the header, which is written last.
    if (this.buffer.length + 12 <= this.limit) return true;
    this.buffer.length = start;
    // No later name may point into what has been taken back.
    for (const [name, at] of this.names) if (at >= start + 12) this.names.delete(name);
    return false;
  }

  private data(record: DnsRecord): void {
    switch (record.type) {
      case 'A':
        return this.push(record.data.split('.').map(Number));
      case 'AAAA':
        return this.push(ipv6Bytes(record.data));
      case 'CNAME':
      case 'PTR':
      case 'NS':
        return this.name(record.data);
      case 'TXT':
        return this.text(Buffer.from(record.data));
      case 'SRV':
        for (const number of [record.data.priority, record.data.weight, record.data.port]) this.u16(number);
        return this.name(record.data.target, false); // RFC 2782: the target is not compressed
      case 'SOA':
        this.name(record.data.mname);
        this.name(record.data.rname);
        for (const key of ['serial', 'refresh', 'retry', 'expire', 'minimum'] as const) this.u32(record.data[key]);
    }
  }

  private name(name: string, compress = true): void {
    const labels = name === '.' || name === '' ? [] : name.replace(/\.$/, '').split('.');
    for (let i = 0; i < labels.length; i++) {
      const rest = labels.slice(i).join('.').toLowerCase();
      const known = this.names.get(rest);
      if (compress && known !== undefined) return this.u16(0xc000 | known);
      const at = this.buffer.length + 12;
      if (known === undefined && at < POINTER_LIMIT) this.names.set(rest, at);
      this.text(Buffer.from(labels[i]!));
    }
    this.buffer.push(0);
  }

  private text(bytes: Buffer): void {
    this.buffer.push(bytes.length & 255);
    this.push(bytes);
  }

  private push(bytes: Iterable<number>): void {
    for (const byte of bytes) this.buffer.push(byte);
  }

  private u16(number: number): void {
    this.buffer.push((number >> 8) & 255, number & 255);
  }

  private u32(number: number): void {
    this.u16(number >>> 16);
    this.u16(number & 0xffff);
  }
}

function ipv6Bytes(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const words = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const first = words(head);
  const last = tail === undefined ? [] : words(tail);
  const all = tail === undefined ? first : [...first, ...Array.from({ length: 8 - first.length - last.length }, () => '0'), ...last];
  return all.flatMap((word) => [Number.parseInt(word, 16) >> 8, Number.parseInt(word, 16) & 255]);
}
