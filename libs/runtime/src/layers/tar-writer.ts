import { encodeName } from '#base';
import { blockBytes, type EntryType, type TarEntry } from './tar-header.ts';

/** Header blocks of an entry: pax where ustar cannot say it. The same entry is always the same bytes. */
export function encodeHeader(entry: TarEntry): Buffer {
  const pax = paxRecords(entry);
  const main = ustarBlock(entry, flags[entry.type]);
  if (pax.length === 0) return main;
  const body = Buffer.concat(pax);
  const extension = ustarBlock(
    { ...entry, path: 'PaxHeaders.0/entry', linkPath: '', mode: 0o644, uid: 0, gid: 0, mtime: 0, sizeBytes: body.length },
    'x',
  );
  return Buffer.concat([extension, body, padding(body.length), main]);
}

/** Zeros up to the next block. */
export function padding(sizeBytes: number): Buffer {
  return Buffer.alloc((blockBytes - (sizeBytes % blockBytes)) % blockBytes);
}

/** Two blocks of zeros. */
export const endOfArchive = Buffer.alloc(2 * blockBytes);

const flags: Readonly<Record<EntryType, string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  character: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};

function ustarBlock(entry: TarEntry, flag: string): Buffer {
  const block = Buffer.alloc(blockBytes);
  const { prefix, name } = splitPath(entry.path);
  block.write(name, 0, 100, 'utf8');
  block.write(octal(entry.mode, 7), 100, 'latin1');
  block.write(octal(fits(entry.uid, 7) ? entry.uid : 0, 7), 108, 'latin1');
  block.write(octal(fits(entry.gid, 7) ? entry.gid : 0, 7), 116, 'latin1');
  block.write(octal(fits(entry.sizeBytes, 11) ? entry.sizeBytes : 0, 11), 124, 'latin1');
  block.write(octal(wholeTime(entry.mtime), 11), 136, 'latin1');
  block.write('        ', 148, 'latin1');
  block.write(flag, 156, 'latin1');
  block.write(entry.linkPath, 157, 100, 'utf8');
  block.write('ustar\u000000', 257, 'latin1');
  block.write(octal(entry.device.major, 7), 329, 'latin1');
  block.write(octal(entry.device.minor, 7), 337, 'latin1');
  block.write(prefix, 345, 155, 'utf8');
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${octal(sum, 6)}\0 `, 148, 'latin1');
  return block;
}

function paxRecords(entry: TarEntry): Buffer[] {
  const records: Buffer[] = [];
  const split = splitPath(entry.path);
  if (!split.fits) records.push(record('path', encodeName(entry.path)));
  if (!fitsField(entry.linkPath, 100)) records.push(record('linkpath', encodeName(entry.linkPath)));
  if (!fits(entry.uid, 7)) records.push(record('uid', Buffer.from(String(entry.uid))));
  if (!fits(entry.gid, 7)) records.push(record('gid', Buffer.from(String(entry.gid))));
  if (!fits(entry.sizeBytes, 11)) records.push(record('size', Buffer.from(String(entry.sizeBytes))));
  if (entry.mtimeNanos) {
    const fraction = String(entry.mtimeNanos).padStart(9, '0').replace(/0+$/, '');
    records.push(record('mtime', Buffer.from(`${Math.floor(entry.mtime)}.${fraction}`)));
  } else if (wholeTime(entry.mtime) !== entry.mtime) records.push(record('mtime', Buffer.from(String(entry.mtime))));
  for (const [name, value] of [...entry.xattrs].sort(([a], [b]) => (a < b ? -1 : 1))) records.push(record(`SCHILY.xattr.${name}`, value));
  return records;
}

/** `<length> <key>=<value>\n`, where the length counts its own digits. */
function record(key: string, value: Buffer): Buffer {
  const name = encodeName(key);
  const rest = name.length + value.length + 3;
  // The length has as many digits as it needs, which may be one more with its own digits counted.
  let length = rest + String(rest).length;
  if (String(length).length !== String(rest).length) length = rest + String(length).length;
  return Buffer.concat([Buffer.from(`${length} `), name, Buffer.from('='), value, Buffer.from('\n')]);
}

/** Only ASCII goes into ustar's own fields: what other bytes mean there was never settled. */
function fitsField(text: string, limit: number): boolean {
  return text.length <= limit && Buffer.byteLength(text) === text.length;
}

function splitPath(path: string): { prefix: string; name: string; fits: boolean } {
  if (fitsField(path, 100)) return { prefix: '', name: path, fits: true };
  if (fitsField(path, 256)) {
    for (let at = path.indexOf('/'); at >= 0 && at <= 155; at = path.indexOf('/', at + 1)) {
      const name = path.slice(at + 1);
      if (at > 0 && name.length > 0 && name.length <= 100) return { prefix: path.slice(0, at), name, fits: true };
    }
  }
  return {
    prefix: '',
    name: Buffer.from(path)
      .subarray(0, 100)
      .toString('latin1')
      .replace(/[^\x20-\x7e]/g, '_'),
    fits: false,
  };
}

function fits(value: number, digits: number): boolean {
  return value < 8 ** digits;
}

function wholeTime(mtime: number): number {
  return Math.min(Math.max(0, Math.floor(mtime)), 8 ** 11 - 1);
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}
