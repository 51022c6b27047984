import { runnable } from '#controller-runtime';
import { resources } from '#objects';
import { pod, SmallCluster } from '../testing/small-cluster.ts';
import { garbageCollector } from './controller.ts';

const kinds = [
  { gvk: { group: '', version: 'v1', kind: 'Pod' }, resource: resources.pods, namespaced: true },
  { gvk: { group: '', version: 'v1', kind: 'ConfigMap' }, resource: resources.configMaps, namespaced: true },
  { gvk: { group: '', version: 'v1', kind: 'Node' }, resource: resources.nodes, namespaced: false },
];
const configMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default', uid: name } });
const ownedBy = (uid: string, kind = 'ConfigMap') => ({
  ownerReferences: [{ apiVersion: 'v1', kind, name: uid, uid, blockOwnerDeletion: true }],
});

let cluster: SmallCluster;
const names = (): (string | undefined)[] => cluster.pods().map(({ metadata }) => metadata.name);

beforeEach(() => {
  cluster = new SmallCluster(kinds);
});
afterEach(() => cluster.stop());

async function run(): Promise<void> {
  await cluster.run(runnable(garbageCollector(), cluster.context));
}
const deleteOwner = (propagationPolicy: 'Foreground' | 'Background' | 'Orphan') =>
  cluster.api.writeMany([
    { verb: 'delete', resource: resources.configMaps, namespace: 'default', name: 'owner', options: { propagationPolicy } },
  ]);

describe('garbage collector', () => {
  it('looks again at what an owner of a kind has that was not served before, and leaves it alone when that goes', async () => {
    const [, configMaps] = kinds;
    cluster.api.put(resources.configMaps, configMap('present'));
    cluster.api.put(resources.pods, pod('kept', {}, ownedBy('present')));
    cluster.api.put(resources.pods, pod('lost', {}, ownedBy('absent')));
    cluster.kinds.remove(configMaps!);
    await run();
    expect(names()).toEqual(['kept', 'lost']);
    cluster.kinds.put(configMaps!);
    await cluster.settle();
    expect(names()).toEqual(['kept']);
    cluster.kinds.remove(configMaps!);
    await cluster.settle();
    expect(names()).toEqual(['kept']);
  });

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

  describe('owners that are not what their references say', () => {
    const invalid = (ref: string, namespace: string) =>
      `OwnerRefInvalidNamespace: ownerRef [${ref}] does not exist in namespace "${namespace}"`;
    const reference = (wrong: object = {}) => ({ ownerReferences: [{ ...ownedBy('owner').ownerReferences[0]!, ...wrong }] });
    it.each<[string, { dependent?: object; wrong?: object }, { goes: boolean; says?: string[] }]>([
      ['as it says', {}, { goes: false }],
      ['as another version of its kind says', { wrong: { apiVersion: 'v2' } }, { goes: false }],
      ['of another name', { wrong: { name: 'other' } }, { goes: true }],
      ['of another kind', { wrong: { kind: 'Pod' } }, { goes: true }],
      ['of another group, which is not served', { wrong: { apiVersion: 'apps/v1' } }, { goes: false }],
      [
        'in another namespace',
        { dependent: { namespace: 'elsewhere' } },
        { goes: true, says: [invalid('v1/ConfigMap, namespace: elsewhere, name: owner, uid: owner', 'elsewhere')] },
      ],
    ])('%s', async (_case, { dependent = {}, wrong }, { goes, says = [] }) => {
      cluster.api.put(resources.configMaps, configMap('owner'));
      cluster.api.put(resources.pods, pod('child', {}, { ...dependent, ...reference(wrong) }));
      await run();
      expect(names()).toEqual(goes ? [] : ['child']);
      expect(cluster.events()).toEqual(says);
    });

    const node = (owners: object) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', uid: 'n', ...owners } });
    const nodes = () => cluster.api.all(resources.nodes).length;
    const says = [invalid('v1/ConfigMap, namespace: , name: owner, uid: owner', '')];

    it('never collects a cluster object whose owner is in a namespace, there, gone or never', async () => {
      cluster.api.put(resources.configMaps, configMap('owner'));
      cluster.api.put(resources.nodes, node(reference()));
      await run();
      expect([nodes(), cluster.events()]).toEqual([1, says]);
      await deleteOwner('Background');
      await cluster.settle(2000);
      expect([nodes(), cluster.api.all(resources.configMaps)]).toEqual([1, []]);
    });

    it('says so of a namespaced owner that was never there', async () => {
      cluster.api.put(resources.nodes, node(reference()));
      await run();
      expect([nodes(), cluster.events()]).toEqual([1, says]);
    });

    it('does not let such a cluster object hold back the end of its owner', async () => {
      cluster.api.put(resources.configMaps, configMap('owner'));
      cluster.api.put(resources.nodes, node(reference()));
      await run();
      await deleteOwner('Foreground');
      await cluster.settle(2000);
      expect([nodes(), cluster.api.all(resources.configMaps)]).toEqual([1, []]);
    });

    it('collects a namespaced object whose owner is a cluster object', async () => {
      cluster.api.put(resources.nodes, node({}));
      const owned = (uid: string) => reference({ kind: 'Node', name: 'n', uid });
      cluster.api.put(resources.pods, pod('kept', {}, owned('n')));
      cluster.api.put(resources.pods, pod('lost', {}, owned('former')));
      await run();
      expect(names()).toEqual(['kept']);
    });
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
