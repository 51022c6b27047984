import { ApiError, microTimestamp } from '#api';
import type { Lease } from '#api/types';
import type { Clock, Random } from '#base';
import { resources } from '#objects';
import type { Logger } from '#telemetry';
import type { Api, EventRecorder } from './contract.ts';
import { create, update } from './verbs.ts';

/**
 * A Lease's place and the candidate's identity. The three times are client-go's defaults unless given: 15 s, 10 s and 2 s. The duration
 * must exceed the deadline, and the deadline the period, as client-go demands.
 */
export interface LeaderElectionOptions {
  api: Api;
  clock: Clock;
  random: Random;
  logger: Logger;
  events?: EventRecorder;
  namespace: string;
  name: string;
  /**
   * Of this process alone, e.g. `<host>_<uuid>`; or of a process of which a supervisor runs one at a time: a successor of the same name
   * goes on with the lease at once.
   */
  identity: string;
  leaseDurationMs?: number;
  renewDeadlineMs?: number;
  retryPeriodMs?: number;
}

/**
 * Election over a Lease, with the rules of `client-go/tools/leaderelection`: a candidate takes the lease when its holder has not
 * renewed it for the lease's duration, as measured on the candidate's own clock since it saw the last change; the leader gives up when
 * it cannot renew within the deadline. Clean shutdown gives the lease back, and standbys, which watch it, take it at once.
 */
export class LeaderElection {
  private readonly leaseDurationMs: number;
  private readonly renewDeadlineMs: number;
  private readonly retryPeriodMs: number;
  private observed: { lease: Lease; atMs: number } | undefined;
  private leading = false;
  private wake: () => void = () => undefined;

  constructor(private readonly options: LeaderElectionOptions) {
    this.leaseDurationMs = options.leaseDurationMs ?? 15_000;
    this.renewDeadlineMs = options.renewDeadlineMs ?? 10_000;
    this.retryPeriodMs = options.retryPeriodMs ?? 2_000;
  }

  /** As of the last answer: between a lost connection and the deadline it is still true. */
  get isLeader(): boolean {
    return this.leading;
  }

  /** The identity that holds the lease, as last seen. */
  get leader(): string | undefined {
    return this.observed?.lease.spec?.holderIdentity;
  }

