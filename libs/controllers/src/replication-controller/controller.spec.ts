import { forbidden } from '#api';
import type { ReplicationController } from '#api/types';
import { runnable } from '#controller-runtime';
import { resources } from '#objects';
import { pod, SmallCluster } from '../testing/small-cluster.ts';
import { replicationController } from './controller.ts';

describe('the replication controller', () => {
  let cluster: SmallCluster;
  beforeEach(async () => {
    cluster = new SmallCluster();
    await cluster.run(runnable(replicationController, cluster.context));
  });
  afterEach(() => cluster.stop());

  const put = async (replicas: number): Promise<void> => {
    cluster.api.put(resources.replicationControllers, {
      apiVersion: 'v1',
      kind: 'ReplicationController',
      metadata: { name: 'rc', namespace: 'default', uid: 'rc-1', generation: 1 },
      spec: { replicas, selector: { app: 'a' }, template: { metadata: { labels: { app: 'a' } }, spec: { containers: [] } } },
    } as ReplicationController);
    await cluster.settle();
  };
  const status = () => cluster.api.all<ReplicationController>(resources.replicationControllers)[0]?.status;

  it('keeps its replicas, those that it adopts among them', async () => {
    cluster.api.put(resources.pods, pod('mine', { app: 'a' }, { uid: 'mine' }));
    await put(3);
    await cluster.ready();
    expect(cluster.pods().map(({ metadata }) => metadata.ownerReferences?.[0])).toEqual(
      Array.from({ length: 3 }, () => expect.objectContaining({ apiVersion: 'v1', kind: 'ReplicationController', uid: 'rc-1' })),
    );
    expect(status()).toEqual({ replicas: 3, fullyLabeledReplicas: 3, readyReplicas: 3, availableReplicas: 3, observedGeneration: 1 });
    await put(1);
    await cluster.finishDeletes();
    expect([cluster.pods().length, status()?.replicas]).toEqual([1, 1]);
    await cluster.settle(5_000);
    expect(cluster.events()).toContainEqual(expect.stringMatching(/^SuccessfulCreate: Created pod: rc-/));
  });

  it('shows why it cannot', async () => {
    cluster.api.refuse = (item) =>
      item.verb === 'create' && item.resource.resource === 'pods' ? forbidden({ group: '', resource: 'pods' }, 'rc', 'quota') : undefined;
    await put(1);
    expect(status()?.conditions).toMatchObject([{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate' }]);
  });
});
