import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';

const deflate = promisify(deflateRaw);

const blockBytes = 1024 * 1024;
/** As far back as deflate looks: a block is packed with the end of the one before it, so that nothing is lost by cutting. */
const windowBytes = 32 * 1024;
/** More than any machine's thread pool has threads. */
const ahead = 8;
/** Four in a hundred larger than by the highest one that is usual, 6, in six tenths of its time. */
const level = 4;

/** RFC 1952: no name, no time, system unknown. */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
/** RFC 1951: a last block that is empty. */
const lastBlock = Buffer.from([0x03, 0x00]);

/**
 * One gzip stream, its blocks packed at the same time by the threads of Node's pool, as pigz does it. The same input is always the same
 * output: where the input is cut depends on nothing else.
 */
export async function* gzipBlocks(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield header;
  let crc = 0;
  let size = 0;
  let before: Buffer | undefined;
  const packing: Promise<Buffer>[] = [];
  for await (const block of blocksOf(source)) {
    crc = crc32(block, crc);
    size += block.length;
    const packed = packBlock(block, before);
    packed.catch(() => undefined); // told when its turn comes
    packing.push(packed);
    before = block.subarray(-windowBytes);
    if (packing.length === ahead) yield await packing.shift()!;
  }
  for (const packed of packing) yield await packed;
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc, 0);
  trailer.writeUInt32LE(size % 2 ** 32, 4);
  yield Buffer.concat([lastBlock, trailer]);
}

/** What does not get smaller is stored: pictures and archives in an image cost no time, here and at each pull. */
async function packBlock(block: Buffer, before: Buffer | undefined): Promise<Buffer> {
  const packed = segmentsOf(block).map(({ from, to, dense }) => {
    const dictionary = from === 0 ? before : block.subarray(Math.max(0, from - windowBytes), from);
    const options = { level: dense ? 0 : level, finishFlush: constants.Z_SYNC_FLUSH, ...(dictionary && !dense && { dictionary }) };
    return deflate(block.subarray(from, to), options);
  });
  return Buffer.concat(await Promise.all(packed));
}

const pieceBytes = 8 * 1024;

/** Where a block gets smaller and where it does not, by pieces. */
function segmentsOf(block: Buffer): { from: number; to: number; dense: boolean }[] {
  const segments: { from: number; to: number; dense: boolean }[] = [];
  for (let from = 0; from < block.length; from += pieceBytes) {
    const to = Math.min(block.length, from + pieceBytes);
    const dense = isDense(block.subarray(from, to));
    const last = segments.at(-1);
    if (last?.dense === dense) last.to = to;
    else segments.push({ from, to, dense });
  }
  return segments;
}

const sampleBytes = 2048;
/** Of a byte of the sample: random ones have 7.91 there, machine code 6. */
const denseBits = 7.75;

/** By how evenly the values of its bytes are spread, in a sample from all over it. */
function isDense(piece: Buffer): boolean {
  if (piece.length < sampleBytes) return false;
  const counts = new Uint16Array(256);
  const quarter = piece.length >> 2;
  for (let part = 0; part < 4; part++) {
    for (let i = 0; i < sampleBytes / 4; i++) counts[piece[part * quarter + i]!]!++;
  }
  let bits = 0;
  for (const count of counts) if (count > 0) bits -= (count / sampleBytes) * Math.log2(count / sampleBytes);
  return bits > denseBits;
}

async function* blocksOf(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    let rest = chunk;
    while (bytes + rest.length >= blockBytes) {
      const cut = blockBytes - bytes;
      yield Buffer.concat([...parts, rest.subarray(0, cut)]);
      rest = rest.subarray(cut);
      parts = [];
      bytes = 0;
    }
    if (rest.length > 0) parts.push(rest);
    bytes += rest.length;
  }
  if (bytes > 0) yield Buffer.concat(parts);
}
