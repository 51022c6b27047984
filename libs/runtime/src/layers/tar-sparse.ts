import { decodeName } from '#base';
import { bad, numberAt, type RawHeader } from './tar-header.ts';

/*
 * Files with holes, in the forms that GNU tar writes: its own of old (type `S`), and three of pax (0.0, 0.1, 1.0). GNU tar manual, "Storing
 * Sparse Files".
 */

/** Content at an offset of the file; what lies between is a hole. */
export interface Segment {
  offset: number;
  bytes: number;
}

export interface SparseFile {
  sizeBytes: number;
  segments: Segment[];
  /** Of version 1.0: the map stands before the content. */
  isMapInContent: boolean;
}

/** Two numbers of 12 digits each. */
const segmentFieldBytes = 24;

/** Of the old form: four segments in the header, the rest in blocks that follow it. Answers whether another block follows. */
export function readOldSegments(block: Buffer, segments: Segment[], isHeader: boolean): boolean {
  const [at, count] = isHeader ? [386, 4] : [0, 21];
  for (let i = 0; i < count; i++) {
    const field = at + i * segmentFieldBytes;
    if (block[field] === 0) break;
    segments.push({ offset: numberAt(block, field, 'sparse offset'), bytes: numberAt(block, field + 12, 'sparse size') });
  }
  return block[isHeader ? 482 : 504] !== 0;
}

/** Of the old form, in its header. */
export function oldRealSize(block: Buffer): number {
  return numberAt(block, 483, 'real size');
}

/** What pax records say; undefined for a file without holes. The name of version 0.1 and 1.0 replaces the other, which only marks the file. */
export function sparseOfPax(entry: RawHeader, records: ReadonlyMap<string, Buffer>): SparseFile | undefined {
  const text = (key: string): string | undefined => records.get(`GNU.sparse.${key}`)?.toString('latin1');
  const [major, minor] = [text('major'), text('minor')];
  const isMapInContent = major === '1' && minor === '0';
  const map = text('map');
  if (!isMapInContent && map === undefined && text('numblocks') === undefined) {
    if (major !== undefined && major !== '0') throw bad(`sparse format ${major}.${minor ?? ''} is not supported`);
    return undefined;
  }
  const name = records.get('GNU.sparse.name');
  if (name) entry.path = decodeName(name);
  const sizeBytes = whole(text('size') ?? text('realsize') ?? String(entry.sizeBytes));
  const numbers = map ? map.split(',').map(whole) : [];
  return { sizeBytes, isMapInContent, segments: isMapInContent ? [] : pairs(numbers) };
}

/** The map of version 1.0, as its bytes come in: a count, then offset and size of each segment, a number a line, padded to a block. */
export class SparseMapReader {
  private readonly numbers: number[] = [];
  private digits = '';

  /** One block after the other. Answers the segments once they are complete. */
  take(block: Buffer): Segment[] | undefined {
    for (const byte of block) {
      if (byte === 0x0a) {
        this.numbers.push(whole(this.digits));
        this.digits = '';
        if (this.numbers[0]! > mostSegments) throw bad('a sparse map is too large');
        if (this.numbers.length === 1 + 2 * this.numbers[0]!) return pairs(this.numbers.slice(1));
      } else this.digits += String.fromCharCode(byte);
      if (this.digits.length > 20) throw bad('a sparse map is malformed');
    }
    return undefined;
  }
}

/** As many as an extended header has room for. */
const mostSegments = 65_536;

/** In order, without overlap, within the file, and as long together as the content that the archive has. Throws 'bad-image'. */
export function demandSegments({ sizeBytes, segments }: SparseFile, contentBytes: number): void {
  let end = 0;
  let total = 0;
  for (const { offset, bytes } of segments) {
    if (offset < end || offset + bytes > sizeBytes) throw bad('a sparse map is out of order');
    end = offset + bytes;
    total += bytes;
  }
  if (total !== contentBytes) throw bad('a sparse map does not fit its content');
}

/** Content of a sparse file bit by bit, where it belongs. */
export class SparseCursor {
  private position = 0;
  private next = 0;

  constructor(private readonly file: SparseFile) {}

  /** The hole before the next byte of content, and how much content comes together. Ask again after `bytes` have been taken. */
  step(availableBytes: number): { holeBytes: number; bytes: number } {
    let segment = this.file.segments[this.next]!;
    while (segment.offset + segment.bytes <= this.position || segment.bytes === 0) segment = this.file.segments[++this.next]!;
    const holeBytes = Math.max(0, segment.offset - this.position);
    this.position += holeBytes;
    const bytes = Math.min(availableBytes, segment.offset + segment.bytes - this.position);
    this.position += bytes;
    return { holeBytes, bytes };
  }

  /** Behind the last content. */
  get tailBytes(): number {
    return this.file.sizeBytes - this.position;
  }
}

function pairs(numbers: readonly number[]): Segment[] {
  if (numbers.length % 2 !== 0) throw bad('a sparse map is malformed');
  if (numbers.length > 2 * mostSegments) throw bad('a sparse map is too large');
  return Array.from({ length: numbers.length / 2 }, (_, i) => ({ offset: numbers[2 * i]!, bytes: numbers[2 * i + 1]! }));
}

function whole(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number)) throw bad('a sparse map is malformed');
  return number;
}
