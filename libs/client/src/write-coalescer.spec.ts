import { resources } from '#objects';
import { FakeApi } from './testing/fake-api.ts';
import { create } from './verbs.ts';
import { coalesceWrites } from './write-coalescer.ts';

const configMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } });

describe('write coalescer', () => {
  it('sends the writes of one tick as one call and gives each caller its own outcome', async () => {
    const fake = new FakeApi();
    const api = coalesceWrites(fake);
    const outcomes = await Promise.allSettled(['a', 'b', 'a'].map((name) => create(api, resources.configMaps, configMap(name))));
    expect(fake.calls).toHaveLength(1);
    expect(outcomes.map((o) => (o.status === 'fulfilled' ? o.value.metadata.name : String(o.reason)))).toEqual([
      'a',
      'b',
      'ApiError: configmaps "a" already exists',
    ]);
  });

  it('gathers while calls are under way', async () => {
    const fake = new FakeApi();
    const api = coalesceWrites(fake, { maxInFlight: 1 });
    const first = create(api, resources.configMaps, configMap('first'));
    await Promise.resolve();
    await Promise.resolve();
    const rest = ['b', 'c', 'd'].map((name) => create(api, resources.configMaps, configMap(name)));
    await Promise.all([first, ...rest]);
    expect(fake.calls.map((call) => call.length)).toEqual([1, 3]);
  });

  it('splits what is more than a call may hold', async () => {
    const fake = new FakeApi();
    const api = coalesceWrites(fake, { maxItems: 2 });
    await Promise.all(['a', 'b', 'c'].map((name) => create(api, resources.configMaps, configMap(name))));
    expect(fake.calls.map((call) => call.length)).toEqual([2, 1]);
  });
});
