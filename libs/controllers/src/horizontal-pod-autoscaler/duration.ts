import { lookUp } from '#base';

const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** meta/v1 Duration, as metrics tell their window: `1m0.5s`. */
export function durationMs(text: string): number {
  let ms = 0;
  for (const [, number, unit] of text.matchAll(/([\d.]+)(ms|h|m|s)/g)) ms += Number(number) * (lookUp(unitMs, unit!) ?? 0);
  return ms;
}
