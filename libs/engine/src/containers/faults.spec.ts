import type { FakeRuntime } from '#agent/testing';
import { FakeNode } from '../testing/fake-node.ts';
import type { ContainerRecord } from './record.ts';

/** The runtime as an engine knows it that dies at its `after`-th call: before that does anything, or when it has done it. */
function dyingAt(runtime: FakeRuntime, after: number, done: boolean): { runtime: FakeRuntime; dead: Promise<void> } {
  const { promise: dead, resolve: die } = Promise.withResolvers<void>();
  let calls = 0;
  const never = new Promise<never>(() => undefined);
  const proxy = new Proxy(runtime, {
    get(target, name) {
      const value = Reflect.get(target, name, target) as unknown;
      if (typeof value !== 'function' || ['wait', 'get', 'list', 'listSandboxes'].includes(String(name))) return value;
      return async (...args: unknown[]) => {
        const isLast = calls++ === after;
        if (calls - 1 > after || (isLast && !done)) return (die(), never);
        const answer: unknown = await (value as (...all: unknown[]) => unknown).apply(target, args);
        return isLast ? (die(), never) : answer;
      };
    },
  });
  return { runtime: proxy, dead };
}

const volume = { Mounts: [{ Type: 'volume', Target: '/v', VolumeOptions: { NoCopy: true } }] };

interface Operation {
  name: string;
  host: object;
  runs: boolean;
  act: (node: FakeNode, record: ContainerRecord) => Promise<void>;
}

const operations: Operation[] = [
  { name: 'start', host: volume, runs: false, act: (node, record) => node.engine.containers.start(record) },
  { name: 'stop', host: volume, runs: true, act: (node, record) => node.engine.containers.stop(record) },
  {
    name: 'stop of one that removes itself',
    host: { ...volume, AutoRemove: true },
    runs: true,
    act: (node, record) => node.engine.containers.stop(record),
  },
  { name: 'restart', host: volume, runs: true, act: (node, record) => node.engine.containers.restart(record, {}) },
  {
    name: 'remove',
    host: volume,
    runs: true,
    act: (node, record) => node.engine.containers.remove(record, { force: true, volumes: true }),
  },
];

const points = operations.flatMap((operation) =>
  Array.from({ length: 20 }, (_, i) => ({ ...operation, after: Math.floor(i / 2), done: i % 2 === 1 })),
);

describe('an engine that is killed', () => {
  let node: FakeNode;
  beforeEach(async () => {
    node = await FakeNode.make();
  });
  afterEach(() => node.remove());

  it.each(points)('in $name, at step $after, done $done: the next one has all in order', async ({ host, runs, act, after, done }) => {
    await (runs ? node.started('one', host) : node.create('one', host));
    const real = node.runtime;
    const dying = dyingAt(real, after, done);
    node.runtime = dying.runtime;
    const outlived = node.reopen().then(async () => {
      const record = node.engine.containers.book.list().find(({ name }) => name === 'one');
      if (record) await act(node, record);
    });
    await Promise.race([outlived.catch(() => undefined), dying.dead]);
    const { engine: dead } = node;
    node.runtime = real;
    dead.close();
    await node.open();
    const { containers, volumes } = node.engine;
    const [record] = containers.book.list();
    if (record && containers.isRunning(record)) await containers.stop(record);
    if (record?.hostConfig.AutoRemove) await node.until(() => !containers.book.has(record.id));
    else if (record) await containers.start(record);
    for (const each of containers.book.list()) await containers.remove(each, { force: true, volumes: true });
    expect([await real.list(), await real.listSandboxes(), node.attached.size, volumes.list()]).toEqual([[], [], 0, []]);
    await node.create('one');
  });

  it('while one that ended removes itself: the next one removes it', async () => {
    const record = await node.create('one', { ...volume, AutoRemove: true });
    record.state.status = 'exited';
    await node.engine.containers.book.write(record);
    await node.reopen();
    expect([node.engine.containers.book.list(), node.engine.volumes.list()]).toEqual([[], []]);
  });
});
