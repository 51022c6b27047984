import type { IPAddress, Service } from '#api/types';
import { runnable } from '#controller-runtime';
import { resources } from '#objects';
import { service, SmallCluster } from '../testing/small-cluster.ts';
import { ipAddressRepairController } from './controller.ts';

it('every cluster IP has its record again, and a record without a service goes', async () => {
  const cluster = new SmallCluster();
  const { api } = cluster;
  const labels = { 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' };
  const leaked = (name: string, managed: boolean): IPAddress => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: { name, creationTimestamp: '2020-01-01T00:00:00Z', ...(managed && { labels }) },
    spec: { parentRef: { resource: 'services', namespace: 'default', name: 'gone' } },
  });
  api.put(resources.ipAddresses, leaked('10.96.0.9', true));
  api.put(resources.ipAddresses, leaked('10.96.0.10', false));
  const web: Service = service();
  api.put(resources.services, { ...web, spec: { ...web.spec, clusterIP: '10.96.0.5', clusterIPs: ['10.96.0.5'] } });
  await cluster.run(runnable(ipAddressRepairController, cluster.context));
  await cluster.settle(1_000);
  const names = api.all<IPAddress>(resources.ipAddresses).map(({ metadata }) => metadata.name);
  expect(new Set(names)).toEqual(new Set(['10.96.0.10', '10.96.0.5']));
  expect(cluster.events()).toContain('ClusterIPNotAllocated: Cluster IP [IPv4]: 10.96.0.5 is not allocated; repairing');
  expect(cluster.events()).toContain(
    'IPAddressNotAllocated: IPAddress: 10.96.0.9 for Service default/gone appears to have leaked: cleaning up',
  );
  await cluster.stop();
});
