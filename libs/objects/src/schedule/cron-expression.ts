import { lookUp } from '#base';
import { goDurationMs } from './go-duration.ts';

/** When something is to happen: at every minute whose local fields all match, or a fixed time after the last one. */
export type CronSchedule =
  | { every: 'match'; minute: CronField; hour: CronField; dayOfMonth: CronField; month: CronField; dayOfWeek: CronField }
  | { every: 'delay'; ms: number };

export interface CronField {
  values: ReadonlySet<number>;
  /** Written `*` or `?`: days then match by the other field of days alone. */
  any: boolean;
}

/** Why a text is no schedule, in the words of `github.com/robfig/cron/v3`, whose `ParseStandard` Kubernetes asks. */
export class CronError extends Error {}

interface Bounds {
  min: number;
  max: number;
  names?: Readonly<Record<string, number>>;
}

const numbered = (names: string, from: number): Record<string, number> =>
  Object.fromEntries(names.split(' ').map((name, i) => [name, i + from]));
const bounds = {
  minute: { min: 0, max: 59 },
  hour: { min: 0, max: 23 },
  dayOfMonth: { min: 1, max: 31 },
  month: { min: 1, max: 12, names: numbered('jan feb mar apr may jun jul aug sep oct nov dec', 1) },
  dayOfWeek: { min: 0, max: 6, names: numbered('sun mon tue wed thu fri sat', 0) },
} as const satisfies Record<string, Bounds>;

const descriptors: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** Five fields, or a descriptor (`@hourly`, `@every 90s`). A zone in the text is not read: CronJobs have a field for it. Throws CronError. */
export function parseCron(text: string): CronSchedule {
  if (text === '') throw new CronError('empty spec string');
  if (text.startsWith('@')) return described(text);
  const fields = text.split(/\s+/).filter((field) => field !== '');
  if (fields.length !== 5) throw new CronError(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`);
  const [minute, hour, dayOfMonth, month, dayOfWeek] = fields as [string, string, string, string, string];
  return {
    every: 'match',
    minute: fieldOf(minute, bounds.minute),
    hour: fieldOf(hour, bounds.hour),
    dayOfMonth: fieldOf(dayOfMonth, bounds.dayOfMonth),
    month: fieldOf(month, bounds.month),
    dayOfWeek: fieldOf(dayOfWeek, bounds.dayOfWeek),
  };
}

function described(text: string): CronSchedule {
  const fields = lookUp(descriptors, text);
  if (fields) return parseCron(fields);
  const every = '@every ';
  if (!text.startsWith(every)) throw new CronError(`unrecognized descriptor: ${text}`);
  const duration = goDurationMs(text.slice(every.length));
  if ('error' in duration) throw new CronError(`failed to parse duration ${text}: ${duration.error}`);
  return { every: 'delay', ms: Math.max(1, Math.trunc(duration.ms / 1000)) * 1000 };
}

function fieldOf(text: string, bound: Bounds): CronField {
  const values = new Set<number>();
  let any = false;
  for (const part of text.split(',').filter((each) => each !== '')) {
    const range = rangeOf(part, bound);
    for (let value = range.from; value <= range.to; value += range.step) values.add(value);
    any ||= range.any;
  }
  return { values, any };
}

/** `*`, `3`, `3-7`, each with `/step`; `3/step` goes on to the end. */
function rangeOf(text: string, { min, max, names }: Bounds): { from: number; to: number; step: number; any: boolean } {
  const [range = '', step, ...more] = text.split('/');
  const limits = range.split('-');
  const [low = '', high] = limits;
  const star = low === '*' || low === '?';
  if (!star && limits.length > 2) throw new CronError(`too many hyphens: ${text}`);
  const from = star ? min : numberOrName(low, names);
  const last = star ? max : high === undefined ? from : numberOrName(high, names);
  if (more.length > 0) throw new CronError(`too many slashes: ${text}`);
  const by = step === undefined ? 1 : naturalNumber(step);
  const to = step !== undefined && limits.length === 1 ? max : last;
  if (from < min) throw new CronError(`beginning of range (${from}) below minimum (${min}): ${text}`);
  if (to > max) throw new CronError(`end of range (${to}) above maximum (${max}): ${text}`);
  if (from > to) throw new CronError(`beginning of range (${from}) beyond end of range (${to}): ${text}`);
  if (by === 0) throw new CronError(`step of range should be a positive number: ${text}`);
  return { from, to, step: by, any: star && by === 1 };
}

const numberOrName = (text: string, names: Bounds['names']): number => (names && lookUp(names, text.toLowerCase())) ?? naturalNumber(text);

function naturalNumber(text: string): number {
  if (!/^[+-]?\d+$/.test(text))
    throw new CronError(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  const number = Number(text);
  if (!Number.isSafeInteger(number)) {
    throw new CronError(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: value out of range`);
  }
  if (number < 0) throw new CronError(`negative number (${number}) not allowed: ${text}`);
  return number;
}
