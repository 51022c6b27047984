import type { KubeObject } from '#api';
import { ManualClock } from '#base/testing';
import { resources } from '#objects';
import { FakeApi } from '#client/testing';
import { silentLogger } from '#telemetry';
import { ObjectWatches } from './object-watches.ts';
import { PodObjects } from './pod-objects.ts';

describe('the objects that a pod uses', () => {
  const configMap = (data: Record<string, string>): KubeObject =>
    ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name: 'cm' }, data }) as KubeObject;

  function setUp() {
    const api = new FakeApi();
    const clock = new ManualClock();
    const watches = new ObjectWatches({ api, clock, logger: silentLogger });
    const changes = { first: 0, second: 0 };
    const first = new PodObjects(watches, 'default', () => changes.first++);
    const second = new PodObjects(watches, 'default', () => changes.second++);
    return { api, clock, watches, changes, first, second };
  }

  it('are read as they are: what the first look finds is no change, also where another pod watches it already', async () => {
    const { api, clock, watches, changes, first, second } = setUp();
    api.put(resources.configMaps, configMap({ a: '1' }));
    expect(await first.configMap('cm')).toEqual(new Map([['a', Buffer.from('1')]]));
    expect(await second.configMap('cm')).toEqual(new Map([['a', Buffer.from('1')]]));
    await clock.advance(0);
    expect(changes).toEqual({ first: 0, second: 0 });
    watches.close();
  });

  it('tell of what comes, changes and goes after that', async () => {
    const { api, clock, watches, changes, first } = setUp();
    expect(await first.configMap('cm')).toBeUndefined();
    for (const data of [{ a: '1' }, { a: '2' }]) {
      api.put(resources.configMaps, configMap(data));
      await clock.advance(0);
    }
    expect(changes.first).toBe(2);
    api.removeNow(resources.configMaps, 'default', 'cm');
    await clock.advance(0);
    expect(changes.first).toBe(3);
    expect(await first.configMap('cm')).toBeUndefined();
    watches.close();
  });

  it('tell nothing any more once they are released', async () => {
    const { api, clock, watches, changes, first } = setUp();
    await first.configMap('cm');
    first.release();
    api.put(resources.configMaps, configMap({ a: '1' }));
    await clock.advance(0);
    expect(changes.first).toBe(0);
    watches.close();
  });
});
