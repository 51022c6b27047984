import { Filters } from '../http/query.ts';
import { FakeNode } from '../testing/fake-node.ts';
import { pause, unpause } from './pausing.ts';
import { statusText } from './views.ts';
import type { ContainerRecord } from './record.ts';

describe('health checks', () => {
  let node: FakeNode;
  beforeEach(async () => {
    node = await FakeNode.make();
  });
  afterEach(() => node.remove());

  const second = 1e9;
  const checked = (more: object = {}): Promise<ContainerRecord> =>
    node.started('one', {}, { Healthcheck: { Test: ['CMD', 'check'], Interval: second, Timeout: 2 * second, Retries: 2, ...more } });
  const events = async (action: string): Promise<string[]> => {
    const found: string[] = [];
    const query = { sinceMs: 0, signal: AbortSignal.abort() };
    for await (const { Action } of node.engine.events.read({ ...query, filters: Filters.none }))
      if (Action.startsWith(action)) found.push(Action);
    return found;
  };
  const shown = (record: ContainerRecord): string => statusText(node.engine, record).replace(/^.*?(?=\()/, '');

  it('go from starting to healthy to unhealthy, and are told of', async () => {
    let code = 0;
    node.runtime.onExec = (_process, io) => (io.stdout?.write('said'), code);
    const record = await checked();
    expect(shown(record)).toBe('(health: starting)');
    await node.clock.advance(1000);
    expect([shown(record), record.state.health!.Log]).toEqual([
      '(healthy)',
      [{ Start: '2026-01-01T00:00:01.000Z', End: '2026-01-01T00:00:01.000Z', ExitCode: 0, Output: 'said' }],
    ]);
    code = 1;
    await node.clock.advance(2000);
    expect([shown(record), record.state.health!.FailingStreak]).toEqual(['(unhealthy)', 2]);
    expect(await events('health_status')).toEqual(['health_status: healthy', 'health_status: unhealthy']);
    expect(await events('exec_create')).toEqual(Array(3).fill('exec_create: check'));
    expect(node.engine.execs.of(record)).toEqual([]);
  });

  it('that hang are killed, and count as failed', async () => {
    node.runtime.onExec = () => new Promise(() => undefined);
    const record = await checked();
    await node.clock.advance(3000);
    expect(record.state.health!.Log).toMatchObject([{ ExitCode: -1, Output: 'Health check exceeded timeout (2s)' }]);
    await node.clock.advance(3000);
    expect([shown(record), node.engine.execs.of(record)]).toEqual(['(unhealthy)', []]);
    await node.ended(record, 0);
    expect(node.clock.pending).toBe(0);
  });

  it('that cannot be run have the reason as their output', async () => {
    node.runtime.onExec = () => {
      throw new Error('exec: "check": executable file not found in $PATH');
    };
    const record = await checked();
    await node.clock.advance(1000);
    const Output = 'OCI runtime exec failed: exec failed: exec: "check": executable file not found in $PATH: unknown';
    expect(record.state.health!.Log).toMatchObject([{ ExitCode: -1, Output }]);
  });

  it('keep the beginning of what they say', async () => {
    node.runtime.onExec = (_process, io) => (io.stdout?.write('x'.repeat(5000)), 0);
    const record = await checked();
    await node.clock.advance(1000);
    expect(record.state.health!.Log[0]!.Output).toBe(`${'x'.repeat(4096)}...`);
  });

  it('rest while it is paused and when it has ended', async () => {
    const record = await checked();
    await node.clock.advance(1000);
    await pause(node.engine.containers, record);
    const asked = (): number => node.runtime.calls.filter((call) => call === 'exec check').length;
    await node.clock.advance(10_000);
    expect([asked(), record.state.health!.Status]).toEqual([1, 'healthy']);
    await unpause(node.engine.containers, record);
    await node.clock.advance(1000);
    expect(asked()).toBe(2);
    await node.ended(record, 0);
    await node.clock.advance(10_000);
    expect([asked(), record.state.health!.Status, node.clock.pending]).toEqual([2, 'unhealthy', 0]);
  });

  it('go on with the next engine, and begin anew with the next start', async () => {
    await checked();
    await node.clock.advance(1000);
    await node.reopen();
    const record = node.engine.containers.book.find('one');
    expect(shown(record)).toBe('(health: starting)');
    await node.clock.advance(1000);
    expect(shown(record)).toBe('(healthy)');
    await node.engine.containers.restart(record, {});
    expect(shown(record)).toBe('(health: starting)');
  });

  it('are not run where there is none', async () => {
    const record = await node.started('two', {}, { Healthcheck: { Test: ['NONE'] } });
    expect([record.state.health, statusText(node.engine, record), node.clock.pending]).toEqual([undefined, 'Up Less than a second', 0]);
  });
});
