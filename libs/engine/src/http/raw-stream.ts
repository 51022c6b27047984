import { Transform, type TransformCallback, Writable } from 'node:stream';

/**
 * Docker Engine API, "Attach to a container", "Stream format": without a terminal each chunk has a header of eight bytes, the first of
 * which tells the stream, the last four its length, big-endian.
 */
export const multiplexedType = 'application/vnd.docker.multiplexed-stream';
export const rawType = 'application/vnd.docker.raw-stream';

const numbers = { stdin: 0, stdout: 1, stderr: 2 } as const;

/** One chunk in its frame. */
export function frame(stream: keyof typeof numbers, bytes: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header[0] = numbers[stream];
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

/** A stream whose chunks go to `out` in frames; it ends without ending `out`. A client that went away ends it without an error. */
export function framed(stream: 'stdout' | 'stderr', out: NodeJS.WritableStream): Writable {
  return passing(out, (bytes) => frame(stream, bytes));
}

/** The same without frames, for terminals. */
export function unframed(out: NodeJS.WritableStream): Writable {
  return passing(out, (bytes) => bytes);
}

function passing(out: NodeJS.WritableStream, wrap: (bytes: Buffer) => Buffer): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (!out.writable) return done();
      if (out.write(wrap(chunk))) return done();
      const settle = (): void => {
        out.off('drain', settle);
        out.off('close', settle);
        done();
      };
      out.on('drain', settle);
      out.on('close', settle);
    },
  });
}

/** Bytes of `ctrl-p,ctrl-q` and the like (docker run, `--detach-keys`). Throws RangeError with Docker's words. */
export function detachKeys(text: string): Buffer {
  const controls = '@abcdefghijklmnopqrstuvwxyz[\\]^_';
  const codes = text.split(',').map((key) => {
    if (key.length === 1) return key.charCodeAt(0);
    const code = key.startsWith('ctrl-') && key.length === 6 ? controls.indexOf(key.charAt(5)) : -1;
    if (code < 0) throw new RangeError(`Invalid detach keys (${text}) provided`);
    return code;
  });
  return Buffer.from(codes);
}

/** Passes input on until the keys of detaching are typed, one after the other; calls `detach` then, and swallows them and what follows. */
export class DetachFilter extends Transform {
  private matched = 0;
  private detached = false;

  constructor(
    private readonly keys: Buffer,
    private readonly detach: () => void,
  ) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const out: number[] = [];
    for (const byte of chunk) {
      if (this.detached) break;
      if (byte === this.keys[this.matched]) {
        this.matched++;
        if (this.matched < this.keys.length) continue;
        this.detached = true;
        this.detach();
        break;
      }
      // What looked like the keys was input after all.
      out.push(...this.keys.subarray(0, this.matched));
      this.matched = byte === this.keys[0] && this.keys.length > 1 ? 1 : 0;
      if (this.matched === 0) out.push(byte);
    }
    done(null, Buffer.from(out));
  }
}
