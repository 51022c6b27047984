import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, eventually, kubectl } from './clients.ts';
import { deployShop } from './shop.ts';

const address = `127.0.0.1:${19_090 + (process.pid % 500)}`;
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
      return activeTargets.length >= 13 && activeTargets.every(({ health }: { health: string }) => health === 'up') && activeTargets;
    });
    const jobs = up.map(({ labels }: { labels: { job: string } }) => labels.job);
    for (const job of ['apiserver', 'kube-scheduler', 'kube-controller-manager', 'registry'])
      expect(jobs.filter((name: string) => name === job)).toHaveLength(1);
    for (const job of ['kubelet', 'cadvisor', 'resource']) expect(jobs.filter((name: string) => name === job)).toHaveLength(3);
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
});
