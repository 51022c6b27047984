import { decodeName, lookUp } from '#base';
import { RuntimeError } from '../contract.ts';

export type EntryType = 'file' | 'hardlink' | 'symlink' | 'character' | 'block' | 'directory' | 'fifo';

/** One member of a tar archive, its pax and GNU extensions applied. */
export interface TarEntry {
  /** As `decodeName` has it: a string for every name, UTF-8 or not. */
  path: string;
  type: EntryType;
  /** Permission bits, with set-user-ID, set-group-ID and sticky. */
  mode: number;
  uid: number;
  gid: number;
  sizeBytes: number;
  /** Seconds since the epoch, with a fraction when the archive has one. */
  mtime: number;
  /** Of a pax header: the nanoseconds of the fraction, which a number of seconds has no room for. */
  mtimeNanos?: number;
  linkPath: string;
  device: { major: number; minor: number };
  /** `SCHILY.xattr.*` of pax headers. */
  xattrs: ReadonlyMap<string, Buffer>;
}

export interface RawHeader extends TarEntry {
  flag: string;
}

const types: Readonly<Record<string, EntryType>> = {
  '0': 'file',
  '\0': 'file',
  S: 'file', // with holes, in GNU's old form
  '7': 'file', // "contiguous": a file like others everywhere that matters
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'character',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
};

/** Everything in an archive begins at a multiple of it. */
export const blockBytes = 512;

interface Field {
  name: string;
  at: number;
  length: number;
}

const fields = {
  mode: { name: 'mode', at: 100, length: 8 },
  uid: { name: 'uid', at: 108, length: 8 },
  gid: { name: 'gid', at: 116, length: 8 },
  size: { name: 'size', at: 124, length: 12 },
  mtime: { name: 'mtime', at: 136, length: 12 },
  checksum: { name: 'checksum', at: 148, length: 8 },
  major: { name: 'devmajor', at: 329, length: 8 },
  minor: { name: 'devminor', at: 337, length: 8 },
} as const satisfies Record<string, Field>;

/** POSIX.1-2017 pax, "ustar Interchange Format". Throws 'bad-image'; undefined for a block of zeros. */
export function parseHeader(block: Buffer): RawHeader | undefined {
  const sum = checksumOf(block);
  if (sum === 8 * 32) return undefined;
  if (octal(block, fields.checksum) !== sum) throw bad('header checksum does not match');
  const flag = String.fromCharCode(block[156]!);
  // The prefix field is POSIX's; the older GNU format (magic "ustar  ") keeps times there.
  const posix = block.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = posix ? text(block, 345, 155) : '';
  const name = text(block, 0, 100);
  const path = prefix ? `${prefix}/${name}` : name;
  const type = flag === '0' || flag === '\0' ? (path.endsWith('/') ? 'directory' : 'file') : lookUp(types, flag);
  return {
    flag,
    path,
    type: type ?? 'file',
    mode: octal(block, fields.mode) & 0o7777,
    uid: octal(block, fields.uid),
    gid: octal(block, fields.gid),
    sizeBytes: octal(block, fields.size),
    mtime: octal(block, fields.mtime),
    linkPath: text(block, 157, 100),
    device: { major: octal(block, fields.major), minor: octal(block, fields.minor) },
    xattrs: new Map(),
  };
}

/** The sum of all bytes, with blanks where the sum itself stands. */
function checksumOf(block: Buffer): number {
  let sum = 8 * 32;
  for (let i = 0; i < 148; i++) sum += block[i]!;
  for (let i = 156; i < blockBytes; i++) sum += block[i]!;
  return sum;
}

/** Types that a layer may have, by their flag in the header. */
export function isKnownType(flag: string): boolean {
  return Object.hasOwn(types, flag);
}

