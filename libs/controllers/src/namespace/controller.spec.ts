import type { Namespace } from '#api/types';
import { runnable } from '#controller-runtime';
import { resources } from '#objects';
import { pod, readyPod, SmallCluster } from '../testing/small-cluster.ts';
import { namespaceController } from './controller.ts';

const kinds = [
  { gvk: { group: '', version: 'v1', kind: 'Pod' }, resource: resources.pods, namespaced: true },
  { gvk: { group: '', version: 'v1', kind: 'ConfigMap' }, resource: resources.configMaps, namespaced: true },
  { gvk: { group: '', version: 'v1', kind: 'Node' }, resource: resources.nodes, namespaced: false },
];
const configMap = (name: string, finalizers: string[] = []) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', finalizers },
});
const going: Namespace = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'default', deletionTimestamp: '2026-01-01T00:00:00Z' },
  spec: { finalizers: ['kubernetes'] },
  status: { phase: 'Terminating' },
};

let cluster: SmallCluster;
const conditions = () =>
  Object.fromEntries((cluster.api.all<Namespace>(resources.namespaces)[0]?.status?.conditions ?? []).map((c) => [c.type, c.message]));
const finalized = () =>
  cluster.api.calls
    .flat()
    .filter((item) => item.subresource === 'finalize')
    .map((item) => (item.verb === 'update' ? (item.object as Namespace).spec.finalizers : undefined));

beforeEach(async () => {
  cluster = new SmallCluster(kinds);
  await cluster.run(runnable(namespaceController(), cluster.context));
});
afterEach(() => cluster.stop());

describe('namespace deletion', () => {
  it('leaves other namespaces alone', async () => {
    cluster.api.put(resources.configMaps, configMap('a'));
    cluster.api.put(resources.namespaces, { ...going, metadata: { name: 'default' } });
    await cluster.settle(5000);
    expect(cluster.api.all(resources.configMaps)).toHaveLength(1);
  });

  it('takes pods first, honours their grace, then the rest, then lets the namespace go', async () => {
    cluster.api.put(resources.pods, readyPod(pod('a'), cluster.clock.now()));
    cluster.api.put(resources.configMaps, configMap('a'));
    cluster.api.put(resources.namespaces, going);
    await cluster.settle(3000);
    expect(cluster.api.all(resources.configMaps)).toHaveLength(1);
    expect(cluster.pods()[0]?.metadata.deletionTimestamp).toBeDefined();
    expect(conditions().NamespaceContentRemaining).toBe('Some resources are remaining: pods. has 1 resource instances');
    await cluster.finishDeletes();
    await cluster.settle(2000);
    expect(cluster.api.all(resources.configMaps)).toHaveLength(0);
    expect(finalized()[0]).toEqual([]);
  });

  it('says which finalizers keep the content', async () => {
    cluster.api.put(resources.configMaps, configMap('a', ['example.com/wait']));
    cluster.api.put(resources.namespaces, going);
    await cluster.settle(2000);
    expect(conditions()).toMatchObject({
      NamespaceDeletionContentFailure: 'All content successfully deleted, may be waiting on finalization',
      NamespaceContentRemaining: 'Some resources are remaining: configmaps. has 1 resource instances',
      NamespaceFinalizersRemaining: 'Some content in the namespace has finalizers remaining: example.com/wait in 1 resource instances',
    });
    expect(finalized()).toEqual([]);
    cluster.api.removeNow(resources.configMaps, 'default', 'a');
    await cluster.settle(2000);
    expect(finalized()[0]).toEqual([]);
  });
});
