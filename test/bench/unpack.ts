import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { pack, type Pack } from 'tar-stream';
import type { Digest } from '#base';
import { openImages } from '#runtime';
import { silentLogger } from '#telemetry';
import type { Row } from './run.ts';

const megabyte = 1024 * 1024;

const shapes: Record<string, (tar: Pack) => void> = {
  'few large files': (tar) => {
    for (let i = 0; i < 20; i++) tar.entry({ name: `large-${i}` }, content(10 * megabyte));
  },
  'many small files': (tar) => {
    for (let i = 0; i < 200; i++) tar.entry({ name: `d${i}/`, type: 'directory' });
    for (let i = 0; i < 20_000; i++) tar.entry({ name: `d${i % 200}/f${i}` }, content(10_240));
  },
};

/** Unpacks layers of 200 MB as they come from disk, on the file system of temporary files. MB are of the plain archive. */
export async function unpack(): Promise<Row[]> {
  const root = await mkdtemp(join(tmpdir(), 'berth-unpack-'));
  const rows: Row[] = [];
  try {
    for (const [shape, fill] of Object.entries(shapes)) {
      const tar = await archive(join(root, 'archive'), fill);
      const diffId: Digest = `sha256:${createHash('sha256').update(tar).digest('hex')}`;
      for (const [form, packed] of Object.entries({ plain: tar, gzip: gzipSync(tar), zstd: zstdCompressSync(tar) })) {
        const file = join(root, 'layer');
        await writeFile(file, packed);
        const runs: { seconds: number; processor: number }[] = [];
        for (let run = 0; run < 3; run++) {
          const rootDir = join(root, `store-${shape}-${form}-${run}`);
          const { images } = await openImages({ rootDir, logger: silentLogger });
          const [began, used] = [performance.now(), process.cpuUsage()];
          await images.layers.unpack(diffId, createReadStream(file, { highWaterMark: 256 * 1024 }));
          const { user, system } = process.cpuUsage(used);
          runs.push({ seconds: (performance.now() - began) / 1000, processor: (user + system) / 1e6 });
          await rm(rootDir, { recursive: true });
        }
        const { seconds, processor } = runs.toSorted((a, b) => a.seconds - b.seconds)[1]!;
        const value = `${(tar.length / megabyte / seconds).toFixed(0)} MB/s, ${processor.toFixed(2)} s of processor`;
        rows.push({ what: `unpack ${shape}, ${form} (${(packed.length / megabyte).toFixed(0)} MB)`, value });
      }
    }
  } finally {
    await rm(root, { recursive: true });
  }
  return rows;
}

/** Half random, half text: packs to about half, as programs do. */
function content(bytes: number): Buffer {
  const half = Math.floor(bytes / 2);
  return Buffer.concat([randomBytes(half), Buffer.alloc(bytes - half, 'the same text over and over ')]);
}

async function archive(file: string, fill: (tar: Pack) => void): Promise<Buffer> {
  const tar = pack();
  fill(tar);
  tar.finalize();
  await pipeline(tar, createWriteStream(file));
  return readFile(file);
}
