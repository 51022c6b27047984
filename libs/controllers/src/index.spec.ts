import { resources } from '#objects';
import type { Logger } from '#telemetry';
import { cidrPool, controllers } from './index.ts';
import { deployment, node, pod, service, SmallCluster } from './testing/small-cluster.ts';

const kinds = (['pods', 'services', 'nodes', 'replicaSets', 'deployments', 'configMaps', 'secrets'] as const).map((name) => ({
  gvk: { ...resources[name], kind: name },
  resource: resources[name],
  namespaced: name !== 'nodes',
}));

it('all controllers together do their work and complain of nothing', async () => {
  const cluster = new SmallCluster(kinds);
  const complaints: unknown[] = [];
  const logger = { ...cluster.context.logger, warn: (about: unknown) => complaints.push(about) } as unknown as Logger;
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' }, spec: { finalizers: ['kubernetes'] } };
  cluster.api.put(resources.namespaces, namespace);
  cluster.api.put(resources.nodes, node('n1'));
  cluster.api.put(resources.services, service());
  cluster.api.put(resources.deployments, deployment({ replicas: 2 }));
  cluster.api.put(resources.resourceQuotas, {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'q', namespace: 'default' },
    spec: { hard: { pods: '5' } },
  } as never);
  cluster.api.put(resources.podDisruptionBudgets, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'b', namespace: 'default' },
    spec: { minAvailable: '50%', selector: { matchLabels: { app: 'web' } } },
  } as never);
  cluster.api.put(resources.pods, pod('lost', {}, { ownerReferences: [{ apiVersion: 'v1', kind: 'configMaps', name: 'x', uid: 'x' }] }));
  const clusterCidrs = [{ cidr: '10.244.0.0/16', nodeMaskSize: 24 }];
  expect(cidrPool(clusterCidrs[0]!.cidr, 24)).toBeDefined();
  await cluster.run(
    ...controllers(
      { ...cluster.context, logger },
      { rootCa: 'PEM', clusterCidrs, autoscaler: { reader: { read: () => Promise.reject(new Error('not asked')) } } },
    ),
  );
  await cluster.ready();
  await cluster.settle(2_000);
  expect(complaints).toEqual([]);
  expect(cluster.pods().filter(({ metadata }) => metadata.labels?.app === 'web')).toHaveLength(2);
  expect(cluster.pods().map(({ metadata }) => metadata.name)).not.toContain('lost');
  expect(cluster.deployment().status?.readyReplicas).toBe(2);
  expect(cluster.api.all(resources.endpointSlices)).toHaveLength(1);
  await cluster.stop();
});