/** pax extended header records: `<length> <key>=<value>\n`. Values may hold any byte. */
export function parsePax(bytes: Buffer): Map<string, Buffer> {
  const records = new Map<string, Buffer>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(bytes.toString('latin1', at, space));
    const end = at + length;
    if (!Number.isInteger(length) || length < 5 || end > bytes.length || bytes[end - 1] !== 0x0a) throw bad('malformed pax record');
    const equals = bytes.indexOf(0x3d, space);
    if (equals < 0 || equals >= end) throw bad('pax record without a value');
    const [key, value] = [decodeName(bytes.subarray(space + 1, equals)), bytes.subarray(equals + 1, end - 1)];
    // Version 0.0 of sparse files has a record for each number; together they are what later versions have in one.
    const isSparseNumber = key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes';
    const map = isSparseNumber ? records.get('GNU.sparse.map') : undefined;
    records.set(isSparseNumber ? 'GNU.sparse.map' : key, map ? Buffer.concat([map, Buffer.from(','), value]) : value);
    at = end;
  }
  return records;
}

const xattrPrefix = 'SCHILY.xattr.';

/** Lays pax records over what the header itself says. An empty value takes a global record back. */
export function applyPax(header: RawHeader, records: ReadonlyMap<string, Buffer>): RawHeader {
  const result = { ...header, xattrs: new Map<string, Buffer>() };
  for (const [key, value] of records) {
    if (key.startsWith(xattrPrefix)) result.xattrs.set(key.slice(xattrPrefix.length), Buffer.from(value));
    if (value.length === 0) continue;
    switch (key) {
      case 'path':
        result.path = decodeName(value);
        if (header.flag === '0' && result.path.endsWith('/')) result.type = 'directory';
        break;
      case 'linkpath':
        result.linkPath = decodeName(value);
        break;
      case 'size':
        result.sizeBytes = whole(value, key);
        break;
      case 'uid':
        result.uid = whole(value, key);
        break;
      case 'gid':
        result.gid = whole(value, key);
        break;
      case 'mtime':
        result.mtime = decimal(value, key);
        result.mtimeNanos = nanosOf(value.toString('latin1'));
        break;
    }
  }
  return result;
}

function text(block: Buffer, offset: number, length: number): string {
  const end = block.indexOf(0, offset);
  return decodeName(block.subarray(offset, end < 0 || end > offset + length ? offset + length : end));
}

/** Octal text, or base 256 when the top bit is set (GNU, for what does not fit). */
function octal(block: Buffer, { name, at, length }: Field): number {
  const first = block[at]!;
  if (first & 0x80) {
    if (first & 0x40) throw bad(`negative ${name}`);
    let value = BigInt(first & 0x7f);
    for (let i = 1; i < length; i++) value = (value << 8n) | BigInt(block[at + i]!);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw bad(`${name} is too large`);
    return Number(value);
  }
  const digits = block
    .toString('latin1', at, at + length)
    .replaceAll('\0', ' ')
    .trim();
  if (digits === '') return 0;
  if (!/^[0-7]+$/.test(digits)) throw bad(`${name} is not a number`);
  return Number.parseInt(digits, 8);
}

/** Of a field of twelve bytes, as the size has. */
export function numberAt(block: Buffer, at: number, name: string): number {
  return octal(block, { name, at, length: 12 });
}

function whole(value: Buffer, key: string): number {
  const number = Number(value.toString('latin1'));
  if (!/^\d+$/.test(value.toString('latin1')) || !Number.isSafeInteger(number)) throw bad(`pax ${key} is not a number`);
  return number;
}

/** Always forward from the whole second below, as timespec has it. */
function nanosOf(text: string): number {
  const nanos = Number((text.split('.')[1] ?? '').slice(0, 9).padEnd(9, '0'));
  return text.startsWith('-') && nanos > 0 ? 1e9 - nanos : nanos;
}

function decimal(value: Buffer, key: string): number {
  const number = Number(value.toString('latin1'));
  const isTime = /^-?\d+(\.\d*)?$/.test(value.toString('latin1')) && Number.isSafeInteger(Math.floor(number));
  if (!isTime) throw bad(`pax ${key} is not a number`);
  return number;
}

/** What every reader of layers throws: 'bad-image', with the words that people see. */
export function bad(reason: string): RuntimeError {
  return new RuntimeError('bad-image', `invalid layer archive: ${reason}`);
}
