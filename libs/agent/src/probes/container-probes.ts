import type { Container, Probe } from '#api/types';
import type { Clock } from '#base';
import type { CheckResult } from './result.ts';

/** As `prober_probe_total` and events call them. */
export type ProbeKind = 'startup' | 'liveness' | 'readiness';

export interface ProbesOptions {
  container: Pick<Container, 'startupProbe' | 'livenessProbe' | 'readinessProbe'>;
  clock: Clock;
  check: (probe: Probe) => Promise<CheckResult>;
  /** A threshold was reached. */
  changed: (kind: ProbeKind, healthy: boolean) => void;
  /** Every check, for events and metrics. */
  checked: (kind: ProbeKind, result: CheckResult) => void;
  startedAt: Date;
}

/** How soon an unready container is looked at again; Kubernetes allows other times than `periodSeconds` "to make the Pod ready faster". */
const EAGER_MS = 100;

/**
 * The probes of one running container, until `stop`. Liveness and readiness begin when the startup probe has succeeded
 * (Kubernetes, "Configure Liveness, Readiness and Startup Probes").
 */
export class ContainerProbes {
  private readonly timers = new Map<ProbeKind, () => void>();
  private stopped = false;
  private leaving = false;

  constructor(private readonly options: ProbesOptions) {
    const { startupProbe } = options.container;
    if (startupProbe) this.run('startup', startupProbe);
    else this.runAfterStartup();
  }

  /** A check that is under way is not told any more. */
  stop(): void {
    this.stopped = true;
    for (const cancel of this.timers.values()) cancel();
    this.timers.clear();
  }

  /** Nothing restarts the container any more; whether it may serve is still asked. */
  readinessOnly(): void {
    this.leaving = true;
    for (const kind of ['startup', 'liveness'] as const) this.timers.get(kind)?.();
  }

  private runAfterStartup(): void {
    const { livenessProbe, readinessProbe } = this.options.container;
    if (livenessProbe) this.run('liveness', livenessProbe);
    if (readinessProbe) this.run('readiness', readinessProbe);
  }

  private run(kind: ProbeKind, probe: Probe): void {
    const sinceStart = this.options.clock.now().getTime() - this.options.startedAt.getTime();
    const first = Math.max(0, (probe.initialDelaySeconds ?? 0) * 1000 - sinceStart);
    this.after(first, new Series(kind, probe));
  }

  private after(ms: number, series: Series): void {
    const cancel = this.options.clock.after(ms, () => {
      this.timers.delete(series.kind);
      void this.turn(series);
    });
    this.timers.set(series.kind, cancel);
  }

  private isOver({ kind }: Series): boolean {
    return this.stopped || (this.leaving && kind !== 'readiness');
  }

  private async turn(series: Series): Promise<void> {
    const { options } = this;
    const began = options.clock.monotonicMs();
    const result = await options.check(series.probe);
    if (this.isOver(series)) return;
    options.checked(series.kind, result);
    const reached = result.ok || !result.unknown ? series.count(result.ok) : undefined;
    if (reached !== undefined) options.changed(series.kind, reached);
    if (this.isOver(series)) return;
    if (series.kind === 'startup' && reached === true) return this.runAfterStartup();
    this.after(series.nextMs(options.clock.monotonicMs() - began), series);
  }
}

class Series {
  private run = 0;
  private lastOk: boolean | undefined;
  /** What the last threshold said; undefined before the first. */
  private state: boolean | undefined;
  private eager = 0;

  constructor(
    readonly kind: ProbeKind,
    readonly probe: Probe,
  ) {}

  /** The new state when a threshold is reached by this result. */
  count(ok: boolean): boolean | undefined {
    this.run = ok === this.lastOk ? this.run + 1 : 1;
    this.lastOk = ok;
    const threshold = ok ? (this.probe.successThreshold ?? 1) : (this.probe.failureThreshold ?? 3);
    if (this.run < threshold || (this.state === ok && ok)) return undefined;
    const before = this.state;
    this.state = ok;
    return before === ok && this.kind === 'readiness' ? undefined : ok;
  }

  nextMs(tookMs: number): number {
    const periodMs = (this.probe.periodSeconds ?? 10) * 1000;
    if (this.kind !== 'readiness' || this.state === true) return Math.max(0, periodMs - tookMs);
    return Math.min(periodMs, EAGER_MS * 2 ** Math.min(this.eager++, 10));
  }
}
