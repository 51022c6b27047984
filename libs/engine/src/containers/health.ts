import { badParameter } from '../errors.ts';
import type { Health, HealthResult, HealthStatus, SavedState } from './record.ts';
import type { Config } from './settings.ts';

/** Docker Engine API, `HealthConfig`; times in nanoseconds. */
export type Healthcheck = Partial<NonNullable<Config['Healthcheck']>>;

/** Docker's own where nothing is said: docs.docker.com, Dockerfile reference, "HEALTHCHECK". */
const INTERVAL_MS = 30_000;
const TIMEOUT_MS = 30_000;
const START_INTERVAL_MS = 5000;
const RETRIES = 3;

/** Results that are kept. */
const KEPT = 5;

const NS_PER_MS = 1e6;

const given = (ns: number | undefined, fallbackMs: number): number => (ns ? ns / NS_PER_MS : fallbackMs);

export const timeoutMs = ({ Timeout }: Healthcheck): number => given(Timeout, TIMEOUT_MS);

/** What the user said of it, and the image where the user did not. Pure. */
export function mergedCheck(own: Healthcheck | undefined, base: Healthcheck | undefined): Healthcheck | undefined {
  if (!own || !base) return own ?? base;
  const times = ['Interval', 'Timeout', 'StartPeriod', 'StartInterval', 'Retries'] as const;
  return {
    Test: own.Test?.length ? own.Test : (base.Test ?? null),
    ...Object.fromEntries(times.flatMap((name) => (own[name] || base[name] ? [[name, own[name] || base[name]]] : []))),
  };
}

/** Throws 400 with Docker's words. */
export function checkHealthcheck(check: Healthcheck | undefined): void {
  if (!check) return;
  for (const name of ['Interval', 'Timeout', 'StartPeriod', 'StartInterval'] as const) {
    const ns = check[name] ?? 0;
    if (ns !== 0 && ns < NS_PER_MS) throw badParameter(`${name} in Healthcheck cannot be less than 1ms`);
  }
  if ((check.Retries ?? 0) < 0) throw badParameter('Retries in Healthcheck cannot be negative');
}

/** The command line of the check; undefined where there is none to run. */
export function checkCommand({
  Healthcheck: check,
  Shell: shell,
}: {
  Healthcheck?: Healthcheck | undefined;
  Shell?: string[] | undefined;
}): string[] | undefined {
  const [kind, ...words] = check?.Test ?? [];
  if (kind === 'CMD') return words;
  if (kind === 'CMD-SHELL') return [...(shell?.length ? shell : ['/bin/sh', '-c']), ...words];
  return undefined;
}

/** Until the next check: while it starts another interval counts. Pure. */
export function waitMs(check: Healthcheck, status: HealthStatus, sinceStartMs: number): number {
  const isStarting = status === 'starting' && sinceStartMs < given(check.StartPeriod, 0);
  return isStarting ? given(check.StartInterval, START_INTERVAL_MS) : given(check.Interval, INTERVAL_MS);
}

/** The health after one more result. One that fails in the start period does not count, until one has succeeded. Pure. */
export function judged(health: Health, result: HealthResult, check: Healthcheck, startedAt: string): Health {
  const Log = [...health.Log, result].slice(-KEPT);
  if (result.ExitCode === 0) return { Status: 'healthy', FailingStreak: 0, Log };
  const age = Date.parse(result.Start) - Date.parse(startedAt);
  if (health.Status === 'starting' && age < given(check.StartPeriod, 0)) return { ...health, Log };
  const FailingStreak = health.FailingStreak + 1;
  const retries = (check.Retries ?? 0) > 0 ? check.Retries! : RETRIES;
  return { Status: FailingStreak >= retries ? 'unhealthy' : health.Status, FailingStreak, Log };
}

/** As filters know it: `none` for a container that is not checked. */
export const healthOf = ({ health }: Pick<SavedState, 'health'>): HealthStatus | 'none' => health?.Status ?? 'none';
