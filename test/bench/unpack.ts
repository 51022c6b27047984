import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { systemRandom } from '#base';
import { LayerStore } from '../../libs/runtime/src/layers/layer-store.ts';
import { archive, type EntrySpec, sha256 } from '../../libs/runtime/src/testing/archives.ts';

/** Unpacks a 200 MB layer as it comes from disk: `deploy/bin/node24 dist-bench/… test/bench/unpack.ts`. MB are of the plain archive. */
const megabyte = 1024 * 1024;

/** Half random, half text: packs to about half, as programs do. */
function content(bytes: number): Buffer {
  const half = Math.floor(bytes / 2);
  return Buffer.concat([randomBytes(half), Buffer.alloc(bytes - half, 'the same text over and over ')]);
}

const shapes: Record<string, () => EntrySpec[]> = {
  'few large files': () => Array.from({ length: 20 }, (_n, i) => ({ path: `large-${i}`, content: content(10 * megabyte) })),
  'many small files': () => [
    ...Array.from({ length: 200 }, (_n, i) => ({ path: `d${i}/`, type: 'directory' as const })),
    ...Array.from({ length: 20_000 }, (_n, i) => ({ path: `d${i % 200}/f${i}`, content: content(10_240) })),
  ],
};

const root = await mkdtemp(join(tmpdir(), 'berth-unpack-'));
try {
  for (const [shape, make] of Object.entries(shapes)) {
    const tar = archive(make());
    for (const [name, packed] of Object.entries({ plain: tar, gzip: gzipSync(tar), zstd: zstdCompressSync(tar) })) {
      const file = join(root, 'layer');
      await writeFile(file, packed);
      const times: number[] = [];
      for (let run = 0; run < 3; run++) {
        const layers = new LayerStore(join(root, `store-${run}`), systemRandom);
        await layers.open();
        const started = performance.now();
        await layers.unpack(sha256(tar), createReadStream(file, { highWaterMark: 256 * 1024 }));
        times.push((performance.now() - started) / 1000);
        await rm(join(root, `store-${run}`), { recursive: true });
      }
      const seconds = times.toSorted((a, b) => a - b)[1]!;
      console.log(`${shape}, ${name} (${Math.round(packed.length / megabyte)} MB): ${Math.round(tar.length / megabyte / seconds)} MB/s`);
    }
  }
} finally {
  await rm(root, { recursive: true });
}
