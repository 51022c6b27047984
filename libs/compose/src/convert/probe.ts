import type { Probe } from '#api/types';
import { invalid } from '../compose-error.ts';
import { type Reader } from './reader.ts';
import { literal } from './literal.ts';

const defaults = { intervalMs: 30_000, timeoutMs: 30_000, retries: 3, startIntervalMs: 5_000 };

/**
 * compose-spec, "healthcheck". Docker only says that a container is unhealthy and lets it run: that is readiness, not liveness. While it
 * starts, Docker looks every `start_interval` and counts no failure; readiness begins with "not ready", so it looks as often from the beginning,
 * and more failures in a row make up for it.
 */
export function probeOf(check: Reader): Probe | undefined {
  const test = check.at('test');
  const disabled = check.at('disable').bool();
  const ms = (key: string, otherwise: number): number => (check.has(key) ? check.at(key).duration() : otherwise);
  const intervalMs = ms('interval', defaults.intervalMs);
  const timeoutMs = ms('timeout', defaults.timeoutMs);
  const startPeriodMs = ms('start_period', 0);
  const startIntervalMs = ms('start_interval', defaults.startIntervalMs);
  const retries = check.has('retries') ? check.at('retries').whole() : defaults.retries;
  check.done();
  if (disabled) return undefined;
  const command = commandOf(test);
  if (!command) return undefined;
  const periodMs = startPeriodMs > 0 ? Math.min(intervalMs, startIntervalMs) : intervalMs;
  return {
    exec: { command: command.map(literal) },
    periodSeconds: Math.max(1, Math.round(periodMs / 1000)),
    timeoutSeconds: Math.max(1, Math.ceil(timeoutMs / 1000)),
    failureThreshold: Math.max(1, Math.ceil((Math.max(1, retries) * intervalMs) / Math.max(1000, periodMs))),
  };
}

function commandOf(test: Reader): string[] | undefined {
  if (!test.isSet) throw invalid(test.path, 'is required: the health check of an image is not known before it is pulled');
  if (typeof test.value === 'string') return ['/bin/sh', '-c', test.value];
  const [kind, ...args] = test.texts();
  if (kind === 'NONE') return undefined;
  if (kind === 'CMD' && args.length > 0) return args;
  if (kind === 'CMD-SHELL' && args.length === 1) return ['/bin/sh', '-c', args[0]!];
  throw invalid(test.path, 'must begin with NONE, CMD or CMD-SHELL, and what they need');
}
