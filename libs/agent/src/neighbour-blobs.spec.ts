import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import type { Node } from '#api/types';
import { digestOf, systemClock } from '#base';
import { seededRandom } from '#base/testing';
import { createAuthority, issueCertificate, type KeyPairPem } from '#pki';
import { serveOps, silentLogger } from '#telemetry';
import { BlobPort, isBlobPath, isNeighbour, NeighbourBlobs } from './neighbour-blobs.ts';

const bytes = seededRandom(1).bytes(300_000);
const digest = digestOf(bytes);
let ca: KeyPairPem;
let port: number;
let served: { close(): Promise<void> };

/** As apps/agent has it: a node's own port, which gives blobs to nodes and nothing to others. */
beforeAll(async () => {
  const now = systemClock.now();
  ca = await createAuthority('ca', now);
  const server = await issueCertificate(ca, { commonName: 'n1', ipAddresses: ['127.0.0.1'], usages: ['server'] }, now);
  port = await freePort();
  const shared = { sizeBytes: bytes.length, read: (from: number) => one(bytes.subarray(from)) };
  const blobs = new BlobPort({ shared: async (asked) => (asked === digest ? shared : undefined) });
  served = await serveOps({
    hosts: ['127.0.0.1'],
    port,
    tls: { cert: server.certificate, key: server.key, ca: ca.certificate },
    registry: new Registry(),
    authorize: async ({ path, certificate }) => (isBlobPath(path) && isNeighbour(certificate) ? 'allowed' : 'forbidden'),
    more: (request) => blobs.answer(request),
  });
});
afterAll(() => served.close());

async function* one(piece: Buffer): AsyncGenerator<Buffer> {
  if (piece.length > 0) yield piece;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port: free } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return free;
}

const node = (name: string, address: string, ready = 'True', at = port): Node => ({
  kind: 'Node',
  apiVersion: 'v1',
  metadata: { name },
  spec: {},
  status: {
    addresses: [{ type: 'InternalIP', address }],
    conditions: [{ type: 'Ready', status: ready }],
    daemonEndpoints: { kubeletEndpoint: { Port: at } },
  },
});

async function asker(nodes: Node[], subject = { commonName: 'system:node:n2', organizations: ['system:nodes'] }): Promise<NeighbourBlobs> {
  const own = await issueCertificate(ca, { ...subject, usages: ['client'] }, systemClock.now());
  const tls = { ca: ca.certificate, cert: own.certificate, key: own.key };
  return new NeighbourBlobs({ nodeName: 'n2', nodes: () => nodes, tls, logger: silentLogger });
}

async function read(from: AsyncIterable<Buffer> | undefined): Promise<Buffer | undefined> {
  if (!from) return undefined;
  const chunks: Buffer[] = [];
  for await (const chunk of from) chunks.push(chunk);
  return Buffer.concat(chunks);
}

it('a node that is ready is asked over mutual TLS, from an offset on', async () => {
  const nodes = [
    node('n3', '127.0.0.1', 'False'),
    node('n4', '127.0.0.1', 'True', 1),
    node('n2', '127.0.0.1', 'True', 1),
    node('n1', '127.0.0.1'),
  ];
  const near = await asker(nodes);
  expect((await read(await near.blob(digest, { from: 0 })))?.equals(bytes)).toBe(true);
  expect((await read(await near.blob(digest, { from: 100 })))?.equals(bytes.subarray(100))).toBe(true);
  expect(await read(await near.blob(digest, { from: bytes.length }))).toEqual(Buffer.alloc(0));
});

it.each<[what: string, ask: () => Promise<unknown>]>([
  ['a blob that is not there', async () => (await asker([node('n1', '127.0.0.1')])).blob(digestOf('other'), { from: 0 })],
  ['an offset behind its end', async () => (await asker([node('n1', '127.0.0.1')])).blob(digest, { from: bytes.length + 1 })],
  ['no other node', async () => (await asker([node('n2', '127.0.0.1')])).blob(digest, { from: 0 })],
  [
    'a certificate that is no node’s',
    async () =>
      (await asker([node('n1', '127.0.0.1')], { commonName: 'system:node:n2', organizations: ['people'] })).blob(digest, { from: 0 }),
  ],
])('nothing: %s', async (_what, ask) => {
  expect(await ask()).toBeUndefined();
});

it('no more than a few are served at a time; the others ask the registry', async () => {
  const held = Promise.withResolvers<void>();
  const slow = async function* (): AsyncGenerator<Buffer> {
    yield Buffer.from('x');
    await held.promise;
  };
  const blobs = new BlobPort({ shared: async () => ({ sizeBytes: 9, read: slow }) });
  const ask = () => blobs.answer({ path: `/blobs/${digest}`, query: new URLSearchParams(), signal: new AbortController().signal });
  const answers = await Promise.all(Array.from({ length: 4 }, ask));
  const readers = answers.map((answer) => (answer!.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]());
  for (const reader of readers) await reader.next();
  expect(await ask()).toBeUndefined();
  held.resolve();
  for (const reader of readers) await reader.next();
  expect(await ask()).toMatchObject({ code: 200 });
});
