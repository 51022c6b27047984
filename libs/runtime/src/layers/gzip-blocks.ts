import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';

const deflate = promisify(deflateRaw);

const blockBytes = 1024 * 1024;
/** As far back as deflate looks: a block is packed with the end of the one before it, so that nothing is lost by cutting. */
const windowBytes = 32 * 1024;
/** More than any machine's thread pool has threads. */
const ahead = 8;
const level = 6;

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
async function packBlock(block: Buffer, dictionary: Buffer | undefined): Promise<Buffer> {
  const sample = sampleOf(block);
  const isDense = (await deflate(sample, { level: 1 })).length > sample.length * 0.98;
  return deflate(block, { level: isDense ? 0 : level, finishFlush: constants.Z_SYNC_FLUSH, ...(dictionary && { dictionary }) });
}

/** Pieces from all over the block: it may begin with a picture and go on with text. */
function sampleOf(block: Buffer): Buffer {
  const piece = 2048;
  const step = blockBytes / 16;
  const pieces: Buffer[] = [];
  for (let at = 0; at < block.length; at += step) pieces.push(block.subarray(at, at + piece));
  return Buffer.concat(pieces);
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
