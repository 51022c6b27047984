import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, eventually, getJson, kubectl } from './clients.ts';
import { deployShop } from './shop.ts';

/** As the api-server of the test cluster knows it. */
const address = '127.0.0.1:19090';
let prometheus: ChildProcess;
let data: string;

beforeAll(async () => {
  await deployShop();
  data = await mkdtemp(join(tmpdir(), 'berth-prometheus-'));
  prometheus = spawn(
    'prometheus',
    [`--config.file=${join(env('BERTH_HOME'), 'prometheus.yml')}`, `--storage.tsdb.path=${data}`, `--web.listen-address=${address}`],
    { stdio: 'ignore' },
  );
});
afterAll(async () => {
  if (prometheus.exitCode === null) {
    const ended = new Promise((resolve) => prometheus.once('exit', resolve));
    prometheus.kill();
    await ended;
  }
  await rm(data, { recursive: true });
});

// oxlint-disable-next-line typescript/no-explicit-any -- Prometheus' JSON
async function query(path: string): Promise<any> {
  const response = await fetch(`http://${address}/api/v1/${path}`);
  return ((await response.json()) as { data: unknown }).data;
}

async function values(expression: string): Promise<{ labels: Record<string, string>; value: number }[]> {
  const { result } = await query(`query?query=${encodeURIComponent(expression)}`);
  return result.map(({ metric, value }: { metric: Record<string, string>; value: [number, string] }) => ({
    labels: metric,
    value: Number(value[1]),
  }));
}

describe('Debian’s Prometheus on the written configuration', () => {
  it('finds every target up', async () => {
    const up = await eventually('all targets up', async () => {
      const { activeTargets } = await query('targets');
      return activeTargets.length >= 16 && activeTargets.every(({ health }: { health: string }) => health === 'up') && activeTargets;
    });
    const jobs = up.map(({ labels }: { labels: { job: string } }) => labels.job);
    for (const job of ['apiserver', 'kube-scheduler', 'kube-controller-manager', 'registry'])
      expect(jobs.filter((name: string) => name === job)).toHaveLength(1);
    for (const job of ['kubelet', 'cadvisor', 'resource', 'probes']) expect(jobs.filter((name: string) => name === job)).toHaveLength(3);
  });

  it('could as well read a node through the api-server, which the node knows', async () => {
    const [node] = (await kubectl(['get', 'nodes', '-o', 'name'])).split('\n');
    const figures = await kubectl(['get', '--raw', `/api/v1/nodes/${node!.slice('node/'.length)}/proxy/metrics/cadvisor`]);
    expect(figures).toContain('container_memory_working_set_bytes{namespace="shop"');
  });

  it('draws request rate and latency, pods per node and container memory from what it scraped', async () => {
    await eventually(
      'a request rate',
      async () => (await values('sum(rate(apiserver_request_total[1m]))')).some(({ value }) => value > 0),
      90_000,
    );
    const latency = await values('histogram_quantile(0.99, sum by (le) (rate(apiserver_request_duration_seconds_bucket[1m])))');
    expect(latency[0]!.value).toBeGreaterThan(0);
    const pods = await values('kubelet_running_pods');
    expect(pods).toHaveLength(3);
    // Where they run is the scheduler's choice; earlier suites have emptied nodes.
    expect(pods.reduce((sum, { value }) => sum + value, 0)).toBeGreaterThanOrEqual(3);
    const memory = await values('container_memory_working_set_bytes{namespace="shop",container="web",job="cadvisor"}');
    expect(memory).toHaveLength(3);
    expect(memory.every(({ value }) => value > 0)).toBe(true);
    for (const name of [
      'scheduler_pending_pods',
      'workqueue_depth',
      'kubelet_running_containers',
      'container_cpu_usage_seconds_total',
      'node_cpu_usage_seconds_total',
      'process_resident_memory_bytes',
    ]) {
      expect((await values(name)).length).toBeGreaterThan(0);
    }
  });

  it('fills custom and external metrics, which autoscalers go by', async () => {
    const custom = '/apis/custom.metrics.k8s.io/v1beta2';
    const raw = async (path: string) => JSON.parse(await kubectl(['get', '--raw', path]));
    const named = await eventually('a custom metric', async () => {
      const { resources } = await raw(custom);
      return resources.some(({ name }: { name: string }) => name === 'pods/memory_working_set') && resources;
    });
    expect(named).toContainEqual(expect.objectContaining({ name: 'pods/memory_working_set', namespaced: true, kind: 'MetricValueList' }));
    const { items } = await raw(`${custom}/namespaces/shop/pods/*/memory_working_set?labelSelector=app%3Dweb`);
    expect(items.length).toBeGreaterThan(0);
    expect(items[0]).toMatchObject({ describedObject: { kind: 'Pod', namespace: 'shop' }, value: expect.stringMatching(/^[1-9]/) });
    const target = { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, minReplicas: 1, maxReplicas: 50 };
    const external = { metric: { name: 'kubelet_running_pods' }, target: { type: 'Value', value: '100000' } };
    const spec = { ...target, metrics: [{ type: 'External', external }], behavior: { scaleDown: { selectPolicy: 'Disabled' } } };
    const hpa = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'outside', namespace: 'shop' }, spec };
    await kubectl(['apply', '-f', '-'], JSON.stringify(hpa));
    await eventually('an autoscaler that goes by it', async () => {
      const { status } = await getJson('hpa', 'outside', '-n', 'shop');
      return status.currentMetrics?.[0]?.external?.current.value !== undefined;
    });
    await kubectl(['-n', 'shop', 'delete', 'hpa', 'outside']);
  });
});
