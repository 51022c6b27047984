import { ManualClock } from '#base/testing';
import { Informers, metadataOnly, sharedWith } from '#client';
import { FakeApi, FakeKinds } from '#client/testing';
import { resources } from '#objects';
import { silentLogger } from '#telemetry';
import { NamedCaches } from './caches.ts';

const kinds = (['pods', 'secrets', 'nodes'] as const).map((name) => ({
  gvk: { ...resources[name], kind: name },
  resource: resources[name],
  namespaced: name !== 'nodes',
}));

function setUp() {
  const common = { api: new FakeApi(), clock: new ManualClock(), logger: silentLogger };
  const informers = new Informers(common);
  const less = new Informers({ ...common, transform: metadataOnly });
  const sources = { informers, metadata: sharedWith(informers, less), kinds: new FakeKinds(kinds) };
  return { informers, less, caches: new NamedCaches('x-controller', sources), others: new NamedCaches('y-controller', sources) };
}
const everyKind = { of: ({ namespaced }: { namespaced: boolean }) => namespaced, enqueue: () => [] };

describe('the caches of a controller', () => {
  it('are of what it names, and of nothing else', () => {
    const { caches, others } = setUp();
    const pods = caches.name({ resource: resources.pods });
    expect(caches.informer({ resource: resources.pods })).toBe(pods);
    for (const query of [{ resource: resources.secrets }, { resource: resources.pods, fieldSelector: 'spec.nodeName=a' }]) {
      expect(() => caches.informer(query)).toThrow(/^x-controller reads .* without naming it among what it observes$/);
    }
    expect(() => others.informer({ resource: resources.pods })).toThrow('y-controller reads /v1/pods');
  });

  it('of every kind are whole where another controller keeps them whole, and metadata where nobody does', async () => {
    const { caches, others, informers, less } = setUp();
    const pods = others.name({ resource: resources.pods });
    caches.nameEveryKind(everyKind);
    informers.start();
    less.start();
    await caches.synced();
    expect(caches.kinds().map(({ kind }) => kind.resource.resource)).toEqual(['pods', 'secrets']);
    expect(caches.kinds()[0]?.cache).toBe(pods);
    expect([informers.has({ resource: resources.secrets }), less.has({ resource: resources.secrets })]).toEqual([false, true]);
    expect([less.has({ resource: resources.pods }), less.has({ resource: resources.nodes })]).toEqual([false, false]);
    await Promise.all([informers.stop(), less.stop()]);
  });
});
