import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib';
import { dictionary } from './dictionary.ts';

const maxHeaderBytes = 256 * 1024;

/**
 * Header blocks of one connection. All blocks of a direction are one zlib stream, so they must be given in order, one at a time (SPDY/3.1
 * draft, section 2.6.10.1).
 */
export class HeaderBlocks {
  private readonly inflate: Inflate = createInflate({ dictionary });
  private readonly deflate: Deflate = createDeflate({ dictionary });

  constructor() {
    // What fails after its block was given up has nobody left to tell, and must not be thrown.
    for (const zlib of [this.inflate, this.deflate]) zlib.on('error', () => undefined);
  }

  /** Names are lower case; several values of a name are joined by a NUL. */
  async decode(block: Buffer): Promise<Map<string, string>> {
    const bytes = await this.through(this.inflate, block);
    let at = 0;
    const number = (): number => {
      const value = bytes.readUInt32BE(at);
      at += 4;
      return value;
    };
    const text = (): string => {
      const length = number();
      const value = bytes.toString('utf8', at, at + length);
      at += length;
      return value;
    };
    const headers = new Map<string, string>();
    for (let left = number(); left > 0; left--) headers.set(text().toLowerCase(), text());
    return headers;
  }

  async encode(headers: ReadonlyMap<string, string>): Promise<Buffer> {
    const parts: Buffer[] = [counted(headers.size)];
    for (const [name, value] of headers) {
      for (const text of [name, value]) {
        const bytes = Buffer.from(text);
        parts.push(counted(bytes.length), bytes);
      }
    }
    return this.through(this.deflate, Buffer.concat(parts));
  }

  close(): void {
    this.inflate.destroy();
    this.deflate.destroy();
  }

  private through(zlib: Inflate | Deflate, block: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const out: Buffer[] = [];
      let size = 0;
      const finish = (error?: Error | null): void => {
        zlib.off('data', collect);
        zlib.off('error', finish);
        if (error) reject(error);
        else resolve(Buffer.concat(out));
      };
      const collect = (chunk: Buffer): void => {
        size += chunk.length;
        if (size > maxHeaderBytes) finish(new Error('SPDY headers are too large'));
        else out.push(chunk);
      };
      zlib.on('data', collect);
      zlib.once('error', finish);
      zlib.write(block, (error) => {
        if (error) finish(error);
        else zlib.flush(constants.Z_SYNC_FLUSH, () => finish());
      });
    });
  }
}

function counted(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
