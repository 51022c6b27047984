import { createHash } from 'node:crypto';
import type { Digest } from '#base';
import { decompress } from './decompress.ts';
import type { LayerTree } from './layer-tree.ts';
import { TarReader } from './tar-reader.ts';
import type { UnpackMeter } from './unpack-limits.ts';
import { Unpacker } from './unpacker.ts';

/** One pass: decompress, hash, lay out as files in an empty directory. `digest` is that of the plain archive. Throws 'bad-image'. */
export async function unpackInto(
  directory: string,
  source: AsyncIterable<Buffer>,
  meter: UnpackMeter,
): Promise<{ digest: Digest; sizeBytes: number; entries: number; tree: LayerTree }> {
  const unpacker = new Unpacker(directory, meter);
  const reader = new TarReader(unpacker);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  try {
    for await (const chunk of decompress(counted(source, meter))) {
      meter.countUnpacked(chunk.length);
      sizeBytes += chunk.length;
      hash.update(chunk);
      await reader.write(chunk);
    }
    reader.end();
    unpacker.finish();
  } catch (err) {
    throw unpacker.explained(err);
  } finally {
    unpacker.abandon();
  }
  return { digest: `sha256:${hash.digest('hex')}`, sizeBytes, entries: meter.entries, tree: unpacker.tree };
}

/** The digest of the plain archive, for a layer whose files are here already. Throws 'bad-image'. */
export async function plainDigest(source: AsyncIterable<Buffer>, meter: UnpackMeter): Promise<Digest> {
  const hash = createHash('sha256');
  for await (const chunk of decompress(counted(source, meter))) {
    meter.countUnpacked(chunk.length);
    hash.update(chunk);
  }
  return `sha256:${hash.digest('hex')}`;
}

async function* counted(source: AsyncIterable<Buffer>, meter: UnpackMeter): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    meter.packedBytes += chunk.length;
    yield chunk;
  }
}
