import type { Node, Pod } from '#api/types';
import { ManualClock } from '#base/testing';
import { silentLogger } from '#telemetry';
import { type NodeSettings, parseThresholds, type Signal, withGrace } from '../node-settings.ts';
import type { Level } from '../pressure-plan.ts';
import type { PodFailure } from '../pod-life.ts';
import { pod } from '../testing/pod-builder.ts';
import { podView } from '../testing/pod-view.ts';
import { NodePressure } from './node-pressure.ts';
import type { PodWorker } from './pod-worker.ts';

const MIB = 2 ** 20;
const full: Level = { available: 1000 * MIB, capacity: 1000 * MIB };

/** Pods by name, with the memory that each uses; the node's levels are changed by the test. */
function rig(usesMib: Record<string, number>, more: Partial<NodeSettings> = {}) {
  const clock = new ManualClock();
  const told: string[] = [];
  const evicted: { name: string; graceMs?: number; disrupted?: boolean }[] = [];
  const low: Partial<Record<Signal, Level>> = {};
  let freeable = 0;
  const worker = (name: string): PodWorker => {
    const made: Pod = pod({}, { name, uid: name });
    const gone = evicted.some((each) => each.name === name);
    const view = podView(made, { entries: [], ...(gone && { life: { stage: 'stopped' } }) });
    return {
      view: () => view,
      event: ({ reason }: { reason: string }) => void told.push(`${name} ${reason}`),
      fail: ({ disrupted, graceMs }: PodFailure) => void evicted.push({ name, graceMs, disrupted }),
    } as unknown as PodWorker;
  };
  const figures = (path: string): { memoryWorkingSetBytes: number; pids: number } => {
    const used = usesMib[path.slice(path.lastIndexOf('/pod') + 4)] ?? 0;
    return { memoryWorkingSetBytes: used * MIB, pids: used };
  };
  const pressure = new NodePressure({
    settings: {
      evictionHard: parseThresholds('memory.available<100Mi,nodefs.available<10%,pid.available<5%'),
      evictionSoft: [],
      minimumReclaim: new Map(),
      maxPodGraceMs: 0,
      pressureTransitionMs: 300_000,
      ...more,
    },
    readLevels: async () => ({
      'memory.available': full,
      'nodefs.available': full,
      'nodefs.inodesFree': full,
      'imagefs.available': full,
      'imagefs.inodesFree': full,
      'pid.available': full,
      ...low,
    }),
    clock,
    logger: silentLogger,
    events: { event: (_, { reason, message }) => void told.push(`${reason}: ${message}`) },
    node: () => ({ metadata: { name: 'n' }, spec: {} }) as Node,
    pods: () => Object.keys(usesMib).map(worker),
    runtime: {
      cgroupStats: async (path) => ({
        cpuUsageNs: 0,
        memoryUsageBytes: 0,
        memoryRssBytes: 0,
        pageFaults: 0,
        majorPageFaults: 0,
        oomEvents: 0,
        ...figures(path),
      }),
      stats: async () => Promise.reject(new Error('not asked for')),
      writableUsage: async () => ({ bytes: 0, inodes: 0 }),
    },
    mounts: { diskUsage: async () => ({ bytes: 0, inodes: 0 }) },
    cgroupRoot: '/berth/n',
    freeImages: async () => {
      if (freeable > 0) delete low['nodefs.available'];
      return freeable;
    },
  });
  return {
    clock,
    pressure,
    low,
    told,
    evicted,
    conditions: () => [...pressure.conditions()],
    freeable: (bytes: number) => (freeable = bytes),
  };
}

describe('pressure on a node', () => {
  it('is none while there is enough of everything', async () => {
    const { pressure, conditions, evicted, told } = rig({ a: 1 });
    await pressure.look();
    expect({ conditions: conditions(), evicted, told }).toEqual({ conditions: [], evicted: [], told: [] });
  });

  it('stays for the transition period after the shortage is over', async () => {
    const { clock, pressure, low, conditions } = rig({});
    low['pid.available'] = { available: 1, capacity: 1000 };
    await pressure.look();
    delete low['pid.available'];
    await clock.advance(299_999);
    await pressure.look();
    expect(conditions()).toEqual(['PIDPressure']);
    await clock.advance(1);
    expect(conditions()).toEqual([]);
  });

  it('costs the pod that is furthest beyond what it asked for, one at a look', async () => {
    const { pressure, low, evicted, told } = rig({ little: 10, much: 500, some: 50 });
    low['memory.available'] = { available: 50 * MIB, capacity: 1000 * MIB };
    await pressure.look();
    expect(evicted).toEqual([{ name: 'much', graceMs: 1000, disrupted: true }]);
    expect(told).toEqual(['EvictionThresholdMet: Attempting to reclaim memory', 'much Evicted']);
    await pressure.look();
    expect(evicted.map(({ name }) => name)).toEqual(['much', 'some']);
  });

  it.each([
    ['what the pod asks for', 60_000, 30_000],
    ['what the node gives at most', 5_000, 5_000],
  ])('costs pods by a soft threshold after its grace period, and gives them %s', async (_name, maxPodGraceMs, graceMs) => {
    const evictionSoft = withGrace(parseThresholds('memory.available<500Mi'), new Map([['memory.available', 15_000]]));
    const { clock, pressure, low, evicted, conditions } = rig({ a: 1 }, { evictionSoft, maxPodGraceMs });
    low['memory.available'] = { available: 400 * MIB, capacity: 1000 * MIB };
    await pressure.look();
    expect([conditions(), evicted]).toEqual([['MemoryPressure'], []]);
    await clock.advance(15_000);
    await pressure.look();
    expect(evicted).toEqual([{ name: 'a', graceMs, disrupted: true }]);
  });

  it('costs no pod where images make room', async () => {
    const { pressure, low, evicted, conditions, freeable } = rig({ a: 1 });
    low['nodefs.available'] = { available: 1, capacity: 1000 };
    freeable(5);
    await pressure.look();
    expect({ evicted, conditions: conditions() }).toEqual({ evicted: [], conditions: ['DiskPressure'] });
  });
});
