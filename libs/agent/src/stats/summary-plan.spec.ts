import type { ContainerStats } from '#runtime/containers.contract';
import { pod } from '../testing/pod-builder.ts';
import type { DiskFigures } from './disk-meter.ts';
import type { Reading } from './meter.ts';
import { parseNetDev } from './network.ts';
import { cpuAndMemoryOf, summaryOf } from './summary-plan.ts';
import { TextMetrics } from './text-metrics.ts';

const figures: ContainerStats = {
  cpuUsageNs: 4e9,
  memoryUsageBytes: 30,
  memoryWorkingSetBytes: 20,
  memoryRssBytes: 10,
  pageFaults: 5,
  majorPageFaults: 1,
  pids: 2,
  oomEvents: 0,
};
const reading = (atMs: number, cpuUsageNs: number): Reading => ({
  at: new Date(Date.parse('2026-01-01T00:00:00Z') + atMs),
  atMs,
  node: { ...figures, cpuUsageNs },
  pods: [
    {
      pod: { ...pod(), status: { phase: 'Running', startTime: '2025-12-31T00:00:00Z' } },
      uid: 'uid-a',
      cgroup: '/berth/pod',
      figures: { ...figures, cpuUsageNs },
      containers: [
        { name: 'c', id: 'c1', imageRef: 'app@1', startedAt: new Date('2025-12-31T00:00:01Z'), figures: { ...figures, cpuUsageNs } },
      ],
    },
    { pod: pod({}, { name: 'ended' }), uid: 'uid-b', cgroup: '/berth/b', figures, containers: [] },
  ],
});
const disk: DiskFigures = { availableBytes: 70, capacityBytes: 100, usedBytes: 30, inodesFree: 7, inodes: 10, inodesUsed: 3 };
const netDev = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0
  eth0:    1000      10    1    2    0     0          0         0     2000      20    3    4    0     0       0          0
`;
const networks = parseNetDev(netDev);
const summary = (before?: Reading) =>
  summaryOf({
    nodeName: 'n1',
    bootedAt: new Date('2025-12-30T00:00:00.5Z'),
    now: reading(10_000, 14e9),
    before,
    memoryAvailableBytes: 99,
    nodeNetwork: networks,
    nodeFs: disk,
    imageFs: disk,
    processes: { most: 32768, now: 12 },
    podNetworks: new Map([['uid-a', networks]]),
    podDisks: new Map([
      [
        'uid-a',
        {
          containers: new Map([['c', { layer: { bytes: 4, inodes: 1 }, logs: { bytes: 2, inodes: 1 } }]]),
          volumes: [{ name: 'data', claim: 'data-0', figures: disk }],
          local: { bytes: 6, inodes: 2 },
        },
      ],
    ]),
  });
const time = '2026-01-01T00:00:10Z';

describe('/stats/summary', () => {
  it('tells of the node and of every pod that runs', () => {
    const { node, pods } = summary(reading(0, 4e9)) as Record<string, unknown>;
    const cpu = { time, usageNanoCores: 1e9, usageCoreNanoSeconds: 14e9 };
    const memory = { time, usageBytes: 30, workingSetBytes: 20, rssBytes: 10, pageFaults: 5, majorPageFaults: 1 };
    const network = { time, name: 'eth0', rxBytes: 1000, rxErrors: 1, txBytes: 2000, txErrors: 3 };
    expect(node).toMatchObject({
      nodeName: 'n1',
      startTime: '2025-12-30T00:00:00Z',
      cpu,
      memory: { ...memory, availableBytes: 99 },
      network: { ...network, interfaces: [{ name: 'eth0', rxBytes: 1000 }] },
      fs: { time, ...disk },
      runtime: { imageFs: disk, containerFs: disk },
      rlimit: { time, maxpid: 32768, curproc: 12 },
    });
    expect(pods).toMatchObject([
      {
        podRef: { name: 'a', namespace: 'default', uid: 'uid-a' },
        startTime: '2025-12-31T00:00:00Z',
        cpu,
        memory,
        network,
        containers: [
          {
            name: 'c',
            startTime: '2025-12-31T00:00:01Z',
            cpu,
            memory,
            rootfs: { usedBytes: 4, capacityBytes: 100 },
            logs: { usedBytes: 2 },
          },
        ],
        volume: [{ time, name: 'data', pvcRef: { name: 'data-0', namespace: 'default' }, ...disk }],
        'ephemeral-storage': { usedBytes: 6, availableBytes: 70 },
        process_stats: { process_count: 2 },
      },
    ]);
    expect(pods).toHaveLength(1);
  });

  it('has no rate before the second reading', () => {
    expect((summary() as { node: { cpu: object } }).node.cpu).toEqual({ time, usageCoreNanoSeconds: 14e9 });
  });

  it('tells of the processor and memory alone when asked to', () => {
    const { node, pods } = cpuAndMemoryOf(summary()) as { node: object; pods: { containers: object[] }[] };
    expect(Object.keys(node)).toEqual(['nodeName', 'startTime', 'cpu', 'memory']);
    expect(Object.keys(pods[0]!)).toEqual(['podRef', 'startTime', 'containers', 'cpu', 'memory']);
    expect(Object.keys(pods[0]!.containers[0]!)).toEqual(['name', 'startTime', 'cpu', 'memory']);
  });
});

describe('metrics of containers, as text', () => {
  const texts = new TextMetrics({
    meter: { read: async () => reading(0, 4e9) },
    networkOf: async ({ uid }) => (uid === 'uid-a' ? networks : []),
  });

  it('/metrics/resource has seconds and bytes of the node, its pods and their containers', async () => {
    const lines = (await texts.resource()).split('\n');
    expect(lines.filter((line) => !line.startsWith('#'))).toEqual([
      'node_cpu_usage_seconds_total 4',
      'node_memory_working_set_bytes 20',
      'container_cpu_usage_seconds_total{container="c",namespace="default",pod="a"} 4',
      'container_memory_working_set_bytes{container="c",namespace="default",pod="a"} 20',
      'container_start_time_seconds{container="c",namespace="default",pod="a"} 1767139201',
      'pod_cpu_usage_seconds_total{namespace="default",pod="a"} 4',
      'pod_cpu_usage_seconds_total{namespace="default",pod="ended"} 4',
      'pod_memory_working_set_bytes{namespace="default",pod="a"} 20',
      'pod_memory_working_set_bytes{namespace="default",pod="ended"} 20',
      'resource_scrape_error 0',
      '',
    ]);
  });

  it('/metrics/cadvisor has them by control group, with the network of each pod', async () => {
    const text = await texts.cadvisor();
    expect(text).toContain(
      'container_cpu_usage_seconds_total{namespace="default",pod="a",container="c",image="app@1",name="c1",id="/berth/pod/c1",cpu="total"} 4\n',
    );
    expect(text).toContain('container_memory_working_set_bytes{container="",id="/",image="",name="",namespace="",pod=""} 20\n');
    expect(text).toContain(
      'container_network_receive_bytes_total{namespace="default",pod="a",container="",image="",name="",id="/berth/pod",interface="eth0"} 1000\n',
    );
    expect(text).toContain('interface="eth0"} 4\n');
    expect(text.match(/^# TYPE container_cpu_usage_seconds_total/gm)).toHaveLength(1);
  });
});
