import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nextTurn, systemRandom } from '#base';
import { serveRegistry, type ServedRegistry } from '../testing.ts';

/** Larger than what sockets take at once. */
const content = systemRandom.bytes(24_000_000);
const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const path = `/v2/big/blobs/${sha256(content)}`;
let directory: string;
let served: ServedRegistry;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-send-'));
  served = await serveRegistry(directory);
  const pushed = await fetch(`${served.url}/v2/big/blobs/uploads/?digest=${sha256(content)}`, {
    method: 'POST',
    body: new Uint8Array(content),
  });
  expect(pushed.status).toBe(201); // oxlint-disable-line jest/no-standalone-expect -- without it every case would fail for another reason
});
afterAll(async () => {
  await served.close();
  await rm(directory, { recursive: true });
});

const open = (): Socket => connect(Number(served.host.split(':')[1]), '127.0.0.1');
const get = (more = '', at = path): string => `GET ${at} HTTP/1.1\r\nhost: x\r\n${more}\r\n`;

async function read(socket: Socket): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of socket as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}
/** Of an answer of known length, and what comes after it. */
function split(bytes: Buffer): { status: string; body: Buffer; rest: Buffer } {
  const end = bytes.indexOf('\r\n\r\n') + 4;
  const head = bytes.subarray(0, end).toString();
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
  return { status: head.split(' ')[1]!, body: bytes.subarray(end, end + length), rest: bytes.subarray(end + length) };
}
const openFiles = async (): Promise<number> => (await readdir('/proc/self/fd')).length;

it('answers that were asked for together come whole and in order', async () => {
  const socket = open();
  socket.write(`${get('range: bytes=5-20000000\r\n')}${get()}${get('', '/v2/')}${get('connection: close\r\n')}`);
  const first = split(await read(socket));
  const second = split(first.rest);
  const third = split(second.rest);
  const last = split(third.rest);
  expect([first.status, second.status, third.status, last.status, last.rest.length]).toEqual(['206', '200', '200', '200', 0]);
  expect([sha256(first.body), sha256(second.body), sha256(last.body)]).toEqual([
    sha256(content.subarray(5, 20_000_001)),
    sha256(content),
    sha256(content),
  ]);
});

it('a client that reads slowly gets everything', async () => {
  const socket = open();
  socket.write(get('connection: close\r\n'));
  await once(socket, 'readable');
  const pieces: Buffer[] = [];
  for (let piece: Buffer | null = Buffer.alloc(0); !socket.readableEnded; piece = socket.read() as Buffer | null) {
    if (piece) pieces.push(piece);
    await nextTurn();
  }
  expect(sha256(split(Buffer.concat(pieces)).body)).toBe(sha256(content));
});

it('a client that goes in the middle leaves nothing open and harms nobody', async () => {
  const before = await openFiles();
  for (let times = 0; times < 10; times++) {
    const socket = open();
    socket.write(get());
    await once(socket, 'data');
    socket.resetAndDestroy();
  }
  const other = await fetch(`${served.url}${path}`);
  expect(sha256(new Uint8Array(await other.arrayBuffer()))).toBe(sha256(content));
  while ((await openFiles()) > before + 6) await nextTurn(); // the connection of `other` and its like stay
});
