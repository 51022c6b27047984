import type { Container, Lifecycle } from '#api/types';
import { RuntimeError } from '#runtime/contract';
import { type ContainerEntry, entriesOf } from '../observed.ts';
import { fakeAgent } from '../testing/agent-context.ts';
import { pod as podOf } from '../testing/pod-builder.ts';
import { stopContainers } from './stop-containers.ts';

describe('containers that are to end', () => {
  /** A pod whose containers run and hear no signal; `end` ends one. */
  async function setUp(containers: Partial<Container>[], sidecars: string[] = []) {
    const { context, runtime, clock, image } = fakeAgent('/nowhere');
    const initContainers = sidecars.map((name) => ({ name, restartPolicy: 'Always' }));
    const pod = podOf({ containers: containers.map((c, i) => ({ name: `c${i}`, ...c })), initContainers });
    await runtime.createSandbox({ id: 'uid-a', hostname: 'a', cgroupPath: '/p', hostNetwork: false, labels: {} });
    const entries: ContainerEntry[] = [];
    for (const entry of entriesOf(pod)) {
      const spec = { id: entry.name, name: entry.name, sandboxId: 'uid-a', labels: {}, logPath: '', image };
      await runtime.create(spec as Parameters<typeof runtime.create>[0]);
      const { startedAt } = await runtime.start(entry.name);
      entries.push({ ...entry, current: { id: entry.name, attempt: 0, imageRef: '', imageId: '', startedAt } });
    }
    runtime.calls.length = 0;
    runtime.onSignal = () => undefined;
    const hurry = new AbortController();
    const events: string[] = [];
    const stop = (graceMs: number): Promise<void> =>
      stopContainers(context, entries, {
        pod,
        podIp: '10.0.0.2',
        graceMs,
        hurry: hurry.signal,
        event: (name, { reason }) => void events.push(`${name} ${reason}`),
      });
    return { runtime, clock, entries, hurry, events, stop };
  }
  const preStop = (command: string): { lifecycle: Lifecycle } => ({ lifecycle: { preStop: { exec: { command: [command] } } } });

  it('are asked together, and killed when their time is over', async () => {
    const { runtime, clock, stop } = await setUp([{}, {}]);
    const stopped = stop(10_000);
    await clock.advance(9_999);
    expect(runtime.calls).toEqual(['kill c0 SIGTERM', 'kill c1 SIGTERM']);
    runtime.end('c0', 0);
    runtime.onSignal = (id) => runtime.end(id, 137);
    await clock.advance(1);
    await stopped;
    expect(runtime.calls).toEqual(['kill c0 SIGTERM', 'kill c1 SIGTERM', 'kill c1 SIGKILL']);
    expect(clock.pending).toBe(0);
  });

  it('end before their sidecars, which end in the reverse of their order (KEP-753)', async () => {
    const { runtime, clock, stop } = await setUp([{}], ['s0', 's1']);
    const stopped = stop(10_000);
    await clock.advance(0);
    for (const name of ['c0', 's1', 's0']) {
      expect(runtime.calls.at(-1)).toBe(`kill ${name} SIGTERM`);
      runtime.end(name, 0);
      await clock.advance(0);
    }
    await stopped;
    expect(runtime.calls).toHaveLength(3);
  });

  it('share one grace period with their sidecars, which get two seconds at least', async () => {
    const { runtime, clock, stop } = await setUp([{}], ['s0']);
    runtime.onSignal = (id, signal) => signal === 'SIGKILL' && runtime.end(id, 137);
    const stopped = stop(9_000);
    await clock.advance(9_000);
    expect(runtime.calls.toSorted()).toEqual(['kill c0 SIGKILL', 'kill c0 SIGTERM', 'kill s0 SIGTERM']);
    await clock.advance(1_999);
    expect(runtime.calls).toHaveLength(3);
    await clock.advance(1);
    await stopped;
    expect(runtime.calls.at(-1)).toBe('kill s0 SIGKILL');
  });

  it('have hooks that run at once, those of sidecars too, before anything is signalled (KEP-753)', async () => {
    const { runtime, clock, stop, entries } = await setUp([preStop('bye')], ['s0']);
    Object.assign(entries.find(({ name }) => name === 's0')!.spec, preStop('no more in'));
    const stopped = stop(10_000);
    await clock.advance(0);
    expect(runtime.calls).toEqual(['exec bye', 'exec no more in', 'kill c0 SIGTERM']);
    runtime.end('c0', 0);
    await clock.advance(0);
    expect(runtime.calls.at(-1)).toBe('kill s0 SIGTERM');
    runtime.end('s0', 0);
    await stopped;
    expect(clock.pending).toBe(0);
  });

  it.each([
    [0, ['kill c0 SIGKILL']],
    [1, ['exec bye', 'kill c0 SIGTERM', 'kill c0 SIGKILL']],
  ])('within %d ms: %j', async (graceMs, calls) => {
    const { runtime, clock, stop } = await setUp([preStop('bye')]);
    runtime.onSignal = (id, signal) => signal === 'SIGKILL' && runtime.end(id, 137);
    const stopped = stop(graceMs);
    await clock.advance(2_000);
    await stopped;
    expect(runtime.calls).toEqual(calls);
  });

  it('have what their hook left of the time, two seconds at least', async () => {
    const { runtime, clock, stop } = await setUp([{ lifecycle: { preStop: { sleep: { seconds: 4 } } } }]);
    const stopped = stop(5_000);
    await clock.advance(3_999);
    expect(runtime.calls).toEqual([]);
    await clock.advance(1);
    expect(runtime.calls).toEqual(['kill c0 SIGTERM']);
    runtime.onSignal = (id) => runtime.end(id, 137);
    await clock.advance(1_999);
    expect(runtime.calls).toHaveLength(1);
    await clock.advance(1);
    await stopped;
    expect(runtime.calls).toEqual(['kill c0 SIGTERM', 'kill c0 SIGKILL']);
  });

  it('are told of a hook that failed, and end all the same', async () => {
    const { runtime, stop, events } = await setUp([preStop('no')]);
    runtime.onExec = () => 1;
    runtime.onSignal = (id) => runtime.end(id, 143);
    await stop(1_000);
    expect([events, runtime.calls]).toEqual([['c0 FailedPreStopHook'], ['exec no', 'kill c0 SIGTERM']]);
  });

  it('are killed at once when there is hurry', async () => {
    const { runtime, clock, hurry, stop } = await setUp([{}]);
    const stopped = stop(600_000);
    await clock.advance(0);
    runtime.onSignal = (id) => runtime.end(id, 137);
    hurry.abort();
    await stopped;
    expect(runtime.calls).toEqual(['kill c0 SIGTERM', 'kill c0 SIGKILL']);
    expect(clock.pending).toBe(0);
  });

  it('hear the signal that their image asks for', async () => {
    const { runtime, entries, stop } = await setUp([{}]);
    entries[0]!.current!.stopSignal = 'SIGQUIT';
    runtime.onSignal = (id) => runtime.end(id, 0);
    await stop(1_000);
    expect(runtime.calls).toEqual(['kill c0 SIGQUIT']);
  });

  it.each([
    ['has ended meanwhile', new RuntimeError('not-running', 'no')],
    ['is gone', new RuntimeError('container-not-found', 'no')],
    ['cannot be signalled', new Error('EPERM')],
  ])('and one that %s is no reason to fail before the last signal', async (_what, err) => {
    const { runtime, clock, stop } = await setUp([{}]);
    runtime.kill = async (id, signal) => {
      runtime.calls.push(signal);
      if (signal === 'SIGTERM') throw err;
      runtime.end(id, 137);
    };
    const stopped = stop(3_000);
    await clock.advance(3_000);
    await stopped;
    expect(runtime.calls).toEqual(['SIGTERM', 'SIGKILL']);
  });

  it('fail the step when even that cannot be sent', async () => {
    const { runtime, stop } = await setUp([{}]);
    runtime.kill = () => Promise.reject(new Error('EPERM'));
    await expect(stop(0)).rejects.toThrow('EPERM');
  });
});
