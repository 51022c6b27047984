import type { IPAddress, ServiceCIDR } from '#api/types';
import { remove } from '#client';
import { runnable } from '#controller-runtime';
import { resources } from '#objects';
import { SmallCluster } from '../testing/small-cluster.ts';
import { serviceCidrController } from './controller.ts';

it('a range in use is held until its last address is given up', async () => {
  const cluster = new SmallCluster();
  const { api } = cluster;
  const labels = { 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' };
  const parentRef = { resource: 'services', namespace: 'default', name: 'web' };
  api.put(resources.serviceCIDRs, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name: 'more' },
    spec: { cidrs: ['10.98.0.0/24'] },
  } as ServiceCIDR);
  const record = { apiVersion: 'networking.k8s.io/v1', kind: 'IPAddress', metadata: { name: '10.98.0.5', labels }, spec: { parentRef } };
  api.put(resources.ipAddresses, record as IPAddress);
  await cluster.run(runnable(serviceCidrController, cluster.context));
  const cidr = (): ServiceCIDR | undefined => api.all<ServiceCIDR>(resources.serviceCIDRs)[0];
  expect(cidr()).toMatchObject({
    metadata: { finalizers: ['networking.k8s.io/service-cidr-finalizer'] },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  });
  await remove(api, { resource: resources.serviceCIDRs, name: 'more' });
  await cluster.settle(30_000);
  expect(cidr()?.status?.conditions).toMatchObject([{ type: 'Ready', status: 'False', reason: 'Terminating' }]);
  await remove(api, { resource: resources.ipAddresses, name: '10.98.0.5' });
  await cluster.settle(1_000);
  expect(cidr()).toBeUndefined();
  await cluster.stop();
});
