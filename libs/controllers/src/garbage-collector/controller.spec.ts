import { resources } from '#client';
import { pod, SmallCluster } from '../testing/small-cluster.ts';
import { garbageCollector } from './controller.ts';

const kinds = [
  { gvk: { group: '', version: 'v1', kind: 'Pod' }, resource: resources.pods, namespaced: true },
  { gvk: { group: '', version: 'v1', kind: 'ConfigMap' }, resource: resources.configMaps, namespaced: true },
];
const configMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default', uid: name } });
const ownedBy = (uid: string, kind = 'ConfigMap') => ({
  ownerReferences: [{ apiVersion: 'v1', kind, name: uid, uid, blockOwnerDeletion: true }],
});

let cluster: SmallCluster;
const names = (): (string | undefined)[] => cluster.pods().map(({ metadata }) => metadata.name);

beforeEach(() => {
  cluster = new SmallCluster();
});
afterEach(() => cluster.stop());

async function run(): Promise<void> {
  await cluster.run(garbageCollector(cluster.context, { kinds, informers: cluster.context.informers }));
}
const deleteOwner = (propagationPolicy: 'Foreground' | 'Background' | 'Orphan') =>
  cluster.api.writeMany([
    { verb: 'delete', resource: resources.configMaps, namespace: 'default', name: 'owner', options: { propagationPolicy } },
  ]);

describe('garbage collector', () => {
  it('finds at its start what lost its owner before', async () => {
    cluster.api.put(resources.pods, pod('lost', {}, ownedBy('never-there')));
    cluster.api.put(resources.pods, pod('kept', {}, ownedBy('unserved', 'Unserved')));
    await run();
    expect(names()).toEqual(['kept']);
  });

  it('does not believe an owner of the same name with another uid', async () => {
    cluster.api.put(resources.configMaps, { ...configMap('owner'), metadata: { ...configMap('owner').metadata, uid: 'second' } });
    const { ownerReferences } = ownedBy('first');
    cluster.api.put(resources.pods, pod('lost', {}, { ownerReferences: ownerReferences.map((owner) => ({ ...owner, name: 'owner' })) }));
    await run();
    expect(names()).toEqual([]);
  });

  it.each([
    ['Background' as const, []],
    ['Foreground' as const, []],
    ['Orphan' as const, ['child']],
  ])('deletes with policy %s', async (policy, want) => {
    cluster.api.put(resources.configMaps, configMap('owner'));
    cluster.api.put(resources.pods, pod('child', {}, ownedBy('owner')));
    await run();
    expect(names()).toEqual(['child']);
    await deleteOwner(policy);
    await cluster.settle(2000);
    expect(names()).toEqual(want);
    expect(cluster.api.all(resources.configMaps)).toEqual([]);
    expect(cluster.pods()[0]?.metadata.ownerReferences ?? []).toEqual([]);
  });
});
