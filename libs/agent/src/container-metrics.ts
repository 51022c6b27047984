import { readFile } from 'node:fs/promises';
import type { ContainerRuntime } from '#runtime/containers.contract';
import type { PodWorker } from './workers/pod-worker.ts';
import { isRunning } from './observed.ts';
import { podCgroupPath } from './resources-plan.ts';

type Labels = Record<string, string>;
type Stats = Awaited<ReturnType<ContainerRuntime['stats']>>;

interface Sample {
  name: string;
  help: string;
  type: 'counter' | 'gauge';
  labels: Labels;
  value: number;
}

export interface ContainerMetricsOptions {
  runtime: ContainerRuntime;
  pods: () => readonly PodWorker[];
  cgroupRoot: string;
  /** Of all processors together, since the machine started. */
  nodeCpuSeconds: () => Promise<number>;
  nodeMemoryBytes: () => Promise<number>;
}

/** cAdvisor's metrics for containers and pods, and the kubelet's resource metrics. Read from the kernel when they are asked for. */
export class ContainerMetrics {
  constructor(private readonly options: ContainerMetricsOptions) {}

  /** `/metrics/cadvisor` */
  async cadvisor(): Promise<string> {
    const samples: Sample[] = [];
    await this.eachContainer((stats, labels) => samples.push(...containerSamples(stats, labels)));
    await Promise.all(
      this.options.pods().map(async (worker) => {
        const { cgroup, labels } = this.podOf(worker);
        const stats = await this.options.runtime.cgroupStats(cgroup);
        samples.push(...containerSamples(stats, { ...labels, container: '', image: '', name: '', id: cgroup }));
        samples.push(...(await this.networkSamples(worker, { ...labels, container: '', image: '', name: '', id: cgroup })));
      }),
    );
    // cAdvisor calls what is all of the node's `/`, whatever its cgroup is called.
    const root = await this.options.runtime.cgroupStats(this.options.cgroupRoot);
    samples.push(...containerSamples(root, { container: '', id: '/', image: '', name: '', namespace: '', pod: '' }));
    return render(samples);
  }

  /** `/metrics/resource` */
  async resource(): Promise<string> {
    const samples: Sample[] = [
      gauge('node_memory_working_set_bytes', 'Current working set of the node in bytes', {}, await this.options.nodeMemoryBytes()),
      counter(
        'node_cpu_usage_seconds_total',
        'Cumulative cpu time consumed by the node in core-seconds',
        {},
        await this.options.nodeCpuSeconds(),
      ),
    ];
    await this.eachContainer((stats, { container, pod, namespace }, startedAt) => {
      const labels = { container: container ?? '', namespace: namespace ?? '', pod: pod ?? '' };
      samples.push(
        counter(
          'container_cpu_usage_seconds_total',
          'Cumulative cpu time consumed by the container in core-seconds',
          labels,
          stats.cpuUsageNs / 1e9,
        ),
        gauge('container_memory_working_set_bytes', 'Current working set of the container in bytes', labels, stats.memoryWorkingSetBytes),
        gauge(
          'container_start_time_seconds',
          'Start time of the container since unix epoch in seconds',
          labels,
          startedAt.getTime() / 1000,
        ),
      );
    });
    for (const worker of this.options.pods()) {
      const { cgroup, labels } = this.podOf(worker);
      const stats = await this.options.runtime.cgroupStats(cgroup);
      samples.push(
        counter('pod_cpu_usage_seconds_total', 'Cumulative cpu time consumed by the pod in core-seconds', labels, stats.cpuUsageNs / 1e9),
        gauge('pod_memory_working_set_bytes', 'Current working set of the pod in bytes', labels, stats.memoryWorkingSetBytes),
      );
    }
    // A container that ends meanwhile has zeros, and is no error.
    samples.push(gauge('resource_scrape_error', '1 if there was an error while getting container metrics, 0 otherwise', {}, 0));
    return render(samples);
  }

