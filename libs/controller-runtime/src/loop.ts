import type { KubeObject } from '#api';
import type { Clock } from '#base';
import { type Api, type EventSink, type Informer, type InformerFactory, type Resource, resourceKey, syncedBefore } from '#client';
import type { Logger } from '#telemetry';
import type { ActionLog } from './action-log.ts';
import type { Controller, Io, ObjectKey } from './contract.ts';
import { Expectations, notingWrites } from './expectations.ts';
import { KeyedWorkers } from './keyed-workers.ts';
import type { WorkQueueMetrics } from './metrics.ts';
import { controllerOf } from './owner-references.ts';

/** What every controller of a process shares. */
export interface ControllerContext {
  api: Api;
  informers: InformerFactory;
  events: Pick<EventSink, 'recorder'>;
  clock: Clock;
  logger: Logger;
  metrics: WorkQueueMetrics;
  actionLog: ActionLog;
}

/** Something that acts while this process leads. Resolves when the signal has aborted and what was under way has ended. */
export interface Runnable {
  readonly name: string;
  run(signal: AbortSignal): Promise<void>;
}

const keyText = ({ namespace, name }: ObjectKey): string => `${namespace}/${name}`;
const keyOfText = (text: string): ObjectKey => {
  const slash = text.indexOf('/');
  return { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
};

/** Binds a controller to the caches: its informers exist from here on, its work begins with `run`. */
export function runnable<Seen, A extends { do: string }>(controller: Controller<Seen, A>, context: ControllerContext): Runnable {
  const loop = new Loop(controller, context);
  return { name: controller.name, run: (signal) => loop.run(signal) };
}

class Loop<Seen, A extends { do: string }> {
  private readonly workers: KeyedWorkers;
  private readonly expectations: Expectations;
  private readonly caches = new Map<string, Informer<KubeObject>>();
  private readonly primary: Informer<KubeObject>;
  private readonly io: Omit<Io, 'api'>;

  constructor(
    private readonly controller: Controller<Seen, A>,
    private readonly context: ControllerContext,
  ) {
    const { clock, logger, metrics, events } = context;
    this.expectations = new Expectations(clock);
    this.io = { events: events.recorder(controller.name), now: () => clock.now() };
    this.primary = this.cache(controller.primary);
    for (const resource of controller.owns) this.cache(resource);
    for (const watched of controller.watches ?? []) this.cache(watched.resource, watched.fieldSelector);
    this.workers = new KeyedWorkers({
      name: controller.queueName ?? controller.name,
      clock,
      logger,
      metrics,
      workers: controller.workers ?? 4,
      work: (key) => this.work(key),
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    if (!(await syncedBefore(signal, this.caches.values()))) return;
    const stops = [this.primary.onChange(({ object }) => this.enqueue(keyOf(object)))];
    for (const resource of this.controller.owns) {
      stops.push(
        this.cache(resource).onChange(({ object, previous }) => {
          this.enqueueOwner(object);
          if (previous && controllerOf(previous)?.uid !== controllerOf(object)?.uid) this.enqueueOwner(previous);
        }),
      );
    }
    for (const watched of this.controller.watches ?? []) {
      stops.push(
        this.cache(watched.resource, watched.fieldSelector).onChange(({ object, previous }) => {
          for (const key of watched.enqueue(object, this.context.informers)) this.enqueue(key);
          // A change may end what tied the object to a primary (a label, a node), so its former state counts too.
          if (previous) for (const key of watched.enqueue(previous, this.context.informers)) this.enqueue(key);
        }),
      );
    }
    await this.workers.run(signal);
    for (const stop of stops) stop();
  }

  private cache(resource: Resource, fieldSelector?: string): Informer<KubeObject> {
    const name = resourceKey(resource);
    const cache = this.caches.get(name) ?? this.context.informers.informer<KubeObject>({ resource, fieldSelector });
    this.caches.set(name, cache);
    return cache;
  }

  private enqueue(key: ObjectKey): void {
    this.workers.add(keyText(key));
  }

  private enqueueOwner(object: KubeObject): void {
    const reference = controllerOf(object);
    if (!reference) return;
    const { namespace = '' } = object.metadata;
    const owner = this.primary.get(namespace, reference.name) ?? this.primary.get('', reference.name);
    if (owner?.metadata.uid === reference.uid) this.enqueue(keyOf(owner));
  }

  private async work(text: string): Promise<{ requeueAfterMs?: number } | void> {
    // The events that meet an expectation enqueue the key; the delay is for those that pass it by (a resource of another namespace).
    if (!this.expectations.met(text, (resource) => this.caches.get(resource)?.resourceVersion)) return { requeueAfterMs: 500 };
    const key = keyOfText(text);
    const seen = this.controller.observe(key, this.context.informers);
    if (seen === undefined) return this.expectations.forget(text);
    const plan = this.controller.reconcile(seen, this.context.clock.now());
    const api = notingWrites(this.context.api, (item, revision) => this.expectations.wrote(text, item.resource, revision));
    await this.carryOut(key, plan.actions, { ...this.io, api });
    return plan.requeueAfterMs === undefined ? undefined : { requeueAfterMs: plan.requeueAfterMs };
  }

  private async carryOut(key: ObjectKey, actions: readonly A[], io: Io): Promise<void> {
    const width = this.controller.concurrency ?? 1;
    for (let from = 0; from < actions.length; from += width) {
      const outcomes = await Promise.allSettled(actions.slice(from, from + width).map((action) => this.act(key, action, io)));
      const failure = outcomes.find((outcome) => outcome.status === 'rejected');
      if (failure) throw failure.reason;
    }
  }

  private async act(key: ObjectKey, action: A, io: Io): Promise<void> {
    const execute = this.controller.act[action.do as A['do']] as (action: A, io: Io) => Promise<void>;
    const entry = { controller: this.controller.name, ...key, action: action.do };
    try {
      await execute(action, io);
      this.context.actionLog.add({ ...entry, at: this.context.clock.now(), outcome: 'done' });
    } catch (err) {
      this.context.actionLog.add({ ...entry, at: this.context.clock.now(), outcome: 'failed', error: String(err) });
      throw err;
    }
  }
}

function keyOf({ metadata }: KubeObject): ObjectKey {
  return { namespace: metadata.namespace ?? '', name: metadata.name ?? '' };
}
