import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nextTurn } from '#base';
import { ManualClock } from '#base/testing';
import type { BlobDigest, StoredManifest } from '../contract.ts';
import { mirrorSettings } from '../settings/mirrors.ts';
import { noSettings } from '../settings/settings.ts';
import { serveRegistry, type ServedRegistry } from '../testing.ts';
import { type Upstream, UpstreamError } from './upstream.ts';

const sha256 = (bytes: string | Buffer): BlobDigest => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const mediaType = 'application/vnd.oci.image.manifest.v1+json';

/** An upstream whose answers a test decides on, and which counts how often it is asked. */
class FakeUpstream implements Upstream {
  readonly host = 'upstream.test';
  asked: string[] = [];
  fault: UpstreamError | undefined;
  tags = new Map<string, StoredManifest>();
  blobs = new Map<string, { pieces: Buffer[]; sizeBytes: number }>();
  /** Before the last piece of a blob. */
  gate: Promise<void> = Promise.resolve();

  async manifest(repository: string, reference: string): Promise<StoredManifest> {
    this.asked.push(`manifest ${repository} ${reference}`);
    if (this.fault) throw this.fault;
    const found = this.tags.get(reference) ?? [...this.tags.values()].find(({ digest }) => digest === reference);
    if (!found) throw new UpstreamError('unknown', 'not there');
    return found;
  }

  async blobSize(repository: string, digest: BlobDigest): Promise<number> {
    this.asked.push(`size ${repository}`);
    if (this.fault) throw this.fault;
    const found = this.blobs.get(digest);
    if (!found) throw new UpstreamError('unknown', 'not there');
    return found.sizeBytes;
  }

  async *blob(repository: string, digest: BlobDigest): AsyncGenerator<Buffer> {
    this.asked.push(`blob ${repository}`);
    const { pieces } = this.blobs.get(digest)!;
    yield* pieces.slice(0, -1);
    await this.gate;
    if (this.fault) throw this.fault;
    yield pieces.at(-1)!;
  }

  add(tag: string, note: string): StoredManifest {
    const config = Buffer.from(note);
    this.blobs.set(sha256(config), { pieces: [config], sizeBytes: config.length });
    const descriptor = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: sha256(config), size: config.length };
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config: descriptor, layers: [] }));
    const manifest = { mediaType, digest: sha256(bytes), bytes };
    this.tags.set(tag, manifest);
    return manifest;
  }
}

const clock = new ManualClock();
let directory: string;
let served: ServedRegistry;
let upstream: FakeUpstream;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-mirror-'));
  upstream = new FakeUpstream();
  const mirrors = [
    mirrorSettings({ upstream: 'https://upstream.test', prefix: 'hub', repositories: ['library/*'], tagsFor: '5m', keepFor: '7d' }, 'x'),
  ];
  served = await serveRegistry(directory, clock, { settings: async () => ({ ...noSettings, mirrors }), openUpstream: () => upstream });
});
afterEach(async () => {
  await served.close();
  await rm(directory, { recursive: true });
});

const call = (method: string, path: string): Promise<Response> => fetch(`${served.url}/v2/${path}`, { method });
const codeOf = async (response: Response): Promise<[number, string]> => {
  const { errors } = (await response.json()) as { errors: { code: string }[] };
  return [response.status, errors[0]!.code];
};
const down = new UpstreamError('unavailable', 'no route to host');