  private async eachContainer(visit: (stats: Stats, labels: Labels, startedAt: Date) => void): Promise<void> {
    const running = this.options.pods().flatMap((worker) =>
      worker
        .view()
        .entries.filter(isRunning)
        .map((entry) => ({ worker, entry })),
    );
    await Promise.all(
      running.map(async ({ worker, entry }) => {
        const { id, imageRef, startedAt } = entry.current!;
        const { cgroup, labels } = this.podOf(worker);
        const stats = await this.options.runtime.cgroupStats(`${cgroup}/${id}`);
        visit(stats, { ...labels, container: entry.name, image: imageRef, name: id, id: `${cgroup}/${id}` }, startedAt ?? new Date(0));
      }),
    );
  }

  private podOf(worker: PodWorker): { cgroup: string; labels: Labels } {
    const { metadata } = worker.currentPod;
    return {
      cgroup: podCgroupPath(this.options.cgroupRoot, worker.currentPod),
      labels: { namespace: metadata.namespace ?? '', pod: metadata.name ?? '' },
    };
  }

  /** /proc/PID/net/dev shows the network namespace of the process. */
  private async networkSamples(worker: PodWorker, labels: Labels): Promise<Sample[]> {
    const running = worker.view().entries.find(isRunning);
    if (!running || worker.currentPod.spec.hostNetwork) return [];
    const container = await this.options.runtime.get(running.current!.id);
    if (!container?.pid) return [];
    const text = await readFile(`/proc/${container.pid}/net/dev`, 'utf8').catch(() => '');
    return parseNetDev(text).flatMap(({ device, values }) => {
      const own = { ...labels, interface: device };
      const sample = (name: string, what: string, value: number): Sample =>
        counter(`container_network_${name}`, `Cumulative count of ${what}`, own, value);
      return [
        sample('receive_bytes_total', 'bytes received', values[0]!),
        sample('receive_packets_total', 'packets received', values[1]!),
        sample('receive_errors_total', 'errors encountered while receiving', values[2]!),
        sample('receive_packets_dropped_total', 'packets dropped while receiving', values[3]!),
        sample('transmit_bytes_total', 'bytes transmitted', values[8]!),
        sample('transmit_packets_total', 'packets transmitted', values[9]!),
        sample('transmit_errors_total', 'errors encountered while transmitting', values[10]!),
        sample('transmit_packets_dropped_total', 'packets dropped while transmitting', values[11]!),
      ];
    });
  }
}

/** proc_pid_net(5), `dev`: eight numbers received and eight sent for each device, the loopback left out. */
export function parseNetDev(text: string): { device: string; values: number[] }[] {
  return text
    .split('\n')
    .map((line) => /^\s*([^:\s]+):(.*)$/.exec(line))
    .flatMap((match) => (match && match[1] !== 'lo' ? [{ device: match[1]!, values: match[2]!.trim().split(/\s+/).map(Number) }] : []));
}

function containerSamples(stats: Stats, labels: Labels): Sample[] {
  return [
    counter(
      'container_cpu_usage_seconds_total',
      'Cumulative cpu time consumed in seconds.',
      { ...labels, cpu: 'total' },
      stats.cpuUsageNs / 1e9,
    ),
    gauge(
      'container_memory_usage_bytes',
      'Current memory usage in bytes, including all memory regardless of when it was accessed',
      labels,
      stats.memoryUsageBytes,
    ),
    gauge('container_memory_working_set_bytes', 'Current working set in bytes.', labels, stats.memoryWorkingSetBytes),
    gauge('container_memory_rss', 'Size of RSS in bytes.', labels, stats.memoryRssBytes),
    gauge('container_processes', 'Number of processes running inside the container.', labels, stats.pids),
    counter('container_oom_events_total', 'Count of out of memory events observed for the container', labels, stats.oomEvents),
  ];
}

const counter = (name: string, help: string, labels: Labels, value: number): Sample => ({ name, help, type: 'counter', labels, value });
const gauge = (name: string, help: string, labels: Labels, value: number): Sample => ({ name, help, type: 'gauge', labels, value });

/** Prometheus text format 0.0.4: one block a metric. */
function render(samples: readonly Sample[]): string {
  const blocks = Map.groupBy(samples, (sample) => sample.name);
  const escaped = (value: string): string => value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
  const line = ({ name, labels, value }: Sample): string => {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
    return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`;
  };
  return [...blocks]
    .map(([name, of]) => [`# HELP ${name} ${of[0]!.help}`, `# TYPE ${name} ${of[0]!.type}`, ...of.map(line), ''].join('\n'))
    .join('');
}
