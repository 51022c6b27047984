import type { ContainerStats } from '#runtime/containers.contract';
import type { Meter, PodReading } from './meter.ts';
import type { NetworkFigures } from './network.ts';

type Labels = Record<string, string>;

interface Sample {
  name: string;
  help: string;
  type: 'counter' | 'gauge';
  labels: Labels;
  value: number;
}

export interface TextMetricsOptions {
  meter: Pick<Meter, 'read'>;
  networkOf: (pod: PodReading) => Promise<readonly NetworkFigures[]>;
}

/** cAdvisor's metrics for containers and pods, and the kubelet's resource metrics, in the text format of Prometheus. */
export class TextMetrics {
  constructor(private readonly options: TextMetricsOptions) {}

  /** `/metrics/cadvisor` */
  async cadvisor(): Promise<string> {
    const { meter, networkOf } = this.options;
    const { pods, node } = await meter.read();
    const networks = await Promise.all(pods.map((pod) => networkOf(pod)));
    const samples = pods.flatMap((pod, i) => {
      const labels = labelsOf(pod);
      const own = { ...labels, container: '', image: '', name: '', id: pod.cgroup };
      return [
        ...pod.containers.flatMap(({ name, id, imageRef, startedAt, figures }) => {
          const inner = { ...labels, container: name, image: imageRef, name: id, id: `${pod.cgroup}/${id}` };
          return [...containerSamples(figures, inner), startTime(inner, startedAt)];
        }),
        ...containerSamples(pod.figures, own),
        ...networks[i]!.flatMap((figures) => networkSamples(figures, own)),
      ];
    });
    // cAdvisor calls what is all of the node's `/`, whatever its cgroup is called.
    samples.push(...containerSamples(node, { container: '', id: '/', image: '', name: '', namespace: '', pod: '' }));
    return render(samples);
  }

  /** `/metrics/resource`: KEP-585. */
  async resource(): Promise<string> {
    const { pods, node } = await this.options.meter.read();
    return render([
      ...usageSamples({ prefix: 'node', of: 'node' }, {}, node),
      ...pods.flatMap((pod) => {
        const labels = labelsOf(pod);
        return [
          ...pod.containers.flatMap(({ name, startedAt, figures }) => {
            const own = { container: name, ...labels };
            return [...usageSamples({ prefix: 'container', of: 'container' }, own, figures), startTime(own, startedAt)];
          }),
          ...usageSamples({ prefix: 'pod', of: 'pod' }, labels, pod.figures),
        ];
      }),
      // A container that ends meanwhile has zeros, and is no error.
      gauge('resource_scrape_error', '1 if there was an error while getting container metrics, 0 otherwise', {}, 0),
    ]);
  }
}

const labelsOf = ({ pod: { metadata } }: PodReading): Labels => ({ namespace: metadata.namespace ?? '', pod: metadata.name ?? '' });

function usageSamples({ prefix, of }: { prefix: string; of: string }, labels: Labels, figures: ContainerStats): Sample[] {
  const seconds = figures.cpuUsageNs / 1e9;
  return [
    counter(`${prefix}_cpu_usage_seconds_total`, `Cumulative cpu time consumed by the ${of} in core-seconds`, labels, seconds),
    gauge(`${prefix}_memory_working_set_bytes`, `Current working set of the ${of} in bytes`, labels, figures.memoryWorkingSetBytes),
  ];
}

const startTime = (labels: Labels, startedAt: Date): Sample =>
  gauge('container_start_time_seconds', 'Start time of the container since unix epoch in seconds', labels, startedAt.getTime() / 1000);

function networkSamples({ device, received, sent }: NetworkFigures, labels: Labels): Sample[] {
  const own = { ...labels, interface: device };
  const both = (name: string, what: string, of: (count: NetworkFigures['sent']) => number): Sample[] => [
    counter(`container_network_receive_${name}_total`, `Cumulative count of ${what} received`, own, of(received)),
    counter(`container_network_transmit_${name}_total`, `Cumulative count of ${what} transmitted`, own, of(sent)),
  ];
  return [
    ...both('bytes', 'bytes', ({ bytes }) => bytes),
    ...both('packets', 'packets', ({ packets }) => packets),
    ...both('errors', 'errors', ({ errors }) => errors),
    ...both('packets_dropped', 'packets dropped that were', ({ dropped }) => dropped),
  ];
}

function containerSamples(stats: ContainerStats, labels: Labels): Sample[] {
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
