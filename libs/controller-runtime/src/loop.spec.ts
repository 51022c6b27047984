import { Registry } from 'prom-client';
import { type KubeObject, serviceUnavailable } from '#api';
import { ManualClock } from '#base/testing';
import { create, EventSink, Informers } from '#client';
import { FakeApi, FakeKinds } from '#client/testing';
import { resources } from '#objects';
import { silentLogger } from '#telemetry';
import { ActionLog } from './action-log.ts';
import type { Controller } from './contract.ts';
import { runnable } from './loop.ts';
import { WorkQueueMetrics } from './metrics.ts';
import { controllerOf } from './owner-references.ts';

interface Seen {
  owner: KubeObject & { spec: { replicas: number } };
  children: readonly KubeObject[];
}
type Action = { do: 'create'; owner: KubeObject } | { do: 'fail' };

/** As many ConfigMaps as a Deployment has replicas: the smallest controller that could create too many. */
const counting: Controller<Seen, Action> = {
  name: 'counting-controller',
  queueName: 'counting',
  primary: resources.deployments,
  owns: [resources.configMaps],
  workers: 2,
  observe({ namespace, name }, caches) {
    const owner = caches.informer<Seen['owner']>({ resource: resources.deployments }).get(namespace, name);
    const children = caches.informer({ resource: resources.configMaps }).list(namespace);
    return owner && { owner, children: children.filter((child) => controllerOf(child)?.uid === owner.metadata.uid) };
  },
  reconcile({ owner, children }) {
    if (owner.metadata.labels?.fail) return { actions: [{ do: 'fail' }] };
    const missing = Math.max(0, owner.spec.replicas - children.length);
    return { actions: Array.from({ length: missing }, () => ({ do: 'create', owner })), requeueAfterMs: missing > 0 ? undefined : 60_000 };
  },
  act: {
    create: async ({ owner }, io) => {
      const { uid = '', namespace } = owner.metadata;
      const reference = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'a', uid, controller: true };
      const metadata = { generateName: 'c-', namespace, ownerReferences: [reference] };
      await create(io.api, resources.configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata });
    },
    fail: () => Promise.reject(new Error('no')),
  },
};

const owner = (replicas: number, labels: Record<string, string> = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'a', namespace: 'default', labels },
  spec: { replicas },
});

async function setUp() {
  const api = new FakeApi();
  const clock = new ManualClock();
  const registry = new Registry();
  const informers = new Informers({ api, clock, logger: silentLogger });
  const events = new EventSink({ api, clock, logger: silentLogger });
  const actionLog = new ActionLog();
  const metrics = new WorkQueueMetrics(registry);
  const stop = new AbortController();
  const run = runnable(counting, {
    api,
    clock,
    informers,
    metadata: informers,
    kinds: new FakeKinds(),
    events,
    logger: silentLogger,
    metrics,
    actionLog,
  }).run(stop.signal);
  informers.start();
  await clock.advance(0);
  const children = (): KubeObject[] => api.all(resources.configMaps);
  const end = async (): Promise<void> => {
    stop.abort();
    await run;
    await informers.stop();
    expect(clock.pending).toBe(0);
  };
  return { api, clock, registry, actionLog, children, end };
}

describe('the loop', () => {
  it('acts once on what it has seen, and again when what it owns changes', async () => {
    const { api, clock, children, end, actionLog } = await setUp();
    api.put(resources.deployments, owner(3));
    await clock.advance(100);
    expect(children()).toHaveLength(3);
    api.removeNow(resources.configMaps, 'default', children()[0]!.metadata.name!);
    await clock.advance(100);
    expect(children()).toHaveLength(3);
    expect(actionLog.about({ namespace: 'default', name: 'a' }).map((entry) => entry.outcome)).toEqual(['done', 'done', 'done', 'done']);
    await end();
  });

  it('creates nothing twice while the cache is behind', async () => {
    const { api, clock, children, end } = await setUp();
    api.put(resources.deployments, owner(3));
    await clock.advance(0);
    const before = children().length;
    api.delivering = false; // the cache does not show what comes now
    api.put(resources.deployments, owner(5));
    api.deliver(resources.deployments);
    for (let i = 0; i < 5; i++) {
      await clock.advance(600);
      api.put(resources.deployments, owner(5, { touched: String(i) }));
      api.deliver(resources.deployments);
    }
    expect([before, children().length]).toEqual([3, 5]);
    api.delivering = true;
    await clock.advance(2000);
    expect(children()).toHaveLength(5);
    await end();
  });

  it('tries a failed key again, later each time', async () => {
    const { api, clock, registry, end } = await setUp();
    api.put(resources.deployments, owner(1, { fail: 'yes' }));
    await clock.advance(5 + 10 + 20 + 40);
    const text = await registry.metrics();
    expect(text).toContain('workqueue_retries_total{name="counting"} 5');
    expect(text).toContain('workqueue_depth{name="counting"} 0');
    expect(text).toMatch(/workqueue_adds_total\{name="counting"\} 5/);
    expect(text).toMatch(/workqueue_work_duration_seconds_count\{name="counting"\} 5/);
    expect(text).toMatch(/workqueue_queue_duration_seconds_count\{name="counting"\} 5/);
    await end();
  });

  it('waits a second when it is not known whether a write happened', async () => {
    const { api, clock, children, end } = await setUp();
    const refuse = api.refuse;
    api.refuse = (item) => (item.verb === 'create' ? serviceUnavailable('lost') : undefined);
    api.put(resources.deployments, owner(1));
    await clock.advance(10);
    api.refuse = refuse;
    await clock.advance(900);
    expect(children()).toHaveLength(0);
    await clock.advance(100);
    expect(children()).toHaveLength(1);
    await end();
  });
});
