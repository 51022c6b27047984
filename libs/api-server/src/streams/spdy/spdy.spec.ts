import { Duplex } from 'node:stream';
import { constants, createDeflate, createInflate } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { silentLogger } from '#telemetry';
import { SpdyConnection, type SpdyStream } from './connection.ts';
import { dictionary } from './dictionary.ts';
import { controlFrame, dataFrame, FrameReader, FrameType, flagFin, words } from './frames.ts';

function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return ((b << 16) | a) >>> 0;
}

/** Two ends of one connection. */
function pair(): [Duplex, Duplex] {
  const ends: Duplex[] = [];
  const make = (other: () => Duplex): Duplex =>
    new Duplex({
      read() {},
      write(chunk, _encoding, done) {
        other().push(chunk);
        done();
      },
      final(done) {
        other().push(null);
        done();
      },
    });
  ends.push(
    make(() => ends[1] as Duplex),
    make(() => ends[0] as Duplex),
  );
  return [ends[0] as Duplex, ends[1] as Duplex];
}

/** A client that compresses as client-go does: one zlib stream for all its header blocks. */
class Client {
  private readonly deflate = createDeflate({ dictionary });
  private readonly inflate = createInflate({ dictionary });
  readonly reader = new FrameReader(1 << 24);
  readonly received: string[] = [];

  constructor(private readonly socket: Duplex) {
    socket.on('data', (chunk: Buffer) => {
      for (const frame of this.reader.push(chunk)) {
        if (frame.control) this.received.push(`control ${frame.type}`);
        else this.received.push(`data ${frame.streamId}${frame.flags & flagFin ? ' fin' : ''} ${frame.body.toString()}`.trim());
      }
    });
    this.inflate.on('error', () => {});
  }

  async open(id: number, headers: Record<string, string>): Promise<void> {
    const parts = [words(Object.keys(headers).length)];
    for (const text of Object.entries(headers).flat()) parts.push(words(text.length), Buffer.from(text));
    const block = await new Promise<Buffer>((resolve) => {
      const out: Buffer[] = [];
      this.deflate.on('data', (chunk: Buffer) => out.push(chunk));
      this.deflate.write(Buffer.concat(parts));
      this.deflate.flush(constants.Z_SYNC_FLUSH, () => {
        this.deflate.removeAllListeners('data');
        resolve(Buffer.concat(out));
      });
    });
    this.socket.write(controlFrame(FrameType.synStream, 0, Buffer.concat([words(id, 0), Buffer.alloc(2), block])));
  }

  send(id: number, text: string, fin = false): void {
    this.socket.write(dataFrame(id, fin ? flagFin : 0, Buffer.from(text)));
  }
}

describe('SPDY/3.1', () => {
  it('starts compression from the dictionary that peers know', () => {
    expect(dictionary.length).toBe(1423);
    expect(adler32(dictionary).toString(16)).toBe('e3c6a7c2');
  });

  it('puts frames together from pieces of any size', () => {
    const bytes = Buffer.concat([
      dataFrame(1, 0, Buffer.from('hello')),
      controlFrame(FrameType.ping, 0, words(7)),
      dataFrame(3, flagFin, Buffer.alloc(0)),
    ]);
    for (const size of [1, 3, 9, bytes.length]) {
      const reader = new FrameReader(1024);
      const frames = [];
      for (let at = 0; at < bytes.length; at += size) frames.push(...reader.push(bytes.subarray(at, at + size)));
      const data = frames.filter((each) => !each.control).map(({ streamId, body }) => [streamId, body.toString()]);
      const texts = Object.groupBy(data, ([id]) => String(id));
      expect(Object.entries(texts).map(([id, parts]) => [id, parts!.map(([, text]) => text).join('')])).toEqual([
        ['1', 'hello'],
        ['3', ''],
      ]);
      expect(frames.filter(({ control }) => control)).toEqual([{ control: true, type: FrameType.ping, flags: 0, body: words(7) }]);
      expect(frames.at(-1)).toEqual({ control: false, streamId: 3, flags: flagFin, body: Buffer.alloc(0) });
    }
  });

  it('passes data on as it comes, whatever length its frame has, and keeps none of it', () => {
    const reader = new FrameReader(1024);
    const bytes = dataFrame(1, flagFin, Buffer.alloc(8 << 20));
    let [pieces, length] = [0, 0];
    for (let at = 0; at < bytes.length; at += 16_384) {
      for (const { body } of reader.push(bytes.subarray(at, at + 16_384))) [pieces, length] = [pieces + 1, length + body.length];
      expect(length).toBe(Math.min(at + 16_384, bytes.length) - 8);
    }
    expect(pieces).toBeGreaterThan(500);
  });

  it('refuses another version and control frames that are too large', () => {
    expect(() => [...new FrameReader(1024).push(words(0x80020001, 0))]).toThrow('SPDY version 2');
    expect(() => [...new FrameReader(4).push(controlFrame(FrameType.headers, 0, Buffer.from('hello')))]).toThrow('too large');
  });

  it('opens streams, replies first, carries data both ways and ends each direction apart', async () => {
    const [near, far] = pair();
    const streams: SpdyStream[] = [];
    const connection = new SpdyConnection(
      near,
      (stream) => {
        streams.push(stream);
        if (stream.headers.get('streamtype') !== 'stdin') return;
        let input = '';
        stream.on('data', (chunk: Buffer) => (input += chunk.toString()));
        stream.on('end', () =>
          streams.find((each) => each.headers.get('streamtype') === 'stdout')?.end(`got ${input}`, () => connection.close()),
        );
      },
      silentLogger,
    );
    const done = connection.run(Buffer.alloc(0));
    const client = new Client(far);
    await client.open(1, { streamtype: 'stdout' });
    await client.open(3, { streamtype: 'stdin' });
    client.send(3, 'abc');
    client.send(3, 'def', true);
    far.on('end', () => far.end());
    await done;
    expect(streams.map((stream) => [stream.id, stream.headers.get('streamtype')])).toEqual([
      [1, 'stdout'],
      [3, 'stdin'],
    ]);
    expect(client.received).toEqual(['control 2', 'control 2', 'data 1 got abcdef', 'data 1 fin', 'control 7']);
  });

  it('answers pings and ends with the connection', async () => {
    const [near, far] = pair();
    const connection = new SpdyConnection(near, () => {}, silentLogger);
    const done = connection.run(Buffer.alloc(0));
    const client = new Client(far);
    far.write(controlFrame(FrameType.ping, 0, words(1)));
    far.end();
    await done;
    expect(client.received).toEqual(['control 6']);
    expect(near.destroyed).toBe(true);
  });
});
