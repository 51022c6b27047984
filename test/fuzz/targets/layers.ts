import { lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { Random } from '#base';
import { RuntimeError } from '#runtime/contract';
import { archive, defaultLimits, type EntrySpec, unpackInto, UnpackMeter } from '#runtime/testing';
import type { Target } from '../contract.ts';
import { excerpt, mutated, oneOf, sizeUpTo } from '../inputs/bytes.ts';

const places = [
  'a',
  'a/b',
  'link',
  'link/x',
  'd/',
  'd/f',
  '../out',
  '/abs',
  './a/../../out',
  '.wh.a',
  'a/.wh..wh..opq',
  'd/.wh.',
  '.wh..',
  'x'.repeat(300),
  'é',
  '\u{1F600}',
  'a//b',
  '.',
  '..',
  '',
  'null\0byte',
]; // prettier-ignore
const targets = ['a', 'link', '..', '../out', '/', '/etc', '../../..', '.', '', 'a/b', '/proc/self/root', 'x'.repeat(5000)];

/**
 * Layers as a registry could send them. Beside every one lies a file that no layer may touch: whatever an archive says, it stays in its
 * own directory, and is laid out or refused as 'bad-image'.
 */
export const layers: Target<Buffer> = {
  name: 'layers',
  share: 3,
  async open() {
    const base = await mkdtemp(join(tmpdir(), 'berth-fuzz-layers-'));
    await writeFile(join(base, 'out'), 'untouched');
    const limits = { ...defaultLimits, entries: 10_000, unpackedBytes: 16 << 20 };
    return {
      make: layer,
      show: excerpt,
      async feed(bytes) {
        const directory = join(base, 'layer');
        await mkdir(directory);
        try {
          await unpackInto(directory, chunks(bytes), new UnpackMeter(limits));
        } catch (err) {
          if (!(err instanceof RuntimeError) || err.code !== 'bad-image') throw err;
          if (err.message.includes(base)) return `a path of the host is told: ${err.message}`;
        } finally {
          await rm(directory, { recursive: true, force: true });
        }
        const beside = await readdir(base);
        if (beside.length !== 1) return `beside the layer now lies ${beside.join(', ')}`;
        const { mode, nlink } = await lstat(join(base, 'out'));
        if ((await readFile(join(base, 'out'), 'utf8')) !== 'untouched' || (mode & 0o777) !== 0o644 || nlink !== 1)
          return 'a file outside the layer was changed';
        return undefined;
      },
      close: () => rm(base, { recursive: true }),
    };
  },
};

function layer(random: Random): Buffer {
  const entries = Array.from({ length: sizeUpTo(random, 40) }, () => entry(random));
  let plain = archive(entries);
  if (random.below(2) === 0) plain = mutated(plain, random);
  switch (random.below(4)) {
    case 0:
      return gzipSync(plain);
    case 1:
      return mutated(random.below(2) === 0 ? gzipSync(plain) : zstdCompressSync(plain), random);
    default:
      return plain;
  }
}

function entry(random: Random): EntrySpec {
  const type = oneOf(random, [
    'file',
    'file',
    'directory',
    'symlink',
    'hardlink',
    'fifo',
    'character',
    'block',
  ] as const) as EntrySpec['type'];
  return {
    path: oneOf(random, places),
    type,
    linkPath: type === 'symlink' || type === 'hardlink' ? oneOf(random, targets) : '',
    mode: oneOf(random, [0o644, 0o4755, 0, 0o7777]),
    uid: oneOf(random, [0, 1000, 2 ** 31]),
    mtime: oneOf(random, [0, -1, 2 ** 40]),
    ...(type === 'file' && { content: random.bytes(random.below(700)) }),
    ...(random.below(8) === 0 && {
      xattrs: new Map([[oneOf(random, ['user.a', 'security.capability', 'trusted.overlay.opaque', '']), Buffer.from('v')]]),
    }),
  };
}

async function* chunks(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}
