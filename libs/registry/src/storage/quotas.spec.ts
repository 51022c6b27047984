import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { ManualClock } from '#base/testing';
import { MemoryDriver } from '../drivers/memory-driver.ts';
import { quotaSettings } from '../settings/limits.ts';
import { noSettings } from '../settings/settings.ts';
import { serveRegistry, type ServedRegistry } from '../testing.ts';

const sha256 = (bytes: string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const mediaType = 'application/vnd.oci.image.manifest.v1+json';
const clock = new ManualClock();
/** Two on one store. */
let replicas: ServedRegistry[];

beforeEach(async () => {
  const quotas = [
    { namespace: 'team', bytes: 1000, tags: 3 },
    { repositories: ['solo/*'], bytes: '600' },
  ].map((quota) => quotaSettings(quota, 'x'));
  const driver = new MemoryDriver(clock);
  replicas = await Promise.all([0, 1].map(() => serveRegistry(driver, clock, { settings: async () => ({ ...noSettings, quotas }) })));
});
afterEach(async () => {
  for (const replica of replicas) await replica.close();
});

const call = (method: string, path: string, body?: string, at = 0): Promise<Response> =>
  fetch(`${replicas[at]!.url}/v2/${path}`, { method, ...(body !== undefined && { body }), headers: { 'content-type': mediaType } });
const push = (name: string, content: string, at = 0): Promise<Response> =>
  call('POST', `${name}/blobs/uploads/?digest=${sha256(content)}`, content, at);
const put = (name: string, tag: string, content: string, note = ''): Promise<Response> => {
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: sha256(content), size: content.length };
  return call(
    'PUT',
    `${name}/manifests/${tag}`,
    JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [], annotations: { note } }),
  );
};

it('bytes beyond it are refused with Docker’s code and the numbers, before they are sent', async () => {
  expect((await push('team/a', 'a'.repeat(900))).status).toBe(201);
  const refused = await push('team/b', 'b'.repeat(200));
  expect([refused.status, await refused.json()]).toEqual([
    413,
    {
      errors: [
        {
          code: 'DENIED',
          message: 'quota exceeded: team/** may hold 1000 bytes, and this would make 1100',
          detail: { quota: 1000, would: 1100 },
        },
      ],
    },
  ]);
  expect((await push('team/b', 'b'.repeat(100))).status).toBe(201);
  expect((await push('teams/b', 'b'.repeat(2000))).status).toBe(201);
});

it('counts what several repositories of a namespace show once, and each of others for itself', async () => {
  const content = 'c'.repeat(500);
  for (const name of ['team/a', 'team/b/c', 'team', 'solo/a', 'solo/b']) expect((await push(name, content)).status).toBe(201);
  expect((await push('solo/a', 'd'.repeat(101))).status).toBe(413);
  expect((await push('team/d', 'e'.repeat(500))).status).toBe(201);
});

it('a mount and a manifest count as well, and an upload in chunks ends where it is full', async () => {
  await push('other', 'o'.repeat(700));
  const mount = (name: string): Promise<Response> => call('POST', `${name}/blobs/uploads/?mount=${sha256('o'.repeat(700))}&from=other`);
  expect((await mount('team/a')).status).toBe(201);
  expect((await mount('solo/a')).status).toBe(413);
  expect((await call('HEAD', `solo/a/blobs/${sha256('o'.repeat(700))}`)).status).toBe(404);
  await push('team/a', 'x'.repeat(100));
  expect((await put('team/a', 'v1', 'x'.repeat(100))).status).toBe(413);
  expect((await call('GET', 'team/a/manifests/v1')).status).toBe(404);
  const location = (await call('POST', 'team/a/blobs/uploads/')).headers.get('location')!.slice('/v2/'.length);
  expect((await call('PATCH', location, 'y'.repeat(150))).status).toBe(202);
  expect((await call('PATCH', location, 'y'.repeat(150))).status).toBe(413);
});

it('a body whose length nobody told ends where it is full', async () => {
  const url = `${replicas[0]!.url}/v2/solo/a/blobs/uploads/?digest=${sha256('never')}`;
  const status = await new Promise<number | undefined>((resolve) => {
    const request = httpRequest(url, { method: 'POST' }, (response) => resolve(response.resume().statusCode));
    request.on('error', () => undefined); // the server closes when it has answered
    const more = (): void => void request.write('z'.repeat(100), () => more());
    more();
  });
  expect(status).toBe(413);
});

it('tags beyond it are refused with 403, and those that are there may move', async () => {
  await push('team/a', 'content');
  for (const tag of ['v1', 'v2', 'v3', 'v2']) expect((await put('team/a', tag, 'content')).status).toBe(201);
  const refused = await put('team/a', 'v4', 'content');
  expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining('quota exceeded: team/** may have 3 tags')]);
  expect(await (await call('GET', 'team/a/tags/list')).json()).toMatchObject({ tags: ['v1', 'v2', 'v3'] });
  await call('DELETE', 'team/a/manifests/v1');
  expect((await put('team/a', 'v4', 'content')).status).toBe(201);
});

it('what was deleted makes room', async () => {
  const content = 'f'.repeat(600);
  await push('solo/a', content);
  expect((await push('solo/a', 'g')).status).toBe(413);
  await call('DELETE', `solo/a/blobs/${sha256(content)}`);
  expect((await push('solo/a', 'g')).status).toBe(201);
});

it('is never exceeded by pushes at the same time, at two replicas', async () => {
  const contents = Array.from({ length: 30 }, (_n, i) => `${i}`.padStart(100, '.'));
  const replies = await Promise.all(contents.map((content, i) => push(`team/r${i % 4}`, content, i % 2)));
  const taken = contents.filter((_content, i) => replies[i]!.status === 201);
  expect(taken.length).toBeLessThanOrEqual(10);
  expect(replies.every(({ status }) => status === 201 || status === 413)).toBe(true);
  for (const [i, content] of contents.entries()) {
    const { status } = await call('HEAD', `team/r${i % 4}/blobs/${sha256(content)}`);
    expect([i, status]).toEqual([i, replies[i]!.status === 201 ? 200 : 404]);
  }
});
