import type { KindName } from '#api';
import { ManualClock } from '#base/testing';
import { Informers } from '#client';
import { FakeApi, FakeKinds } from '#client/testing';
import { resources } from '#objects';
import { silentLogger } from '#telemetry';
import { KindCaches } from './kind-caches.ts';

const kind = (name: 'pods' | 'secrets' | 'events'): KindName => ({
  gvk: { ...resources[name], kind: name },
  resource: resources[name],
  namespaced: true,
});
const object = { apiVersion: 'v1', kind: 'x', metadata: { name: 'a', namespace: 'default' } };

async function following(...served: KindName[]) {
  const clock = new ManualClock();
  const api = new FakeApi();
  const kinds = new FakeKinds(served);
  const informers = new Informers({ api, clock, logger: silentLogger });
  const caches = new KindCaches(kinds, informers, ({ resource }) => resource.resource !== 'events');
  const told: string[] = [];
  const names = (): string =>
    caches
      .all()
      .map((each) => each.kind.gvk.kind)
      .join();
  const begin = (): void =>
    caches.begin((joined) => {
      const { kind: name } = joined.kind.gvk;
      told.push(`${name} with ${joined.cache.list().length}, in ${names()}`);
      return () => told.push(`${name} left`);
    });
  return { api, clock, kinds, informers, caches, told, names, begin };
}

describe('caches of every kind', () => {
  it('join with all their objects, those of the beginning and later ones, and leave', async () => {
    const { api, clock, kinds, informers, caches, told, begin } = await following(kind('pods'), kind('events'));
    api.put(resources.pods, object);
    api.put(resources.secrets, object);
    informers.start();
    await caches.synced();
    begin();
    kinds.put(kind('secrets'));
    await clock.advance(0);
    kinds.remove(kind('pods'));
    kinds.put(kind('events'));
    await clock.advance(0);
    expect(told).toEqual(['pods with 1, in pods', 'secrets with 1, in pods,secrets', 'pods left']);
    caches.stop();
    expect(told.at(-1)).toBe('secrets left');
    await informers.stop();
  });

  it('hold nobody up whose kind goes before they are filled', async () => {
    const { clock, kinds, informers, caches, told, names, begin } = await following(kind('pods'), kind('secrets'));
    // Nothing is read yet.
    kinds.remove(kind('pods'));
    kinds.put(kind('pods'));
    kinds.remove(kind('pods'));
    informers.start();
    await caches.synced();
    begin();
    await clock.advance(0);
    expect([names(), told]).toEqual(['secrets', ['secrets with 0, in secrets']]);
    expect(informers.has({ resource: resources.pods })).toBe(false);
    caches.stop();
    await informers.stop();
  });
});
