import type { Service } from '#api/types';
import { runnable } from '#controller-runtime';
import { resources } from '#objects';
import { node, service, SmallCluster } from '../testing/small-cluster.ts';
import { serviceLoadBalancerController } from './controller.ts';

const balancer = (name: string): Service => {
  const made = service();
  return { ...made, metadata: { ...made.metadata, name, uid: name }, spec: { ...made.spec, type: 'LoadBalancer' } };
};

describe('addresses of load balancers', () => {
  let cluster: SmallCluster;
  beforeEach(() => (cluster = new SmallCluster()));
  afterEach(() => cluster.stop());
  const addresses = (): Record<string, string | undefined> =>
    Object.fromEntries(
      cluster.api
        .all<Service>(resources.services)
        .map(({ metadata, status }) => [metadata.name, status?.loadBalancer?.ingress?.map(({ ip }) => ip).join() || undefined]),
    );
  const get = (name: string): Service => cluster.api.all<Service>(resources.services).find(({ metadata }) => metadata.name === name)!;

  it('go to one service each, not to those of nodes, and to who waits once they are given up', async () => {
    const one = node('n1');
    cluster.api.put(resources.nodes, { ...one, status: { ...one.status, addresses: [{ type: 'InternalIP', address: '10.0.0.1' }] } });
    for (const name of ['a', 'b', 'c']) cluster.api.put(resources.services, balancer(name));
    await cluster.run(runnable(serviceLoadBalancerController(['10.0.0.0/30']), cluster.context));
    expect(addresses()).toEqual({ a: '10.0.0.2', b: '10.0.0.3', c: undefined });
    expect(get('a').metadata.finalizers).toEqual(['service.kubernetes.io/load-balancer-cleanup']);
    expect(cluster.events()).toContain(
      'SyncLoadBalancerFailed: Error syncing load balancer: failed to ensure load balancer: no free IPv4 address in the pool 10.0.0.0/30',
    );
    cluster.api.put(resources.services, { ...get('a'), spec: { ...get('a').spec, type: 'ClusterIP' } });
    await cluster.settle(2_000);
    expect(addresses()).toEqual({ a: undefined, b: '10.0.0.3', c: '10.0.0.2' });
    expect(get('a').metadata.finalizers ?? []).toEqual([]);
  });
});
