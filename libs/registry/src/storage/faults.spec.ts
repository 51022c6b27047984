import { jest } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#base';
import { ManualClock } from '#base/testing';
import type { StorageDriver } from '../drivers/contract.ts';
import { FileDriver } from '../drivers/file-driver.ts';
import { MemoryDriver } from '../drivers/memory-driver.ts';
import { noSettings } from '../settings/settings.ts';
import { retentionRule } from '../settings/retention.ts';
import { serveRegistry, type ServedRegistry } from '../testing.ts';

// A real disk, which a busy machine makes slow.
jest.setTimeout(60_000);

const sha256 = (bytes: string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const mediaType = 'application/vnd.oci.image.manifest.v1+json';
const hour = 3_600_000;

/** An image of one blob, pushed as clients do it. Answers whether all of it was acknowledged. */
async function push(url: string, name: string, tag: string, blob: string): Promise<boolean> {
  const at = `${url}/v2/${name}`;
  const digest = sha256(blob);
  const call = (method: string, path: string, body?: string): Promise<Response | undefined> =>
    fetch(`${at}/${path}`, { method, ...(body !== undefined && { body }), headers: { 'content-type': mediaType } }).catch(() => undefined);
  const isHere = (await call('HEAD', `blobs/${digest}`))?.ok || (await call('POST', `blobs/uploads/?digest=${digest}`, blob))?.ok || false;
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: blob.length };
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [] });
  return isHere && ((await call('PUT', `manifests/${tag}`, manifest))?.ok ?? false);
}

async function isWhole(url: string, name: string, tag: string, blob: string): Promise<boolean> {
  const manifest = await fetch(`${url}/v2/${name}/manifests/${tag}`);
  const content = await fetch(`${url}/v2/${name}/blobs/${sha256(blob)}`);
  return manifest.ok && content.ok && (await content.text()) === blob;
}

describe('a registry that is killed', () => {
  /** Dies before its n-th call: that one and all that follow never come to anything. */
  function dying(driver: StorageDriver, calls: number): StorageDriver {
    let left = calls;
    return new Proxy(driver, {
      get: (target, name: keyof StorageDriver) => {
        const method = target[name];
        if (typeof method !== 'function') return method;
        return (...args: never[]) =>
          left-- > 0 ? (method as (...given: never[]) => unknown).apply(target, args) : Promise.reject(new Error('killed'));
      },
    });
  }

  it('at any point has kept what it acknowledged, and takes the repeated push', async () => {
    for (let calls = 3; calls < 120; calls += 2) {
      const clock = new ManualClock();
      const disk = new MemoryDriver(clock);
      const before = await serveRegistry(dying(disk, calls), clock);
      const images: [string, string, string][] = [
        ['a', 'v1', 'one'],
        ['b', 'v1', 'one'],
        ['a', 'v2', 'two'],
      ];
      const acknowledged: boolean[] = [];
      for (const image of images) {
        acknowledged.push(await push(before.url, ...image));
        await clock.advance(2 * hour);
        await before.registry.collectGarbage().catch(() => undefined); // dies in it as well
      }
      await before.close();
      const after = await serveRegistry(disk, clock);
      for (const [i, image] of images.entries())
        if (acknowledged[i]) expect([calls, image, await isWhole(after.url, ...image)]).toEqual([calls, image, true]);
      for (const image of images) expect([calls, image, await push(after.url, ...image)]).toEqual([calls, image, true]);
      await clock.advance(48 * hour);
      await after.registry.collectGarbage();
      for (const image of images) expect([calls, image, await isWhole(after.url, ...image)]).toEqual([calls, image, true]);
      expect([calls, await disk.list('uploads')]).toEqual([calls, []]);
      await after.close();
    }
  });
});

describe('garbage collection beside pushes', () => {
  let directory: string;
  let replicas: ServedRegistry[];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'berth-garbage-'));
    const retention = [retentionRule({ repositories: ['**'], untaggedFor: '1h' }, 'x')];
    replicas = await Promise.all(
      [0, 1].map(() => serveRegistry(directory, systemClock, { settings: async () => ({ ...noSettings, retention }) })),
    );
  });
  afterEach(async () => {
    for (const replica of replicas) await replica.close();
    await rm(directory, { recursive: true });
  });

  it('loses nothing that was acknowledged, whichever replica collects', async () => {
    const [one, other] = replicas as [ServedRegistry, ServedRegistry];
    const blobs = Array.from({ length: 24 }, (_n, i) => `blob ${i}`);
    const driver = new FileDriver(directory);
    for (let round = 0; round < 3; round++) {
      // Pushed long ago, named by nothing that a tag leads to: all of it is about to go, and all of it is pushed again.
      for (const blob of blobs) await push(one.url, `r${round}`, 'old', blob);
      const old = new Date(systemClock.now().getTime() - 10 * hour);
      const age = async (folder: string): Promise<void> => {
        for (const { name, isFolder } of await driver.list(folder)) {
          if (isFolder) await age(`${folder}/${name}`);
          else await driver.touch(`${folder}/${name}`, old);
        }
      };
      for (const folder of ['blobs', 'repositories']) await age(folder);
      let pushing = true;
      const collecting = (async () => {
        while (pushing) await other.registry.collectGarbage({ graceMs: hour });
      })();
      const pushed = await Promise.all(blobs.map((blob, i) => push(i % 2 ? one.url : other.url, `r${round}`, `new${i}`, blob)));
      pushing = false;
      await collecting;
      await other.registry.collectGarbage({ graceMs: hour });
      for (const [i, blob] of blobs.entries())
        if (pushed[i]) expect([round, i, await isWhole(one.url, `r${round}`, `new${i}`, blob)]).toEqual([round, i, true]);
      expect(pushed.filter(Boolean).length).toBeGreaterThan(blobs.length / 2);
    }
  });

  it('an upload goes on at the other replica, and both show what it has become', async () => {
    const [one, other] = replicas as [ServedRegistry, ServedRegistry];
    const begun = await fetch(`${one.url}/v2/shared/blobs/uploads/`, { method: 'POST' });
    const path = begun.headers.get('location')!;
    const patch = (at: ServedRegistry, body: string): Promise<Response> => fetch(`${at.url}${path}`, { method: 'PATCH', body });
    expect((await patch(one, 'one ')).headers.get('range')).toBe('0-3');
    expect((await patch(other, 'two ')).headers.get('range')).toBe('0-7');
    expect((await patch(one, 'three')).headers.get('range')).toBe('0-12');
    const digest = sha256('one two three');
    expect((await fetch(`${other.url}${path}?digest=${digest}`, { method: 'PUT' })).status).toBe(201);
    for (const at of replicas) expect(await (await fetch(`${at.url}/v2/shared/blobs/${digest}`)).text()).toBe('one two three');
  });
});
