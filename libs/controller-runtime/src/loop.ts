import type { KubeObject } from '#api';
import { type Informer, syncedBefore } from '#client';
import { NamedCaches } from './caches.ts';
import type { Change, Controller, Io, ObjectKey } from './contract.ts';
import { carryOut, type ControllerContext, type Runnable } from './executor.ts';
import { Expectations, notingWrites } from './expectations.ts';
import { KeyedWorkers } from './keyed-workers.ts';
import { controllerOf } from './owner-references.ts';

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
  private readonly caches: NamedCaches;
  private readonly primary: Informer<KubeObject> | undefined;
  private readonly io: Omit<Io, 'api'>;
  private readonly listening: (() => () => void)[] = [];

  constructor(
    private readonly controller: Controller<Seen, A>,
    private readonly context: ControllerContext,
  ) {
    const { clock, logger, metrics, events } = context;
    const { name, queueName = name, primary, reads = [], workers = 4 } = controller;
    this.expectations = new Expectations(clock);
    this.io = { events: events.recorder(name), now: () => clock.now() };
    this.caches = new NamedCaches(name, context);
    this.primary = primary && this.caches.name({ resource: primary });
    for (const resource of reads) this.caches.name({ resource });
    this.nameWatched();
    this.workers = new KeyedWorkers({ name: queueName, clock, logger, metrics, workers, work: (key) => this.work(key) });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { everyKind } = this.controller;
    const kinds = everyKind && this.caches.nameEveryKind(everyKind);
    if (!(await syncedBefore(signal, [this.caches]))) return kinds?.stop();
    const stops = this.listening.map((listen) => listen());
    kinds?.begin(({ kind, cache }) => {
      const stop = cache.onChange((change) => everyKind!.enqueue(change, kind, this.caches).forEach(this.enqueue));
      everyKind!.joined?.(kind, this.caches).forEach(this.enqueue);
      return stop;
    });
    await this.workers.run(signal);
    kinds?.stop();
    for (const stop of stops) stop();
  }

  private nameWatched(): void {
    const { owns = [], watches = [], wakes } = this.controller;
    const listen = (cache: Informer<KubeObject>, listener: (change: Change) => void): void =>
      void this.listening.push(() => cache.onChange(listener));
    if (this.primary) {
      listen(this.primary, (change) => {
        if (!wakes || wakes(change)) this.enqueue(keyOf(change.object));
      });
    }
    for (const resource of owns) {
      listen(this.caches.name({ resource }), ({ object, previous }) => {
        this.enqueueOwner(object);
        if (previous && controllerOf(previous)?.uid !== controllerOf(object)?.uid) this.enqueueOwner(previous);
      });
    }
    for (const watched of watches) {
      const { resource, fieldSelector } = watched;
      listen(this.caches.name({ resource, fieldSelector }), (change) => {
        if (watched.wakes && !watched.wakes(change)) return;
        watched.enqueue(change.object, this.caches).forEach(this.enqueue);
        // A change may end what tied the object to a primary (a label, a node), so its former state counts too.
        if (change.previous) watched.enqueue(change.previous, this.caches).forEach(this.enqueue);
      });
    }
  }

  private readonly enqueue = (key: ObjectKey): void => this.workers.add(keyText(key));

  private enqueueOwner(object: KubeObject): void {
    const reference = controllerOf(object);
    if (!reference || !this.primary) return;
    const { namespace = '' } = object.metadata;
    const owner = this.primary.get(namespace, reference.name) ?? this.primary.get('', reference.name);
    if (owner?.metadata.uid === reference.uid) this.enqueue(keyOf(owner));
  }

  private async work(text: string): Promise<{ requeueAfterMs?: number } | void> {
    const { controller, context, caches } = this;
    // The events that meet an expectation enqueue the key; the delay is for those that pass it by (a resource of another namespace).
    if (!this.expectations.met(text, (resource) => caches.resourceVersion(resource))) return { requeueAfterMs: 500 };
    const key = keyOfText(text);
    const seen = await controller.observe(key, caches, context.api);
    if (seen === undefined) return this.expectations.forget(text);
    const { actions, requeueAfterMs, enqueue = [] } = controller.reconcile(seen, context.clock.now());
    const api = notingWrites(context.api, (item, revision) => this.expectations.wrote(text, item.resource, revision));
    for await (const failure of carryOut(controller, { key, actions, io: { ...this.io, api } }, context.actionLog)) throw failure;
    enqueue.forEach(this.enqueue);
    return requeueAfterMs === undefined ? undefined : { requeueAfterMs };
  }
}

function keyOf({ metadata }: KubeObject): ObjectKey {
  return { namespace: metadata.namespace ?? '', name: metadata.name ?? '' };
}
