import type { Node, Pod } from '#api/types';
import { ManualClock } from '#base/testing';
import { silentLogger } from '#telemetry';
import type { CgroupLimits } from '#runtime/containers.contract';
import { pod } from '../testing/pod-builder.ts';
import { NodeCgroups } from './node-cgroups.ts';

const burstable = (name: string, cpu: string, phase = 'Running'): Pod => ({
  ...pod({ containers: [{ name: 'c', resources: { requests: { cpu } } }] }, { name }),
  status: { phase },
});

function rig(pods: Pod[]) {
  const set: (CgroupLimits & { path: string })[] = [];
  const told: string[] = [];
  const clock = new ManualClock();
  let refusal: Error | undefined;
  let changed = (): void => undefined;
  const cgroups = new NodeCgroups({
    runtime: {
      limitCgroup: async (path, limits) => {
        if (refusal) throw refusal;
        set.push({ path, ...limits });
      },
    },
    cgroupRoot: '/berth/n',
    limits: async () => ({ cpuShares: 512, memoryLimitBytes: 1e9, pidsLimit: 100 }),
    pods: () => pods,
    onPods: (listener) => {
      changed = listener;
      listener();
      return () => (changed = () => undefined);
    },
    clock,
    logger: silentLogger,
    events: { event: (_, { reason }) => void told.push(reason) },
    node: () => ({ metadata: { name: 'n' } }) as Node,
  });
  const run = async (ms: number): Promise<void> => {
    const stop = new AbortController();
    const ended = cgroups.run(stop.signal);
    await clock.advance(ms);
    stop.abort();
    await ended;
  };
  return { cgroups, set, told, clock, run, change: () => changed(), refuse: (err?: Error) => (refusal = err) };
}

describe('the cgroups of a node', () => {
  const whole = { path: '/berth/n/kubepods', cpuShares: 512, memoryLimitBytes: 1e9, pidsLimit: 100 };

  it('hold all pods to what is allocatable, before any begins, and say so', async () => {
    const { cgroups, set, told, run } = rig([]);
    await cgroups.start();
    expect(set).toEqual([whole]);
    await run(120_000);
    expect(told).toEqual(['NodeAllocatableEnforced']);
  });

  it('are tried again when the kernel does not take them: pods may have more already', async () => {
    const { cgroups, set, told, run, refuse } = rig([]);
    refuse(new Error('EBUSY'));
    await cgroups.start();
    await run(60_000);
    expect([set, told]).toEqual([[], ['FailedNodeAllocatableEnforcement']]);
    refuse();
    await run(0);
    expect(told).toEqual(['FailedNodeAllocatableEnforcement', 'NodeAllocatableEnforced']);
    expect(set).toContainEqual(whole);
  });

  it('give Burstable pods what they request together, and the others what is left', async () => {
    const pods = [burstable('a', '500m'), burstable('over', '4', 'Succeeded'), pod({}, { name: 'best-effort' })];
    const { cgroups, set, clock, change } = rig(pods);
    const stop = new AbortController();
    const ended = cgroups.run(stop.signal);
    await clock.advance(0);
    const shares = (): unknown[] => set.filter(({ path }) => path !== whole.path).map(({ path, cpuShares }) => [path.slice(18), cpuShares]);
    expect(shares()).toEqual([
      ['burstable', 512],
      ['besteffort', 2],
    ]);
    pods.push(burstable('b', '1'));
    change();
    change();
    await clock.advance(0);
    expect(shares().slice(2)).toEqual([['burstable', 1536]]);
    stop.abort();
    await ended;
  });
});
