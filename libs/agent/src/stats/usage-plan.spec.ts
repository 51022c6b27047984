import type { ContainerStats } from '#runtime/containers.contract';
import { pod } from '../testing/pod-builder.ts';
import type { ContainerReading, Reading } from './meter.ts';
import { usageBetween } from './usage-plan.ts';

const figures = (cpuUsageNs: number, memoryWorkingSetBytes = 0): ContainerStats => ({
  cpuUsageNs,
  memoryUsageBytes: 0,
  memoryWorkingSetBytes,
  memoryRssBytes: 0,
  pageFaults: 0,
  majorPageFaults: 0,
  pids: 0,
  oomEvents: 0,
});
const start = Date.parse('2026-01-01T00:00:00Z');
const container = (id: string, cpu: number, startedMs = -60_000): ContainerReading => ({
  name: id[0]!,
  id,
  imageRef: 'i',
  startedAt: new Date(start + startedMs),
  figures: figures(cpu, 2048),
});
const reading = (atMs: number, containers: readonly ContainerReading[], nodeCpu = 0): Reading => ({
  at: new Date(start + atMs),
  atMs,
  node: figures(nodeCpu, 4096),
  pods: [{ pod: pod(), uid: 'uid-a', cgroup: '/c', figures: figures(0), containers }],
});
const second = 1e9;

describe('what was used between two readings', () => {
  const of = (containers: readonly ContainerReading[], later: readonly ContainerReading[]) =>
    usageBetween(reading(0, containers), reading(15_000, later)).pods.map((used) => used.containers);

  it('is the mean of the processor over the time between, and the memory at the end', () => {
    expect(
      usageBetween(reading(0, [container('a1', second)], second), reading(15_000, [container('a1', 4 * second)], 16 * second)),
    ).toEqual({
      takenAt: new Date(start + 15_000),
      node: { cpuNanoCores: second, memoryBytes: 4096, windowMs: 15_000 },
      pods: [
        {
          namespace: 'default',
          pod: 'a',
          podUid: 'uid-a',
          containers: [{ name: 'a', usage: { cpuNanoCores: 0.2 * second, memoryBytes: 2048, windowMs: 15_000 } }],
        },
      ],
    });
  });

  it('needs two readings', () =>
    expect(usageBetween(undefined, reading(0, [container('a1', 1)]))).toEqual({ takenAt: new Date(start), pods: [] }));

  it.each<[string, ContainerReading[], ContainerReading[]]>([
    ['one container has been read once only', [container('a1', 0)], [container('a1', 1), container('b1', 1, 6_000)]],
    ['a container began again a moment ago', [container('a1', 5)], [container('a2', 1, 14_000)]],
    ['a counter has gone back', [container('a1', 5)], [container('a1', 4)]],
    ['nothing of it runs', [container('a1', 5)], []],
  ])('leaves a pod out when %s', (_why, before, after) => expect(of(before, after)).toEqual([]));

  it('counts a container from its start that is ten seconds old', () => {
    expect(of([], [container('a1', 2 * second, 5_000)])).toEqual([
      [{ name: 'a', usage: { cpuNanoCores: 0.2 * second, memoryBytes: 2048, windowMs: 10_000 } }],
    ]);
  });
});