describe('a manifest of a mirror', () => {
  it('by tag is fetched, and asked for again when it has been here for a while', async () => {
    const first = upstream.add('v1', 'first');
    for (let times = 0; times < 2; times++) {
      const reply = await call('GET', 'hub/library/app/manifests/v1');
      expect([reply.status, reply.headers.get('docker-content-digest'), await reply.text()]).toEqual([
        200,
        first.digest,
        first.bytes.toString(),
      ]);
    }
    expect(upstream.asked).toEqual(['manifest library/app v1']);
    const second = upstream.add('v1', 'second');
    await clock.advance(299_000);
    expect((await call('HEAD', 'hub/library/app/manifests/v1')).headers.get('docker-content-digest')).toBe(first.digest);
    await clock.advance(2_000);
    expect((await call('HEAD', 'hub/library/app/manifests/v1')).headers.get('docker-content-digest')).toBe(second.digest);
    expect((await call('GET', `hub/library/app/manifests/${first.digest}`)).status).toBe(200);
    expect(upstream.asked.length).toBe(2);
  });

  it('is served as it is when the upstream is down, which is not asked again for half a minute', async () => {
    upstream.add('v1', 'first');
    await call('GET', 'hub/library/app/manifests/v1');
    await clock.advance(400_000);
    upstream.fault = down;
    for (let times = 0; times < 3; times++) expect((await call('GET', 'hub/library/app/manifests/v1')).status).toBe(200);
    expect(upstream.asked.length).toBe(2);
    expect(await codeOf(await call('GET', 'hub/library/app/manifests/v2'))).toEqual([502, 'UNKNOWN']);
    upstream.fault = undefined;
    const newer = upstream.add('v1', 'newer');
    await clock.advance(31_000);
    expect((await call('HEAD', 'hub/library/app/manifests/v1')).headers.get('docker-content-digest')).toBe(newer.digest);
  });

  it('that never answers is not waited for', async () => {
    const never = new Promise<StoredManifest>(() => undefined);
    upstream.manifest = (_repository, _reference, signal?: AbortSignal) =>
      Promise.race([never, once(signal!, 'abort').then(() => Promise.reject(signal!.reason as Error))]);
    const asking = call('GET', 'hub/library/app/manifests/v1');
    while ((await Promise.race([asking.then(() => true), nextTurn().then(() => false)])) === false) await clock.advance(1000);
    expect((await asking).status).toBe(502);
  });

  it('that the upstream no longer has goes here too', async () => {
    upstream.add('v1', 'first');
    await call('GET', 'hub/library/app/manifests/v1');
    upstream.tags.clear();
    await clock.advance(400_000);
    expect(await codeOf(await call('GET', 'hub/library/app/manifests/v1'))).toEqual([404, 'MANIFEST_UNKNOWN']);
    expect(await (await call('GET', 'hub/library/app/tags/list')).json()).toEqual({ name: 'hub/library/app', tags: [] });
  });

  it('that is not for us is denied, with the upstream’s name', async () => {
    upstream.fault = new UpstreamError('denied', 'pull access denied');
    const reply = await call('GET', 'hub/library/app/manifests/v1');
    expect([reply.status, await reply.text()]).toEqual([403, expect.stringContaining('upstream.test refuses: pull access denied')]);
  });
});

it('what nobody has pulled for its time goes, and is fetched again', async () => {
  for (const tag of ['used', 'unused']) {
    upstream.add(tag, tag);
    await call('GET', `hub/library/app/manifests/${tag}`);
  }
  await clock.advance(6 * 24 * 3_600_000);
  await call('GET', 'hub/library/app/manifests/used');
  await clock.advance(2 * 24 * 3_600_000);
  expect(await served.registry.collectGarbage()).toMatchObject({ removedTags: 1, removedManifests: 1 });
  expect(await (await call('GET', 'hub/library/app/tags/list')).json()).toMatchObject({ tags: ['used'] });
  expect((await call('GET', 'hub/library/app/manifests/unused')).status).toBe(200);
});

