import { getJson, kubectl } from './clients.ts';
import { nodeAddress, nodeName } from './shop.ts';

describe('nodes', () => {
  it('three are Ready, each with its own address, as kubectl get nodes -o wide shows', async () => {
    const lines = (await kubectl(['get', 'nodes', '-o', 'wide', '--no-headers'])).trim().split('\n');
    expect(lines).toHaveLength(3);
    for (const n of [1, 2, 3]) {
      const columns = lines[n - 1]!.split(/\s{2,}/);
      expect(columns.slice(0, 2)).toEqual([nodeName(n), 'Ready']);
      expect(columns[5]).toBe(nodeAddress(n));
      expect(lines[n - 1]).toMatch(/v1\.36\.\d+\+berth/);
    }
  });

  it('are described with conditions, capacity, their pods and a lease', async () => {
    const text = await kubectl(['describe', 'node', nodeName(1)]);
    for (const part of [
      'Conditions:',
      'MemoryPressure',
      'KubeletReady',
      'Capacity:',
      'Allocatable:',
      'PodCIDR:',
      'Non-terminated Pods:',
      'Allocated resources:',
      'HolderIdentity:',
      'RegisteredNode',
      'NodeReady',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('have a range of pod addresses each', async () => {
    const { items } = await getJson('nodes');
    const ranges = items.map((node: { spec: { podCIDR: string } }) => node.spec.podCIDR);
    expect(new Set(ranges).size).toBe(3);
    for (const range of ranges) expect(range).toMatch(/^10\.244\.\d+\.0\/24$/);
  });

  it('every kind is listed and described as a Kubernetes user expects', async () => {
    const listing = await kubectl(['get', 'deploy,rs,po,svc,ep', '-A', '-o', 'wide']);
    expect(listing).toMatch(/deployment\.apps\/demo\s+3\/3\s+3\s+3/);
    expect(listing).toMatch(/replicaset\.apps\/demo-[0-9a-z]+\s+3\s+3\s+3/);
    expect(listing).toMatch(/pod\/demo-[0-9a-z]+-[0-9a-z]{5}\s+1\/1\s+Running\s+0/);
    expect(listing).toMatch(/service\/kubernetes\s+ClusterIP\s+10\.96\.0\.1\s+<none>\s+443\/TCP/);
    expect(listing).toMatch(/service\/demo\s+NodePort\s+10\.96\.\d+\.\d+\s+<none>\s+80:30080\/TCP/);
    for (const kind of [
      'deployment/demo',
      'replicaset',
      'pod',
      'service/demo',
      'endpoints/demo',
      'endpointslice',
      'serviceaccount/default',
      'configmap/kube-root-ca.crt',
    ]) {
      expect(await kubectl(['describe', kind, '-n', 'demo'])).toMatch(/Name:\s+\S+/);
    }
    for (const kind of ['namespace/demo', 'clusterrole/view', 'clusterrolebinding/cluster-admin'])
      expect(await kubectl(['describe', kind])).toMatch(/Name:\s+\S+/);
    const deployment = await kubectl(['describe', 'deployment/demo', '-n', 'demo']);
    expect(deployment).toMatch(/Available\s+True\s+MinimumReplicasAvailable/);
    expect(deployment).toMatch(/Normal\s+ScalingReplicaSet/);
    expect(await kubectl(['describe', 'pod', '-n', 'demo', '-l', 'app=demo'])).toMatch(
      /Normal\s+Scheduled .*Successfully assigned demo\/demo-/,
    );
  });

  it('discovery, explain and OpenAPI serve kubectl', async () => {
    const resources = await kubectl(['api-resources', '--no-headers']);
    for (const line of [
      /^pods\s+po\s+v1\s+true\s+Pod$/m,
      /^deployments\s+deploy\s+apps\/v1\s+true\s+Deployment$/m,
      /^nodes\s+no\s+v1\s+false\s+Node$/m,
    ]) {
      expect(resources).toMatch(line);
    }
    const explained = await kubectl(['explain', 'pod.spec.terminationGracePeriodSeconds']);
    expect(explained).toMatch(/FIELD: terminationGracePeriodSeconds <integer>/);
    expect(explained).toContain('Optional duration in seconds the pod needs to terminate gracefully.');
    expect(await kubectl(['explain', 'pod', '--recursive'])).toContain('terminationGracePeriodSeconds');
    expect(await kubectl(['auth', 'can-i', '--list'])).toMatch(/\*\.\*\s+\[\]\s+\[\]\s+\[\*\]/);
    expect(JSON.parse(await kubectl(['version', '-o', 'json'])).serverVersion.gitVersion).toMatch(/^v1\.36\.\d+\+berth$/);
  });
});