  /**
   * Waits until this process leads, then calls `lead` with a signal that aborts when it no longer does. Resolves 'lost' when the
   * lease could not be renewed: the process must end, for what `lead` started may still act. Resolves 'released' after `signal`
   * aborted, `lead` came to its end and the lease was given back.
   */
  async run(lead: (leading: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<'lost' | 'released'> {
    await this.acquire(signal);
    if (!this.leading) return 'released';
    const { logger, identity, events } = this.options;
    logger.info({ identity }, 'leading');
    if (this.observed) {
      events?.event(this.observed.lease, { type: 'Normal', reason: 'LeaderElection', message: `${identity} became leader` });
    }
    const ending = new AbortController();
    const work = lead(ending.signal);
    const failed = work.then(() => new Promise<never>(() => undefined)); // only its failure ends the term early
    const outcome = await Promise.race([this.renew(signal), failed]);
    ending.abort();
    if (outcome === 'lost') {
      this.leading = false;
      logger.error({ identity }, 'lost the lease');
      return 'lost';
    }
    await this.whileRenewing(work);
    await this.release();
    return 'released';
  }

  /** Tries until it leads or the signal aborts. The pauses differ at random, so that candidates do not all come at once. */
  private async acquire(signal: AbortSignal): Promise<void> {
    const watching = new AbortController();
    const watch = this.watchLease(AbortSignal.any([signal, watching.signal]));
    while (!signal.aborted && !(await this.tryAcquireOrRenew())) {
      await this.pause(this.retryPeriodMs * (1 + this.options.random.next() * 0.2), signal);
    }
    watching.abort();
    await watch;
  }

  /** Returns when the signal aborts, or 'lost' when renewing failed for the deadline. */
  private async renew(signal: AbortSignal): Promise<'lost' | 'released'> {
    const { clock } = this.options;
    let renewedMs = clock.monotonicMs();
    while (!signal.aborted) {
      await this.pause(this.retryPeriodMs, signal);
      if (signal.aborted) break;
      if (await this.withinDeadline(renewedMs)) renewedMs = clock.monotonicMs();
      else if (!this.holds() || clock.monotonicMs() - renewedMs >= this.renewDeadlineMs) return 'lost';
    }
    return 'released';
  }

  /** One renewal, given up when the deadline passes while the server does not answer. */
  private async withinDeadline(renewedMs: number): Promise<boolean> {
    const { clock } = this.options;
    const leftMs = Math.max(0, this.renewDeadlineMs - (clock.monotonicMs() - renewedMs));
    const late = new AbortController();
    const timeUp = clock.sleep(leftMs, late.signal).then(
      () => false,
      () => false,
    );
    const renewed = await Promise.race([this.tryAcquireOrRenew(), timeUp]);
    late.abort();
    return renewed;
  }

  /** The work winds up with the lease still held: nobody else may begin before it has ended. */
  private async whileRenewing(work: Promise<void>): Promise<void> {
    const done = new AbortController();
    const renewing = this.renew(done.signal);
    await work.finally(() => done.abort());
    await renewing;
  }

  private holds(): boolean {
    return this.observed?.lease.spec?.holderIdentity === this.options.identity;
  }

  /** One try; true when this process leads after it. */
  private async tryAcquireOrRenew(): Promise<boolean> {
    const { api, clock, namespace, name, identity, logger } = this.options;
    try {
      const lease = await this.read();
      if (!lease) {
        this.observe(await create<Lease>(api, resources.leases, this.leaseFor(undefined)));
        this.leading = true;
        return true;
      }
      if (!this.observed || this.observed.lease.metadata.resourceVersion !== lease.metadata.resourceVersion) this.observe(lease);
      const holder = lease.spec?.holderIdentity ?? '';
      const durationMs = (lease.spec?.leaseDurationSeconds ?? this.leaseDurationMs / 1000) * 1000;
      const valid = this.observed!.atMs + durationMs > clock.monotonicMs();
      if (holder !== '' && holder !== identity && valid) return false;
      this.observe(await update<Lease>(api, resources.leases, this.leaseFor(lease)));
      this.leading = true;
      return true;
    } catch (err) {
      if (!(err instanceof ApiError)) throw err;
      logger.debug({ namespace, name, err }, 'could not take the lease');
      return false;
    }
  }

  private async read(): Promise<Lease | undefined> {
    const { api, namespace, name } = this.options;
    try {
      return await api.get<Lease>({ resource: resources.leases, namespace, name });
    } catch (err) {
      if (err instanceof ApiError && err.code === 404) return undefined;
      throw err;
    }
  }

  /** Notes when a change was seen, on this process's own clock: those of other machines are not trusted (client-go, leaderelection). */
  private observe(lease: Lease): void {
    this.observed = { lease, atMs: this.options.clock.monotonicMs() };
  }

  private leaseFor(present: Lease | undefined): Lease {
    const { clock, namespace, name, identity } = this.options;
    const now = microTimestamp(clock.now());
    const again = present?.spec?.holderIdentity === identity;
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: present ? present.metadata : { namespace, name },
      spec: {
        holderIdentity: identity,
        leaseDurationSeconds: this.leaseDurationMs / 1000,
        acquireTime: again ? (present.spec?.acquireTime ?? now) : now,
        renewTime: now,
        leaseTransitions: present ? (present.spec?.leaseTransitions ?? 0) + (again ? 0 : 1) : 0,
      },
    };
  }

  /** Gives the lease back as client-go's `release` does: no holder, and a duration that has as good as passed. */
  private async release(): Promise<void> {
    this.leading = false;
    if (!this.holds() || !this.observed) return;
    const { api, clock, logger } = this.options;
    const { lease } = this.observed;
    const now = microTimestamp(clock.now());
    const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: now, acquireTime: now };
    try {
      this.observe(await update<Lease>(api, resources.leases, { ...lease, spec }));
    } catch (err) {
      logger.warn({ err }, 'could not give the lease back');
    }
  }

  private async watchLease(signal: AbortSignal): Promise<void> {
    const { api, namespace, name, clock, logger } = this.options;
    const query = { resource: resources.leases, namespace, fieldSelector: `metadata.name=${name}` };
    while (!signal.aborted) {
      try {
        for await (const batch of api.watch<Lease>(query, signal)) {
          const given = batch.some(
            (event) => event.type === 'deleted' || (event.type !== 'bookmark' && !event.object.spec?.holderIdentity),
          );
          if (given) this.wake();
        }
      } catch (err) {
        if (signal.aborted) return;
        logger.debug({ err }, 'watch of the lease ended, starting it again');
        await clock.sleep(this.retryPeriodMs, signal).catch(() => undefined); // aborted: the loop's condition ends it
      }
    }
  }

  private async pause(ms: number, signal: AbortSignal): Promise<void> {
    const waking = new AbortController();
    this.wake = () => waking.abort();
    await this.options.clock.sleep(ms, AbortSignal.any([signal, waking.signal])).catch(() => undefined); // woken early: the caller looks
    this.wake = () => undefined;
  }
}
