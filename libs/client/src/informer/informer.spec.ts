import type { KubeObject } from '#api';
import { ManualClock } from '#base/testing';
import { resources } from '#objects';
import { silentLogger } from '#telemetry';
import { FakeApi } from '../testing/fake-api.ts';
import { Informers } from './informer-factory.ts';

const pod = (name: string, labels: Record<string, string> = {}, namespace = 'default'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels },
});

function setUp() {
  const api = new FakeApi();
  const clock = new ManualClock();
  const informers = new Informers({ api, clock, logger: silentLogger });
  const pods = informers.informer({ resource: resources.pods });
  const seen: string[] = [];
  pods.onChange(({ object, previous, deleted }) => {
    seen.push(`${deleted ? 'deleted' : previous ? 'modified' : 'added'} ${object.metadata.name}`);
  });
  const settle = (): Promise<void> => clock.advance(0);
  return { api, clock, informers, pods, seen, settle };
}

describe('informer', () => {
  it('begins with what is there, then follows, and strips the managed fields', async () => {
    const { api, informers, pods, seen, settle } = setUp();
    api.put(resources.pods, { ...pod('a'), metadata: { ...pod('a').metadata, managedFields: [{ manager: 'kubectl' }] } });
    informers.start();
    await informers.synced();
    api.put(resources.pods, pod('b'));
    api.put(resources.pods, pod('a', { app: 'x' }));
    api.removeNow(resources.pods, 'default', 'b');
    await settle();
    expect(seen).toEqual(['added a', 'added b', 'modified a', 'deleted b']);
    expect(pods.get('default', 'a')?.metadata).not.toHaveProperty('managedFields');
    expect(pods.list('default')).toHaveLength(1);
    expect(pods.list('other')).toHaveLength(0);
    await informers.stop();
    expect(api.watchers).toBe(0);
  });

  it('goes on from the last revision after a lost connection', async () => {
    const { api, clock, informers, seen } = setUp();
    informers.start();
    await informers.synced();
    api.put(resources.pods, pod('a'));
    await clock.advance(0);
    api.disconnect();
    api.put(resources.pods, pod('b'));
    await clock.advance(1000);
    expect(seen).toEqual(['added a', 'added b']);
    await informers.stop();
  });

  it('reads again and tells what was deleted, changed and made anew when the log is too short', async () => {
    const { api, clock, informers, pods, seen } = setUp();
    for (const name of ['gone', 'same', 'changed', 'anew']) api.put(resources.pods, pod(name));
    informers.start();
    await informers.synced();
    seen.length = 0;
    api.disconnect();
    api.removeNow(resources.pods, 'default', 'gone');
    api.put(resources.pods, pod('changed', { v: '2' }));
    api.removeNow(resources.pods, 'default', 'anew');
    api.put(resources.pods, { ...pod('anew'), metadata: { ...pod('anew').metadata, uid: 'other' } });
    api.put(resources.pods, pod('new'));
    api.disconnect({ forget: true });
    await clock.advance(10_000);
    expect(seen).toEqual(['deleted gone', 'deleted anew', 'added anew', 'modified changed', 'added new']);
    expect(pods.list()).toHaveLength(4);
    await informers.stop();
  });

  it('keeps indexes current', async () => {
    const { api, informers, pods, settle } = setUp();
    pods.addIndex('app', (object) => [object.metadata.labels?.app ?? '']);
    api.put(resources.pods, pod('a', { app: 'x' }));
    informers.start();
    await informers.synced();
    api.put(resources.pods, pod('b', { app: 'x' }));
    api.put(resources.pods, pod('a', { app: 'y' }));
    await settle();
    const names = (app: string): (string | undefined)[] => pods.byIndex('app', app).map((object) => object.metadata.name);
    expect([names('x'), names('y')]).toEqual([['b'], ['a']]);
    await informers.stop();
  });

  it('makes one informer per resource and selector, and starts late ones at once', async () => {
    const { api, informers, pods } = setUp();
    api.put(resources.pods, pod('a', { app: 'x' }));
    informers.start();
    expect(informers.informer({ resource: resources.pods })).toBe(pods);
    const late = informers.informer({ resource: resources.pods, labelSelector: 'app=x' });
    expect(late).not.toBe(pods);
    await late.synced();
    expect(late.list()).toHaveLength(1);
    await informers.stop();
  });

  it('stops the informers of a resource that is forgotten, and makes another for who asks again', async () => {
    const { api, informers, pods, seen, settle } = setUp();
    const some = informers.informer({ resource: resources.pods, labelSelector: 'app=x' });
    const others = informers.informer({ resource: resources.nodes });
    informers.start();
    await informers.synced();
    informers.forget(resources.pods);
    await settle();
    expect(api.watchers).toBe(1);
    api.put(resources.pods, pod('a', { app: 'x' }));
    await settle();
    expect([seen, some.list(), others.list()]).toEqual([[], [], []]);
    const again = informers.informer({ resource: resources.pods });
    await again.synced();
    expect(again).not.toBe(pods);
    expect(again.list()).toHaveLength(1);
    await informers.stop();
    expect(api.watchers).toBe(0);
  });
});
