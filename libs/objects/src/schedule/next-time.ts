import type { CronSchedule } from './cron-expression.ts';
import { zoneOffsetMs } from './time-zone.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** A schedule that matches no day of so many years matches none: 30 February. */
const yearsToLook = 5;

/**
 * The first instant after `afterMs` whose fields, on the clocks of `zone`, match. Where clocks jump forward, times in the gap do not come
 * that day; where they go back, an hour that comes twice matches twice (`github.com/robfig/cron/v3`, SpecSchedule.Next). Undefined: never.
 */
export function nextTime(schedule: CronSchedule, zone: string, afterMs: number): number | undefined {
  if (schedule.every === 'delay') return Math.floor(afterMs / 1000) * 1000 + schedule.ms;
  const { minute, hour, dayOfMonth, month, dayOfWeek } = schedule;
  if ([minute, hour, dayOfMonth, month, dayOfWeek].some(({ values }) => values.size === 0)) return undefined; // `,` is a field without values
  const clock = new ZoneClock(zone, Math.floor(afterMs / minuteMs) * minuteMs + minuteMs);
  const lastYear = clock.year + yearsToLook;
  while (clock.year <= lastYear) {
    if (!month.values.has(clock.month)) clock.toLocal(Date.UTC(clock.year, clock.month, 1));
    else if (!dayMatches(schedule, clock)) clock.toLocal(clock.midnight + dayMs);
    else if (!hour.values.has(clock.hour)) clock.move((60 - clock.minute) * minuteMs);
    else if (!minute.values.has(clock.minute)) clock.move(toNextMinute(minute.values, clock.minute) * minuteMs);
    else return clock.atMs;
  }
  return undefined;
}

/** Minutes from `minute` to the next that matches, or to the end of the hour. */
function toNextMinute(values: ReadonlySet<number>, minute: number): number {
  for (let next = minute + 1; next < 60; next++) if (values.has(next)) return next - minute;
  return 60 - minute;
}

/** crontab(5): when both fields of days are restricted, either will do. */
function dayMatches({ dayOfMonth, dayOfWeek }: Extract<CronSchedule, { every: 'match' }>, clock: ZoneClock): boolean {
  const [date, weekday] = [dayOfMonth.values.has(clock.day), dayOfWeek.values.has(clock.weekday)];
  return dayOfMonth.any || dayOfWeek.any ? date && weekday : date || weekday;
}

/** An instant as the clocks of a zone show it. */
class ZoneClock {
  private offsetMs = 0;
  private local = new Date(0);

  constructor(
    private readonly zone: string,
    public atMs: number,
  ) {
    this.move(0);
  }

  get year(): number {
    return this.local.getUTCFullYear();
  }
  /** From 1. */
  get month(): number {
    return this.local.getUTCMonth() + 1;
  }
  get day(): number {
    return this.local.getUTCDate();
  }
  get weekday(): number {
    return this.local.getUTCDay();
  }
  get hour(): number {
    return this.local.getUTCHours();
  }
  get minute(): number {
    return this.local.getUTCMinutes();
  }
  /** Of this day, as if its clocks were UTC's. */
  get midnight(): number {
    return Math.floor(this.local.getTime() / dayMs) * dayMs;
  }

  move(ms: number): void {
    this.atMs += ms;
    this.offsetMs = zoneOffsetMs(this.zone, this.atMs);
    this.local = new Date(this.atMs + this.offsetMs);
  }

  /** On to the first instant at which the clocks show `localMs` or, where they leap over it, more. */
  toLocal(localMs: number): void {
    const before = this.offsetMs;
    const straight = localMs - before;
    const after = zoneOffsetMs(this.zone, straight);
    const shifted = localMs - after;
    if (after <= before || zoneOffsetMs(this.zone, shifted) === after)
      return this.move((after === before ? straight : shifted) - this.atMs);
    // In a gap: its end is where the offset changes.
    let [low, high] = [shifted, straight];
    while (high - low > minuteMs) {
      const middle = Math.floor((low + high) / 2 / minuteMs) * minuteMs;
      if (zoneOffsetMs(this.zone, middle) === after) high = middle;
      else low = middle;
    }
    this.move(high - this.atMs);
  }
}
