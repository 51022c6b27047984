import type { Container, Probe } from '#api/types';
import type { Clock } from '#base';
import { type CheckResult } from './check.ts';

export type ProbeKind = 'startup' | 'liveness' | 'readiness';

export interface ProbesOptions {
  container: Pick<Container, 'startupProbe' | 'livenessProbe' | 'readinessProbe'>;
  clock: Clock;
  check: (probe: Probe) => Promise<CheckResult>;
  /** A threshold was reached. */
  changed: (kind: ProbeKind, healthy: boolean, message: string) => void;
  /** Every failed check, for events and metrics. */
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
  private readonly timers = new Set<() => void>();
  private stopped = false;

  constructor(private readonly options: ProbesOptions) {
    const { startupProbe } = options.container;
    if (startupProbe) this.run('startup', startupProbe);
    else this.runAfterStartup();
  }

  stop(): void {
    this.stopped = true;
    for (const cancel of this.timers) cancel();
    this.timers.clear();
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
      this.timers.delete(cancel);
      void this.turn(series);
    });
    this.timers.add(cancel);
  }

  private async turn(series: Series): Promise<void> {
    const { options } = this;
    const began = options.clock.monotonicMs();
    const result = await options.check(series.probe);
    if (this.stopped) return;
    options.checked(series.kind, result);
    const reached = series.count(result.ok);
    if (reached !== undefined) options.changed(series.kind, reached, result.ok ? '' : result.message);
    if (this.stopped) return;
    if (series.kind === 'startup' && reached === true) return this.runAfterStartup();
    this.after(series.nextMs(options.clock.monotonicMs() - began), series);
  }
}

class Series {
  private run = 0;
  private lastOk: boolean | undefined;
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
