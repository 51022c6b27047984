import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { Backoff, type Clock, type Random } from '#base';
import type { Logger } from '#telemetry';
import type { RegistryMetrics } from '../metrics.ts';
import type { EndpointSettings } from '../settings/notifications.ts';
import { envelopeType, eventOf, type Happening, type Origin } from './event.ts';
import { EventQueue } from './event-queue.ts';

const queueLimit = 10_000;
const answerMs = 5_000;

export interface NotificationParts {
  /** Where events wait. Of this process alone: replicas have folders of their own. */
  folder: string;
  /** How this process is called in events. */
  instance: string;
  settings: () => Promise<readonly EndpointSettings[]>;
  clock: Clock;
  random: Random;
  logger: Logger;
  metrics: RegistryMetrics;
}

/**
 * Tells endpoints what happens, in order and at least once: an event waits on disk until an endpoint has answered it with success. One that
 * fails is tried again, later each time, and holds up no other.
 */
export class Notifications {
  private readonly queues = new Map<string, Promise<EventQueue>>();
  private readonly sending = new Map<string, Promise<void>>();
  private readonly ending = new AbortController();

  constructor(private readonly parts: NotificationParts) {}

  /** Goes on with what has waited since before. */
  async open(): Promise<void> {
    for (const endpoint of await this.parts.settings()) if ((await this.queueOf(endpoint)).length > 0) this.send(endpoint.name);
  }

  /** Resolves when those who want to know will be told. Changes are on disk by then whatever happens to the machine. */
  async add(happening: Happening, origin: Origin, scheme: string): Promise<void> {
    const { parts } = this;
    const wanting = (await parts.settings()).filter(
      ({ ignore }) => !ignore?.actions.includes(happening.action) && !ignore?.mediaTypes.includes(happening.mediaType),
    );
    if (wanting.length === 0) return;
    const event = eventOf(happening, origin, { id: parts.random.uuid(), at: parts.clock.now(), scheme, instance: parts.instance });
    const content = JSON.stringify({ events: [event] });
    for (const endpoint of wanting) {
      const queue = await this.queueOf(endpoint);
      const isTaken = await queue.add(content, happening.action !== 'pull');
      parts.metrics.events.inc({ endpoint: endpoint.name, outcome: isTaken ? 'queued' : 'dropped' });
      if (!isTaken) parts.logger.warn({ endpoint: endpoint.name, waiting: queue.length }, 'too many events wait: one is dropped');
      this.send(endpoint.name);
    }
  }

  /** What is being sent ends; the rest waits for the next start. */
  async close(): Promise<void> {
    this.ending.abort(new Error('the registry ends'));
    await Promise.all(this.sending.values());
  }

  /** For who wants to know that all has been sent. */
  async idle(): Promise<void> {
    await Promise.all(this.sending.values());
  }

  private queueOf({ name, queue }: EndpointSettings): Promise<EventQueue> {
    let opened = this.queues.get(name);
    if (!opened) {
      opened = EventQueue.open(join(this.parts.folder, name), queue ?? queueLimit);
      this.queues.set(name, opened);
      opened.catch(() => this.queues.delete(name)); // told to who asked
    }
    return opened;
  }

  private send(name: string): void {
    if (this.sending.has(name) || this.ending.signal.aborted) return;
    const work = this.sendAll(name)
      .catch((err: unknown) => this.parts.logger.error({ err, endpoint: name }, 'events cannot be sent'))
      .finally(() => this.sending.delete(name));
    this.sending.set(name, work);
  }

  private async sendAll(name: string): Promise<void> {
    const { clock, logger, metrics, settings } = this.parts;
    const backoff = new Backoff<string>(1000, 60_000);
    const { signal } = this.ending;
    while (!signal.aborted) {
      const endpoint = (await settings()).find((candidate) => candidate.name === name);
      const next = endpoint && (await (await this.queueOf(endpoint)).first());
      if (!endpoint || !next) return;
      try {
        await post(endpoint, next.content, signal);
        metrics.events.inc({ endpoint: name, outcome: 'sent' });
        await (await this.queueOf(endpoint)).remove(next.name);
        backoff.reset(name);
      } catch (err) {
        if (signal.aborted) return;
        metrics.events.inc({ endpoint: name, outcome: 'failed' });
        const waitMs = backoff.nextMs(name);
        logger.warn({ err, endpoint: name, waitMs }, 'an endpoint was not reached');
        await clock.sleep(waitMs, signal).catch(() => undefined); // ends early only when the signal aborts
      }
    }
  }
}

/** Success is a status of 2xx or 3xx, as the Docker registry has it. */
function post({ url, headers, timeout = answerMs }: EndpointSettings, content: string, signal: AbortSignal): Promise<void> {
  const fields = { ...Object.fromEntries(headers), 'content-type': envelopeType, 'content-length': Buffer.byteLength(content) };
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(
      url,
      { method: 'POST', headers: fields, signal, timeout },
      (response) => {
        response.resume();
        response.on('error', reject);
        const status = response.statusCode ?? 0;
        response.on('end', () => (status >= 200 && status < 400 ? resolve() : reject(new Error(`${url.host} answered ${status}`))));
      },
    );
    request.on('error', reject);
    request.on('timeout', () => request.destroy(new Error(`${url.host} did not answer for ${timeout} ms`)));
    request.end(content);
  });
}
