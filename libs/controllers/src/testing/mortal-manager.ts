import { Registry } from 'prom-client';
import { serviceUnavailable } from '#api';
import type { ManualClock } from '#base/testing';
import { type Api, EventSink, Informers } from '#client';
import { FakeApi, FakeKinds } from '#client/testing';
import { ActionLog, type ControllerContext, type Runnable, WorkQueueMetrics } from '#controller-runtime';
import { silentLogger } from '#telemetry';

/**
 * A controller-manager that is killed after so many writes: the last of them happens, or does not, and nobody is told. All that it knew is lost
 * with it; what comes after it reads everything anew.
 */
export class MortalManager {
  dead = false;
  private readonly stopping = new AbortController();
  private readonly informers: Informers;
  private readonly running: Promise<void>[];

  constructor(
    private readonly api: FakeApi,
    clock: ManualClock,
    private left: number,
    controllers: (context: ControllerContext) => Runnable[],
  ) {
    const mine: Api = {
      get: (ref) => this.alive() ?? api.get(ref),
      list: (query) => this.alive() ?? api.list(query),
      watch: (query, signal) => api.watch(query, signal),
      writeMany: (items) => this.write(items),
    };
    this.informers = new Informers({ api: mine, clock, logger: silentLogger });
    const metrics = new WorkQueueMetrics(new Registry());
    const caches = { informers: this.informers, metadata: this.informers, kinds: new FakeKinds([]) };
    // Its events are nobody's writes: they are told of what has happened.
    const events = new EventSink({ api: new FakeApi(), clock, logger: silentLogger });
    const context = { ...caches, api: mine, clock, events, metrics, logger: silentLogger, actionLog: new ActionLog() };
    this.running = controllers(context).map((controller) => controller.run(this.stopping.signal));
    this.informers.start();
  }

  async stop(): Promise<void> {
    this.dead = true;
    this.stopping.abort();
    await Promise.all(this.running);
    await this.informers.stop();
  }

  private alive(): Promise<never> | undefined {
    return this.dead ? Promise.reject(serviceUnavailable('the manager is dead')) : undefined;
  }

  private async write(items: Parameters<Api['writeMany']>[0]): ReturnType<Api['writeMany']> {
    await this.alive();
    if (items.length <= this.left) {
      this.left -= items.length;
      return this.api.writeMany(items);
    }
    this.dead = true;
    await this.api.writeMany(items.slice(0, this.left));
    throw serviceUnavailable('the manager is dead');
  }
}
