import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { decompress } from './decompress.ts';
import { bad } from './tar-header.ts';

/** What Node cannot unpack, by its first bytes; Docker runs a program for xz too. */
const programs = [
  { program: 'bzip2', magic: Buffer.from('BZh') },
  { program: 'xz', magic: Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]) },
] as const;
const magicBytes = 6;

/** Of what people hand in themselves: plain, or packed in any way that Docker knows. Layers in registries are gzip and zstd alone. */
export async function* unpackAny(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const iterator = source[Symbol.asyncIterator]();
  let start: Buffer = Buffer.alloc(0);
  let next = await iterator.next();
  for (; !next.done; next = await iterator.next()) {
    start = start.length === 0 ? next.value : Buffer.concat([start, next.value]);
    if (start.length >= magicBytes) break;
  }
  const whole = async function* (): AsyncGenerator<Buffer> {
    try {
      if (start.length > 0) yield start;
      for (let rest = await iterator.next(); !rest.done; rest = await iterator.next()) yield rest.value;
    } finally {
      await iterator.return?.();
    }
  };
  const found = programs.find(({ magic }) => start.subarray(0, magic.length).equals(magic));
  yield* found ? outputOf(found.program, whole()) : decompress(whole());
}

async function* outputOf(program: string, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const child = spawn(program, ['-dc'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const closed = once(child, 'close') as Promise<[number | null]>;
  closed.catch(() => undefined); // told by the wait below
  let cutOff: unknown;
  try {
    await once(child, 'spawn').catch((err: unknown) => {
      throw new Error(`${program} is needed to unpack this archive and cannot be started`, { cause: err });
    });
    // A program that ends before its input does has the error of its own.
    const fed = pipeline(source, child.stdin).catch((err: NodeJS.ErrnoException) => {
      if (err.code !== 'EPIPE' && err.code !== 'ERR_STREAM_PREMATURE_CLOSE') cutOff = err;
    });
    yield* child.stdout as AsyncIterable<Buffer>;
    const [code] = await closed;
    await fed;
    if (cutOff !== undefined) throw cutOff as Error;
    if (code !== 0) throw bad(`${program} cannot unpack it`);
  } finally {
    child.kill();
  }
}
