import { Registry } from 'prom-client';
import type { TestServer } from '#api-server/testing';
import { systemClock } from '#base';
import { EventSink, Informers } from '#client';
import { FakeKinds } from '#client/testing';
import { ActionLog, type ControllerContext, WorkQueueMetrics } from '#controller-runtime';
import { volumeControllers } from '#controllers';
import { silentLogger } from '#telemetry';

/** What binds volumes and takes finalizers away, beside a server that is asked what a real one was asked. */
export class VolumeControllers {
  private readonly actionLog = new ActionLog();
  private readonly informers: Informers;
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>[];

  constructor(private readonly server: TestServer) {
    const [api, clock, logger] = [server.api(), systemClock, silentLogger];
    this.informers = new Informers({ api, clock, logger });
    const caches = { informers: this.informers, metadata: this.informers, kinds: new FakeKinds([]) };
    const events = new EventSink({ api, clock, logger });
    const context: ControllerContext = {
      ...caches,
      api,
      clock,
      logger,
      events,
      metrics: new WorkQueueMetrics(new Registry()),
      actionLog: this.actionLog,
    };
    this.running = volumeControllers(context).map((controller) => controller.run(this.stopping.signal));
    this.informers.start();
  }

  /** Until they have done nothing for a while. */
  async settled(): Promise<void> {
    for (let quiet = 0, seen = -1; quiet < 3; quiet++) {
      await this.server.server.cache.sync();
      await systemClock.sleep(10);
      const done = this.actionLog.about().length;
      if (done !== seen) quiet = 0;
      seen = done;
    }
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.running);
    await this.informers.stop();
  }
}
