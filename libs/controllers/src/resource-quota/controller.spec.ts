import type { KubeObject } from '#api';
import type { ResourceQuota } from '#api/types';
import { runnable } from '#controller-runtime';
import { resources } from '#objects';
import { pod, SmallCluster } from '../testing/small-cluster.ts';
import { resourceQuotaController } from './controller.ts';

const quota = (hard: Record<string, string>): ResourceQuota => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'q', namespace: 'default' },
  spec: { hard },
});
const kinds = ['pods', 'secrets'].map((resource) => ({
  gvk: { group: '', version: 'v1', kind: resource },
  resource: { group: '', version: 'v1', resource },
  namespaced: true,
}));

describe('the controller of resource quotas', () => {
  let cluster: SmallCluster;
  const status = () => cluster.api.all<ResourceQuota>(resources.resourceQuotas)[0]?.status;
  beforeEach(async () => {
    cluster = new SmallCluster(kinds);
    cluster.api.put(resources.pods, pod('a', {}));
    cluster.api.put(resources.pods, { ...pod('ended', {}), status: { phase: 'Succeeded' } });
    cluster.api.put(resources.secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'other' } } as KubeObject);
    cluster.api.put(resources.resourceQuotas, quota({ pods: '5', 'count/pods': '9', secrets: '3' }));
    await cluster.run(runnable(resourceQuotaController, cluster.context));
  });
  afterEach(() => cluster.stop());

  it('counts a new quota, and puts its limits in force', () => {
    expect(status()).toEqual({
      hard: { pods: '5', 'count/pods': '9', secrets: '3' },
      used: { pods: '1', 'count/pods': '2', secrets: '0' },
    });
  });

  it('takes off what has gone', async () => {
    cluster.api.removeNow(resources.pods, 'default', 'a');
    await cluster.settle();
    expect(status()?.used).toEqual({ pods: '0', 'count/pods': '1', secrets: '0' });
  });

  it('keeps what is used of a kind that is not read yet, and counts it then', async () => {
    const maps = { ...kinds[0]!, resource: resources.configMaps };
    const [present] = cluster.api.all<ResourceQuota>(resources.resourceQuotas);
    const hard = { 'count/configmaps': '9', pods: '5' };
    cluster.api.put(resources.resourceQuotas, {
      ...present!,
      spec: { hard },
      status: { hard: {}, used: { 'count/configmaps': '4', pods: '7' } },
    });
    cluster.api.put(resources.configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'default' } });
    cluster.api.delivering = false;
    cluster.kinds.put(maps);
    cluster.api.deliver(resources.resourceQuotas);
    await cluster.settle();
    expect(status()?.used).toEqual({ 'count/configmaps': '4', pods: '1' });
    cluster.api.delivering = true;
    cluster.api.deliver(resources.configMaps);
    await cluster.settle(10_000);
    expect(status()?.used).toEqual({ 'count/configmaps': '1', pods: '1' });
  });

  it('follows a changed limit', async () => {
    const [present] = cluster.api.all<ResourceQuota>(resources.resourceQuotas);
    cluster.api.put(resources.resourceQuotas, { ...present!, spec: { hard: { pods: '7' } } });
    await cluster.settle();
    expect(status()).toEqual({ hard: { pods: '7' }, used: { pods: '1' } });
  });
});
