import { expect, it } from '@jest/globals';
import { forbidden, type KubeObject } from '#api';
import { runnable } from '#controller-runtime';
import { resources } from '#objects';
import { SmallCluster } from '../testing/small-cluster.ts';
import { replicaSetController } from './controller.ts';

it('a set whose pods are refused backs off, though each refusal reads differently', async () => {
  const cluster = new SmallCluster();
  let tries = 0;
  cluster.api.refuse = (item) =>
    item.verb === 'create' && item.resource.resource === 'pods'
      ? forbidden({ group: '', resource: 'pods' }, `web-${tries++}`, 'exceeded quota: q')
      : undefined;
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  cluster.api.put(resources.replicaSets, {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web', namespace: 'default', uid: 'u' },
    spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template },
  } as KubeObject);
  await cluster.run(runnable(replicaSetController, cluster.context));
  await cluster.settle(1_000);
  // 5 ms, doubled each time: at most eight tries in the first second, and the first may be of several pods at once.
  expect(tries).toBeLessThan(13);
  expect(cluster.sets()[0]?.status?.conditions).toMatchObject([{ type: 'ReplicaFailure', reason: 'FailedCreate' }]);
  await cluster.stop();
});