describe('a blob of a mirror', () => {
  const half = Buffer.alloc(3_000_000, 'a');
  const rest = Buffer.from('the rest');
  const digest = sha256(Buffer.concat([half, rest]));
  const path = `hub/library/app/blobs/${digest}`;
  beforeEach(() => upstream.blobs.set(digest, { pieces: [half, rest], sizeBytes: half.length + rest.length }));

  const open = (url: string, headers = {}): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => httpGet(`${served.url}/v2/${url}`, { headers }, resolve).on('error', reject));
  const read = async (response: AsyncIterable<Buffer>): Promise<Buffer> => {
    const pieces: Buffer[] = [];
    for await (const piece of response) pieces.push(piece);
    return Buffer.concat(pieces);
  };

  it('is fetched once for all who ask while it comes, and streams to each', async () => {
    let openGate = (): void => undefined;
    upstream.gate = new Promise((resolve) => (openGate = resolve));
    const readers = await Promise.all([open(path), open(path), open(path, { range: 'bytes=2999999-' })]);
    const begun = readers.map((reader) => once(reader, 'readable').then(() => (reader.read(1) as Buffer).toString()));
    // Bytes are with two of them although the upstream has not sent all; the third wants what has not come.
    expect(await Promise.all(begun)).toEqual(['a', 'a', 'a']);
    openGate();
    const lengths = await Promise.all(readers.map(async (reader) => (await read(reader)).length));
    expect(lengths).toEqual([half.length + rest.length - 1, half.length + rest.length - 1, rest.length]);
    expect(upstream.asked).toEqual(['size library/app', 'blob library/app']);
    upstream.fault = down;
    expect(sha256(await read(await open(path)))).toBe(digest);
  });

  it('by head is not fetched', async () => {
    const reply = await call('HEAD', path);
    expect([reply.status, reply.headers.get('content-length')]).toEqual([200, String(half.length + rest.length)]);
    expect(upstream.asked).toEqual(['size library/app']);
  });

  it.each<[string, () => void]>([
    ['other bytes', () => upstream.blobs.get(digest)!.pieces.splice(1, 1, Buffer.from('THE REST'))],
    ['too few', () => upstream.blobs.get(digest)!.pieces.splice(0, 1, half.subarray(1))],
    ['too many', () => upstream.blobs.get(digest)!.pieces.push(Buffer.from('and more'))],
  ])('of which the upstream sends %s ends broken, and is not kept', async (_what, spoil) => {
    spoil();
    await expect(open(path).then(read)).rejects.toThrow(/aborted|hang up/);
    upstream.blobs.set(digest, { pieces: [half, rest], sizeBytes: half.length + rest.length });
    expect(sha256(await read(await open(path)))).toBe(digest);
  });

  it('whose upstream breaks off ends broken for all, and is fetched anew for the next', async () => {
    let openGate = (): void => undefined;
    upstream.gate = new Promise((resolve) => (openGate = resolve));
    const readers = await Promise.all([open(path), open(path)]);
    upstream.fault = down;
    openGate();
    for (const reader of readers) await expect(read(reader)).rejects.toThrow(/aborted|hang up/);
    upstream.fault = undefined;
    expect(sha256(await read(await open(path)))).toBe(digest);
  });

  it('that the upstream does not have is unknown', async () => {
    expect(await codeOf(await call('GET', `hub/library/app/blobs/${sha256('other')}`))).toEqual([404, 'BLOB_UNKNOWN']);
    upstream.fault = down;
    expect(await codeOf(await call('GET', path))).toEqual([502, 'UNKNOWN']);
  });
});

it.each(['hub/other/app', 'library/app', 'hubs/library/app', 'hub'])('%s is no repository of the mirror', async (name) => {
  expect((await call('GET', `${name}/manifests/v1`)).status).toBe(404);
  expect((await call('POST', `${name}/blobs/uploads/`)).status).toBe(202);
  expect(upstream.asked).toEqual([]);
});

it.each([
  ['PUT', 'manifests/v1'],
  ['POST', 'blobs/uploads/'],
])('%s %s is not for a mirror', async (method, path) => {
  expect(await codeOf(await call(method, `hub/library/app/${path}`))).toEqual([405, 'UNSUPPORTED']);
});
