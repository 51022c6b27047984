import { ApiError, type KubeObject, timestamp } from '#api';
import { Backoff, type Clock, systemClock } from '#base';
import { resources } from '#objects';
import type { Logger } from '#telemetry';
import type { Api, EventRecorder, WriteItem, WriteResult } from '../contract.ts';
import { type CoreEvent, EventCorrelator } from './correlator.ts';

/** Who reports, and how it is written. */
export interface EventRecorderOptions {
  api: Api;
  logger: Logger;
  /** Kubernetes' name of the part that reports, e.g. `deployment-controller`. */
  component: string;
  /** The node, for parts that run on each. */
  host?: string;
  clock?: Clock;
}

/** More than this many events waiting to be written, and the newest are dropped: events are best effort, memory is not. */
const maxWaiting = 1000;
const maxTries = 8;

/**
 * Writes Events in the background, many in one call. One sink may serve several recorders (`for`), each with a component of its own.
 */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder & { close(): Promise<void> } {
  const sink = new EventSink(options);
  const recorder = sink.recorder(options.component, options.host);
  return { event: (about, event) => recorder.event(about, event), close: () => sink.close() };
}

/**
 * Takes events of a process's recorders, counts those that repeat into one, and sends them in the background. Who records one does not
 * wait, and does not hear of one that could not be sent.
 */
export class EventSink {
  private readonly waiting = new Map<string, { event: CoreEvent; repeated: boolean }>();
  private readonly correlator: EventCorrelator;
  private readonly clock: Clock;
  private readonly closing = new AbortController();
  private sending: Promise<void> | undefined;
  private sequence = 0;

  constructor(private readonly options: Pick<EventRecorderOptions, 'api' | 'logger' | 'clock'>) {
    this.clock = options.clock ?? systemClock;
    this.correlator = new EventCorrelator(this.clock);
  }

  recorder(component: string, host?: string): EventRecorder {
    return {
      event: (about, event) => {
        try {
          this.add(this.eventOf(about, event, { component, ...(host && { host }) }));
        } catch (err) {
          this.options.logger.error({ err }, 'an event could not be made');
        }
      },
    };
  }

  /** Writes what waits, tries nothing again, and takes no more. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.sending;
  }

  private eventOf(about: KubeObject, happened: Parameters<EventRecorder['event']>[1], source: CoreEvent['source']): CoreEvent {
    const { type, reason, message, fieldPath } = happened;
    const { namespace, name, uid, resourceVersion } = about.metadata;
    const now = this.clock.now();
    const stamp = timestamp(now);
    // client-go names events by their nanosecond; the sequence keeps those of one millisecond apart.
    const nanoseconds = BigInt(now.getTime()) * 1_000_000n + BigInt(this.sequence++ % 1_000_000);
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.${nanoseconds.toString(16)}`, namespace: namespace || 'default' },
      involvedObject: {
        apiVersion: about.apiVersion,
        kind: about.kind,
        ...(namespace && { namespace }),
        name,
        uid,
        resourceVersion,
        ...(fieldPath && { fieldPath }),
      },
      reason,
      // core/v1 validation refuses longer ones.
      message: message.slice(0, 1024),
      type,
      count: 1,
      firstTimestamp: stamp,
      lastTimestamp: stamp,
      source,
      reportingComponent: source.component,
      reportingInstance: source.host ?? '',
    };
  }

  private add(event: CoreEvent): void {
    if (this.closing.signal.aborted) return;
    const correlated = this.correlator.correlate(event);
    if (!correlated) return;
    const name = `${correlated.event.metadata.namespace}/${correlated.event.metadata.name}`;
    const before = this.waiting.get(name);
    if (!before && this.waiting.size >= maxWaiting) {
      this.options.logger.debug({ reason: event.reason }, 'event dropped: too many wait');
      return;
    }
    this.waiting.set(name, { event: correlated.event, repeated: before ? before.repeated : correlated.repeated });
    this.sending ??= this.send();
  }

  private async send(): Promise<void> {
    const backoff = new Backoff<'send'>(500, 10_000);
    await Promise.resolve(); // gather what is recorded in the same tick
    while (this.waiting.size > 0) {
      const batch = [...this.waiting.values()].slice(0, 128);
      for (const { event } of batch) this.waiting.delete(`${event.metadata.namespace}/${event.metadata.name}`);
      let failures = 0;
      while (!(await this.write(batch))) {
        if (++failures >= maxTries || this.closing.signal.aborted) break;
        await this.clock.sleep(backoff.nextMs('send'), this.closing.signal).catch(() => undefined); // closing: one last try
      }
      backoff.reset('send');
    }
    this.sending = undefined; // here and not when the promise settles: what is added in between would wait for the next event
  }

  /** False when the API could not be reached and trying again may help. */
  private async write(batch: readonly { event: CoreEvent; repeated: boolean }[]): Promise<boolean> {
    const { api, logger } = this.options;
    try {
      const results = await api.writeMany(batch.map(itemOf));
      const lost = batch.filter((entry, i) => entry.repeated && codeOf(results[i]) === 404);
      const again = lost.length > 0 ? await api.writeMany(lost.map(({ event }) => itemOf({ event, repeated: false }))) : [];
      for (const result of [...results, ...again]) {
        // 403: the namespace is going away; 409: a try whose answer was lost did write. Events are best effort.
        if (!result.ok && ![403, 404, 409].includes(result.status.code)) logger.warn({ status: result.status }, 'event refused');
      }
      return true;
    } catch (err) {
      logger.debug({ err }, 'events could not be written');
      return !(err instanceof ApiError);
    }
  }
}

function codeOf(result: WriteResult | undefined): number {
  return result && !result.ok ? result.status.code : 200;
}

function itemOf({ event, repeated }: { event: CoreEvent; repeated: boolean }): WriteItem {
  const { namespace, name = '' } = event.metadata;
  if (!repeated) return { verb: 'create', resource: resources.events, namespace, object: event };
  const { count, lastTimestamp, message } = event;
  return {
    verb: 'patch',
    resource: resources.events,
    namespace,
    name,
    patchType: 'application/strategic-merge-patch+json',
    patch: { count, lastTimestamp, message },
  };
}
