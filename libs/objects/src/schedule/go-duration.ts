import { lookUp } from '#base';

const unitMs: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A duration as Go's `time.ParseDuration` reads it (`1h30m`, `-1.5s`), or what that says is wrong with the text. */
export function goDurationMs(text: string): { ms: number } | { error: string } {
  const quoted = JSON.stringify(text);
  const [, sign = '', rest = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (rest === '0') return { ms: 0 };
  let left = rest;
  let ms = 0;
  do {
    const [whole = '', number = ''] = /^(\d+\.?\d*|\.\d+)/.exec(left) ?? [];
    if (whole === '') return { error: `time: invalid duration ${quoted}` };
    left = left.slice(whole.length);
    const [unit = ''] = /^[^\d.]*/.exec(left) ?? [];
    if (unit === '') return { error: `time: missing unit in duration ${quoted}` };
    const each = lookUp(unitMs, unit);
    if (each === undefined) return { error: `time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}` };
    ms += Number(number) * each;
    left = left.slice(unit.length);
  } while (left !== '');
  // 64 bits of nanoseconds.
  return ms > 2 ** 63 / 1e6 ? { error: `time: invalid duration ${quoted}` } : { ms: sign === '-' ? -ms : ms };
}
