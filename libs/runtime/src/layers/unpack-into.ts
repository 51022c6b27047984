import { createHash } from 'node:crypto';
import type { Digest } from '#base';
import { decompress } from './decompress.ts';
import type { LayerTree } from './layer-tree.ts';
import { TarReader } from './tar-reader.ts';
import { type UnpackLimits, UnpackMeter } from './unpack-limits.ts';
import { Unpacker } from './unpacker.ts';

/** One pass: decompress, hash, lay out as files in an empty directory. `digest` is that of the plain archive. Throws 'bad-image'. */
export async function unpackInto(
  directory: string,
  source: AsyncIterable<Buffer>,
  limits: UnpackLimits,
): Promise<{ digest: Digest; sizeBytes: number; tree: LayerTree }> {
  const meter = new UnpackMeter(limits);
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
  } finally {
    unpacker.abandon();
  }
  unpacker.finish();
  return { digest: `sha256:${hash.digest('hex')}`, sizeBytes, tree: unpacker.tree };
}

async function* counted(source: AsyncIterable<Buffer>, meter: UnpackMeter): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    meter.packedBytes += chunk.length;
    yield chunk;
  }
}
