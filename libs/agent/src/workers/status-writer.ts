import { ApiError } from '#api';
import type { Pod, PodStatus } from '#api/types';
import { Backoff, type Clock } from '#base';
import type { Api, WriteItem } from '#client/contract';
import { resources } from '#objects';
import type { Logger } from '#telemetry';

interface Waiting {
  pod: Pod;
  status: PodStatus;
  written: PromiseWithResolvers<void>;
}

/**
 * Writes pods' statuses: of several in a row only the newest, those of many pods in one WriteMany, one call at a time, tried again until it
 * succeeds or the pod is gone. So what the API shows never goes back to an older state.
 */
export class StatusWriter {
  private readonly waiting = new Map<string, Waiting>();
  /** By uid, as JSON: the same status again needs no write. */
  private readonly lastWritten = new Map<string, string>();
  private readonly backoff = new Backoff<'write'>(100, 10_000);
  private running: Promise<void> | undefined;
  private readonly closing = new AbortController();

  constructor(private readonly options: { api: Api; clock: Clock; logger: Logger }) {}

  /** Resolves when this status, or a newer one, is in the API, or the pod is no longer there. */
  write(pod: Pod, status: PodStatus): Promise<void> {
    const uid = pod.metadata.uid ?? '';
    const before = this.waiting.get(uid);
    if (!before && this.lastWritten.get(uid) === JSON.stringify(status)) return this.running ?? Promise.resolve();
    const written = before?.written ?? Promise.withResolvers<void>();
    this.waiting.set(uid, { pod, status, written });
    this.running ??= this.run();
    return written.promise;
  }

  /** The pod is gone from this node: nothing is compared with its last status any more. */
  forget(uid: string): void {
    this.lastWritten.delete(uid);
  }

  /** Writes what waits, once. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    await Promise.resolve(); // what comes in the same turn goes in one call
    while (this.waiting.size > 0) {
      // WriteMany takes a bounded batch.
      const batch = [...this.waiting.values()].slice(0, 256);
      for (const { pod } of batch) this.waiting.delete(pod.metadata.uid ?? '');
      await this.send(batch);
      if (this.closing.signal.aborted) break;
    }
    this.running = undefined;
  }

  private async send(batch: readonly Waiting[]): Promise<void> {
    try {
      const results = await this.options.api.writeMany(batch.map(({ pod, status }) => statusPatch(pod, status)));
      this.backoff.reset('write');
      for (const [i, entry] of batch.entries()) {
        const result = results[i];
        if (result?.ok === false && isTransient(result.status.code)) {
          this.options.logger.warn({ status: result.status, name: entry.pod.metadata.name }, 'a pod status was not taken');
          this.again(entry);
          continue;
        }
        if (result?.ok === false && result.status.code !== 404 && result.status.code !== 409)
          this.options.logger.error(
            { status: result.status, namespace: entry.pod.metadata.namespace, name: entry.pod.metadata.name },
            'a pod status was refused',
          );
        if (result?.ok) this.lastWritten.set(entry.pod.metadata.uid ?? '', JSON.stringify(entry.status));
        entry.written.resolve();
      }
      if (this.waiting.size > 0 && results.some((r) => !r.ok && isTransient(r.status.code))) await this.pause();
    } catch (err) {
      if (!(err instanceof ApiError)) throw err;
      for (const entry of batch) this.again(entry);
      await this.pause();
    }
  }

  /** A newer status that came meanwhile goes before. */
  private again(entry: Waiting): void {
    const uid = entry.pod.metadata.uid ?? '';
    const newer = this.waiting.get(uid);
    if (newer) void newer.written.promise.then(entry.written.resolve);
    else this.waiting.set(uid, entry);
  }

  private async pause(): Promise<void> {
    try {
      await this.options.clock.sleep(this.backoff.nextMs('write'), this.closing.signal);
    } catch {
      // closing: what waits is found again by the next agent
    }
  }
}

/** Strategic merge patch's directive: the list is what follows. */
const replaceList = { $patch: 'replace' };

/** Conditions that are there only while they hold. */
const passing = ['PodResizePending', 'PodResizeInProgress'];

const isTransient = (code: number): boolean => code === 429 || code >= 500;

/** The uid keeps the status from a namesake that came after; conditions of others stay (strategic merge by type). */
function statusPatch({ metadata }: Pod, status: PodStatus): WriteItem {
  const cleared = { reason: status.reason ?? null, message: status.message ?? null };
  // Merged by address, a pod would keep the one that it had before its node went down.
  const replaced = {
    ...(status.podIPs && { podIPs: [replaceList, ...status.podIPs] }),
    ...(status.hostIPs && { hostIPs: [replaceList, ...status.hostIPs] }),
    // A condition that holds again has lost its reason: merged by type, it would keep the old one.
    conditions: [
      ...(status.conditions ?? []).map((condition) => ({ reason: null, message: null, ...condition })),
      ...passing.filter((type) => !status.conditions?.some((c) => c.type === type)).map((type) => ({ $patch: 'delete', type })),
    ],
  };
  return {
    verb: 'patch',
    resource: resources.pods,
    subresource: 'status',
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    patchType: 'application/strategic-merge-patch+json',
    patch: { metadata: { uid: metadata.uid }, status: { ...status, ...cleared, ...replaced } },
  };
}
