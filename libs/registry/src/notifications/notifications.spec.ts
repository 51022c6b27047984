import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { nextTurn, systemRandom } from '#base';
import { ManualClock } from '#base/testing';
import { silentLogger } from '#telemetry';
import { MemoryDriver } from '../drivers/memory-driver.ts';
import { RegistryMetrics } from '../metrics.ts';
import { type EndpointSettings, endpointSettings } from '../settings/notifications.ts';
import { serveRegistry, type ServedRegistry } from '../testing.ts';
import { Notifications } from './notifications.ts';

interface Event {
  id: string;
  action: string;
  target: Record<string, unknown>;
  request: Record<string, string>;
  actor: { name?: string };
}

const sha256 = (bytes: string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const mediaType = 'application/vnd.oci.image.manifest.v1+json';
const clock = new ManualClock();
let directory: string;
let receiver: Server;
let received: { headers: IncomingHttpHeaders; events: Event[] }[];
let statuses: number[];
let served: ServedRegistry;
let notifications: Notifications;
let endpoints: EndpointSettings[];

async function start(): Promise<void> {
  const parts = { clock, random: systemRandom, logger: silentLogger, metrics: new RegistryMetrics(new Registry()) };
  notifications = new Notifications({ ...parts, folder: directory, instance: 'here:5000', settings: async () => endpoints });
  await notifications.open();
  served = await serveRegistry(new MemoryDriver(clock), clock, { notifications });
}
async function stop(): Promise<void> {
  await notifications.close();
  await served.close();
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-notifications-'));
  [received, statuses] = [[], []];
  receiver = createServer((request, response) => {
    let text = '';
    request.on('data', (piece: Buffer) => (text += piece.toString()));
    request.on('end', () => {
      received.push({ headers: request.headers, ...(JSON.parse(text) as { events: Event[] }) });
      response.writeHead(statuses.shift() ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  endpoints = [endpointSettings({ name: 'ci', url, headers: { authorization: 'Bearer x' }, queue: 3 }, 'x')];
  await start();
});
afterEach(async () => {
  await stop();
  receiver.close();
  receiver.closeAllConnections();
  await rm(directory, { recursive: true });
});

const call = (method: string, path: string, body?: string): Promise<Response> =>
  fetch(`${served.url}/v2/${path}`, {
    method,
    ...(body !== undefined && { body }),
    headers: { 'content-type': mediaType, 'user-agent': 'spec' },
  });
const events = (): unknown[] => received.flatMap((envelope) => envelope.events.map(({ action, target }) => ({ action, ...target })));
/** Waits, with the clock going on, for what is sent. */
async function until(done: () => boolean): Promise<void> {
  while (!done()) {
    await clock.advance(1000);
    await nextTurn();
  }
}
const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType,
  config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: sha256('content'), size: 7 },
  layers: [],
});

it('tells what happens in Docker’s envelope', async () => {
  const blob = { mediaType: 'application/octet-stream', digest: sha256('content'), repository: 'a/b' };
  const image = { mediaType, digest: sha256(manifest), repository: 'a/b', size: manifest.length, length: manifest.length };
  const steps: [method: string, path: string, body: string | undefined, want: Record<string, unknown>][] = [
    ['POST', `a/b/blobs/uploads/?digest=${sha256('content')}`, 'content', { action: 'push', ...blob, size: 7, length: 7 }],
    ['PUT', 'a/b/manifests/v1', manifest, { action: 'push', ...image, tag: 'v1' }],
    ['GET', 'a/b/manifests/v1', undefined, { action: 'pull', ...image, tag: 'v1' }],
    ['GET', `a/b/blobs/${sha256('content')}`, undefined, { action: 'pull', ...blob, size: 7, length: 7 }],
    [
      'POST',
      `c/blobs/uploads/?mount=${sha256('content')}&from=a/b`,
      undefined,
      { action: 'mount', ...blob, repository: 'c', fromRepository: 'a/b' },
    ],
    ['DELETE', `a/b/manifests/${sha256(manifest)}`, undefined, { action: 'delete', digest: sha256(manifest), repository: 'a/b' }],
    ['DELETE', `a/b/blobs/${sha256('content')}`, undefined, { action: 'delete', ...blob }],
  ];
  for (const [i, [method, path, body, want]] of steps.entries()) {
    await (await call(method, path, body)).arrayBuffer();
    await until(() => received.length === i + 1);
    expect(events().at(-1)).toMatchObject(want);
  }
  const [{ headers, events: first }] = received as [(typeof received)[0]];
  expect([headers['content-type'], headers.authorization]).toEqual(['application/vnd.docker.distribution.events.v2+json', 'Bearer x']);
  expect(first).toEqual([
    {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      timestamp: expect.stringMatching(/^2026-/),
      action: 'push',
      target: expect.objectContaining({ url: `${served.url}/v2/a/b/blobs/${sha256('content')}` }),
      request: {
        id: expect.any(String),
        addr: expect.stringContaining('127.0.0.1:'),
        host: served.host,
        method: 'POST',
        useragent: 'spec',
      },
      actor: {},
      source: { addr: 'here:5000', instanceID: 'here:5000' },
    },
  ]);
});

const pushed = async (text: string): Promise<void> => {
  expect((await call('POST', `a/blobs/uploads/?digest=${sha256(text)}`, text)).status).toBe(201);
};
const digests = (): unknown[] => events().map((event) => (event as { digest: string }).digest);

it('tries again until it is answered with success, in order', async () => {
  statuses = [500, 404];
  for (const text of ['one', 'two']) await pushed(text);
  await until(() => received.length === 4);
  expect(digests()).toEqual([sha256('one'), sha256('one'), sha256('one'), sha256('two')]);
  await notifications.idle();
  expect(await readdir(join(directory, 'ci'))).toEqual([]);
});

it('keeps what it has not told over a restart', async () => {
  statuses = [500];
  await pushed('one');
  await until(() => received.length === 1);
  await stop();
  expect((await readdir(join(directory, 'ci'))).length).toBe(1);
  await start();
  await until(() => received.length === 2);
  expect(digests()).toEqual([sha256('one'), sha256('one')]);
});

it('drops what would wait beyond the bound, and the push is no worse for it', async () => {
  statuses = [500, 500, 500];
  for (const text of ['one', 'two', 'three', 'four', 'five']) await pushed(text);
  await until(() => new Set(digests()).size === 3);
  await notifications.idle();
  expect(new Set(digests())).toEqual(new Set(['one', 'two', 'three'].map(sha256)));
});

it('tells nothing of what an endpoint ignores, and goes on without one that is gone', async () => {
  endpoints = [{ ...endpoints[0]!, ignore: { actions: ['push'], mediaTypes: [] } }];
  await pushed('one');
  await (await call('GET', `a/blobs/${sha256('one')}`)).arrayBuffer();
  await until(() => received.length === 1);
  expect(events()).toMatchObject([{ action: 'pull' }]);
  endpoints = [];
  await pushed('two');
  await notifications.idle();
  expect(received.length).toBe(1);
});
