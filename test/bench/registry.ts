import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, systemRandom } from '#base';
import { PasswordForWrites } from '#registry';
import { serveRegistry } from '#registry/testing';

/** Push and pull of 32 MB blobs over loopback, at 1 and 8 clients, next to the Docker registry's figures in docs/performance.md. */
const megabyte = 1024 * 1024;
const blobBytes = 32 * megabyte;
const blobs = 16;

const root = await mkdtemp(join(tmpdir(), 'berth-registry-bench-'));
const authorization = `Basic ${Buffer.from('bench:bench').toString('base64')}`;
const access = new PasswordForWrites(async (shown) => shown === authorization, systemClock, systemRandom);
const served = await serveRegistry(root, systemClock, access);
const contents = Array.from({ length: blobs }, () => randomBytes(blobBytes));
const digests = contents.map((bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`);

async function push(client: number, i: number): Promise<void> {
  const url = `${served.url}/v2/bench-${client}/blobs/uploads/?digest=${digests[i]}`;
  const response = await fetch(url, { method: 'POST', headers: { authorization }, body: new Uint8Array(contents[i]!) });
  if (response.status !== 201) throw new Error(`push: ${response.status} ${await response.text()}`);
}

async function pull(client: number, i: number): Promise<void> {
  const response = await fetch(`${served.url}/v2/bench-${client}/blobs/${digests[i]}`);
  if (response.status !== 200) throw new Error(`pull: ${response.status}`);
  let size = 0;
  for await (const chunk of response.body!) size += chunk.length;
  if (size !== blobBytes) throw new Error(`pull: ${size} bytes`);
}

async function measure(what: string, clients: number, task: (client: number, i: number) => Promise<void>): Promise<void> {
  const todo = Array.from({ length: blobs }, (_n, i) => i);
  const started = performance.now();
  const work = async (): Promise<void> => {
    for (let i = todo.shift(); i !== undefined; i = todo.shift()) await task(clients, i);
  };
  await Promise.all(Array.from({ length: clients }, work));
  const seconds = (performance.now() - started) / 1000;
  console.log(`${what} × ${clients}: ${Math.round((blobs * blobBytes) / megabyte / seconds)} MB/s`);
}

try {
  for (const clients of [1, 8]) {
    await measure('push', clients, push);
    await measure('pull', clients, pull);
  }
} finally {
  await served.close();
  await rm(root, { recursive: true });
}
