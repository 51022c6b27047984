import { once } from 'node:events';
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemRandom } from '#base';
import { FileDriver } from '../drivers/file-driver.ts';
import { bodyOf } from './answer.ts';

const chunk = 256 * 1024;

describe('a blob as the body of an answer', () => {
  let directory: string;
  let file: string;
  let server: Server;
  let url: string;
  let answer: (response: ServerResponse) => void;
  const content = systemRandom.bytes(40 * chunk);

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'berth-send-'));
    file = join(directory, 'blob');
    writeFileSync(file, content);
    server = createServer((_request, response) => answer(response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
    rmSync(directory, { recursive: true });
  });
  const send = async (response: ServerResponse, range: { first: number; last: number }): Promise<void> => {
    await new FileDriver(directory).send('blob', range, bodyOf(response));
    response.end();
  };
  const openFiles = (): number =>
    readdirSync('/proc/self/fd', { withFileTypes: true }).filter(({ name }) => {
      try {
        return readlinkSync(`/proc/self/fd/${name}`) === file;
      } catch {
        return false; // the listing's own descriptor
      }
    }).length;

  it.each([
    { first: 0, last: 0 },
    { first: 5, last: chunk - 1 },
    { first: 1, last: chunk },
    { first: chunk, last: 5 * chunk + 7 },
    { first: 0, last: content.length - 1 },
  ])('arrives whole: bytes $first to $last', async ({ first, last }) => {
    let sending: Promise<void> | undefined;
    answer = (response) => {
      response.writeHead(200, { 'content-length': last - first + 1 });
      sending = send(response, { first, last });
    };
    const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
    expect(bytes.equals(content.subarray(first, last + 1))).toBe(true);
    await sending;
    expect(openFiles()).toBe(0);
  });

  const whole = { first: 0, last: content.length - 1 };
  /** A client that asks, does not read, and goes when `until` says so; what became of the sending. */
  const abandoned = async (requests: number, until: (response: ServerResponse, socket: Socket) => Promise<unknown>): Promise<unknown> => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1').pause();
    const sent = new Promise((resolve) => {
      let seen = 0;
      answer = (response) => {
        if (++seen < requests) return; // one that is not answered yet: the next ones wait for it
        response.writeHead(200, { 'content-length': content.length });
        const sending = send(response, whole).then(
          () => 'sent',
          (err: unknown) => err,
        );
        void until(response, socket).then(() => socket.destroy());
        resolve(sending);
      };
    });
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(requests));
    return sent;
  };

  const firstWrite = (response: ServerResponse): Promise<void> =>
    new Promise((resolve) => {
      const write = response.write.bind(response) as (bytes: Buffer, done: () => void) => boolean;
      response.write = ((bytes: Buffer, done: () => void) => {
        resolve();
        return write(bytes, done);
      }) as ServerResponse['write'];
    });

  it.each([
    { when: 'before it was read', requests: 1, until: async () => undefined },
    { when: 'in the middle', requests: 1, until: (_response: ServerResponse, socket: Socket) => once(socket.resume(), 'data') },
    { when: 'while the answer waits for an earlier one', requests: 2, until: firstWrite },
  ])('ends with its connection: $when', async ({ requests, until }) => {
    expect(await abandoned(requests, until)).toMatchObject({ code: expect.stringMatching(/^(ECONNRESET|EPIPE|ERR_STREAM_DESTROYED)$/) });
    expect(openFiles()).toBe(0);
  });

  it('that is shorter than was said is no success', async () => {
    const failed = new Promise((resolve) => {
      answer = (response) => {
        response.writeHead(200, { 'content-length': content.length + 1 });
        void send(response, { first: 0, last: content.length }).catch((err: Error) => resolve(response.destroy(err)));
      };
    });
    await expect(fetch(url).then((response) => response.arrayBuffer())).rejects.toThrow('terminated');
    await failed;
    expect(openFiles()).toBe(0);
  });
});
