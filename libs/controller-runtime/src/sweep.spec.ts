import { Registry } from 'prom-client';
import { conflict, type KubeObject } from '#api';
import { ManualClock } from '#base/testing';
import { EventSink, Informers } from '#client';
import { FakeApi, FakeKinds } from '#client/testing';
import { resources } from '#objects';
import { type Logger, silentLogger } from '#telemetry';
import { ActionLog } from './action-log.ts';
import type { Sweep } from './contract.ts';
import { WorkQueueMetrics } from './metrics.ts';
import { sweeping } from './sweep.ts';

type Action = { do: 'note'; text: string } | { do: 'fail'; err: Error };

const configMap = (name: string, labels: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', labels },
});

async function setUp({ wakes, errors = [] }: { wakes?: boolean; errors?: Error[] } = {}) {
  const [api, clock, stop] = [new FakeApi(), new ManualClock(), new AbortController()];
  const informers = new Informers({ api, clock, logger: silentLogger });
  const [notes, logged, actionLog] = [[] as string[], [] as string[], new ActionLog()];
  const note = (level: string) => (_about: unknown, message: string) => logged.push(`${level} ${message}`);
  const logger = { ...silentLogger, warn: note('warn'), debug: note('debug') } as unknown as Logger;
  /** Counts rounds, and tells how many ConfigMaps each saw. */
  const counting: Sweep<{ seen: number; round: number }, Action, number> = {
    name: 'counting-sweep',
    everyMs: 10_000,
    watches: [{ resource: resources.configMaps, ...(wakes && { wakes: ({ object }) => object.metadata.labels?.quiet === undefined }) }],
    memory: 1,
    observe: (caches, { memory }) => ({ round: memory, seen: caches.informer({ resource: resources.configMaps }).list().length }),
    reconcile: ({ round, seen }) => ({
      actions: [...errors.map((err): Action => ({ do: 'fail', err })), { do: 'note', text: `${round}: ${seen}` }],
      memory: round + 1,
    }),
    act: {
      note: async ({ text }) => void notes.push(text),
      fail: ({ err }) => Promise.reject(err),
    },
  };
  const events = new EventSink({ api, clock, logger: silentLogger });
  const metrics = new WorkQueueMetrics(new Registry());
  const run = sweeping(counting, {
    api,
    clock,
    informers,
    metadata: informers,
    kinds: new FakeKinds(),
    events,
    logger,
    metrics,
    actionLog,
  }).run(stop.signal);
  informers.start();
  await clock.advance(0);
  const end = async (): Promise<void> => {
    stop.abort();
    await run;
    await informers.stop();
    expect(clock.pending).toBe(0);
  };
  return { api, clock, notes, logged, actionLog, end };
}

describe('a sweep', () => {
  it('looks at all there is, again and again, and remembers', async () => {
    const { api, clock, notes, end } = await setUp();
    api.put(resources.configMaps, configMap('a'));
    await clock.advance(9_999);
    expect(notes).toEqual(['1: 0']);
    await clock.advance(10_001);
    expect(notes).toEqual(['1: 0', '2: 1', '3: 1']);
    await end();
  });

  it('is woken by changes that it names, once a second at most, and by no others', async () => {
    const { api, clock, notes, end } = await setUp({ wakes: true });
    for (const name of ['a', 'b', 'c']) api.put(resources.configMaps, configMap(name));
    expect(notes).toEqual(['1: 0']);
    await clock.advance(1_000);
    expect(notes).toEqual(['1: 0', '2: 3']);
    api.put(resources.configMaps, configMap('d', { quiet: '' }));
    await clock.advance(9_000);
    expect(notes).toEqual(['1: 0', '2: 3']);
    await clock.advance(1_000);
    expect(notes).toEqual(['1: 0', '2: 3', '3: 4']);
    await end();
  });

  it('does the rest of a round when something fails, tells of it, and goes on', async () => {
    const { clock, notes, logged, actionLog, end } = await setUp({
      errors: [new Error('no'), conflict({ group: '', resource: 'x' }, 'y', 'z')],
    });
    await clock.advance(10_000);
    expect(notes).toEqual(['1: 0', '2: 0']);
    const message = 'a round could not do all that it wanted, trying again';
    expect(logged).toEqual([`warn ${message}`, `debug ${message}`, `warn ${message}`, `debug ${message}`]);
    expect(actionLog.about().map(({ action, outcome }) => `${action} ${outcome}`)).toEqual(
      Array(2).fill(['fail failed', 'fail failed', 'note done']).flat(),
    );
    await end();
  });
});
