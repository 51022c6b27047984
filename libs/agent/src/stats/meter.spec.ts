import { ManualClock } from '#base/testing';
import { entriesOf } from '../observed.ts';
import { FakeRuntime } from '../testing/fake-runtime.ts';
import { pod } from '../testing/pod-builder.ts';
import { podView } from '../testing/pod-view.ts';
import { Meter } from './meter.ts';
import { UsageWorker } from './usage-worker.ts';
import { silentLogger as logger } from '#telemetry';

const a = pod();
const running = entriesOf(a).map((entry) => ({
  ...entry,
  current: { id: 'c1', attempt: 0, state: 'running', imageRef: 'app@1', startedAt: new Date(5) },
}));

function node() {
  const clock = new ManualClock();
  const asked: string[] = [];
  const runtime = new FakeRuntime(clock);
  const meter = new Meter({
    clock,
    cgroupRoot: '/berth/n1',
    pods: () => [{ uid: 'uid-a', currentPod: a, view: () => podView(a, { entries: running as never }) }],
    node: async () => (asked.push('node'), runtime.cgroupStats()),
    runtime: { cgroupStats: async (path) => (asked.push(path), { ...(await runtime.cgroupStats()), cpuUsageNs: asked.length }) },
  });
  return { clock, meter, asked };
}

describe('the meter of a node', () => {
  it('reads the node, its pods and what runs in them', async () => {
    const { meter, asked } = node();
    const { pods } = await meter.read();
    const [group, inner] = asked.filter((path) => path !== 'node');
    expect(inner).toBe(`${group}/c1`);
    expect(pods).toMatchObject([
      { uid: 'uid-a', cgroup: group, containers: [{ name: 'c', id: 'c1', imageRef: 'app@1', startedAt: new Date(5) }] },
    ]);
  });

  it('reads once for all who ask within a second', async () => {
    const { meter, clock, asked } = node();
    const [one, two] = await Promise.all([meter.read(), meter.read()]);
    await clock.advance(999);
    expect([two, await meter.read()]).toEqual([one, one]);
    expect(asked).toHaveLength(3);
    await clock.advance(1);
    expect(await meter.read()).not.toBe(one);
  });

  it('tries again after a failure', async () => {
    const { clock } = node();
    let fails = true;
    const runtime = new FakeRuntime(clock);
    const meter = new Meter({
      clock,
      cgroupRoot: '/',
      pods: () => [],
      runtime,
      node: async () => (fails ? Promise.reject(new Error('gone')) : runtime.cgroupStats()),
    });
    await expect(meter.read()).rejects.toThrow('gone');
    fails = false;
    expect(await meter.read()).toMatchObject({ pods: [] });
  });

  it('is asked by the worker that reports, once in each resolution', async () => {
    const { meter, clock } = node();
    const reports: number[] = [];
    const worker = new UsageWorker({ meter, clock, logger, resolutionMs: 15_000, report: ({ pods }) => void reports.push(pods.length) });
    await worker.look();
    await worker.look(); // the same reading
    await clock.advance(15_000);
    await worker.look();
    expect(reports).toEqual([0, 1]);
    expect(worker.readings.before).toBeDefined();
  });
});
