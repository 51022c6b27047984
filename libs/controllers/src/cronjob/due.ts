import type { CronJob } from '#api/types';
import { type CronSchedule, nextTime } from '#objects';

/** So long after a time a key is looked at: clocks of machines differ a little. */
const paddingMs = 100;
/** From so many missed times on somebody should look at clocks and deadlines. */
const manyMissed = 100;

/** What of a schedule is due now. At most one Job starts, however many times were missed: the latest. */
export interface Due {
  /** The last time at which a Job should have started and has not; undefined when there is none. */
  atMs?: number;
  tooMany: boolean;
  /** The last time that has passed the deadline, where there is none that has not. */
  tooLateMs?: number;
  /** The schedule names no two times apart: 30 February. */
  never?: boolean;
}

interface Latest extends Due {
  /** Where counting began. */
  fromMs: number;
  missed: boolean;
}

/** `pkg/controller/cronjob/utils.go`, mostRecentScheduleTime. Times between are skipped, however long the controller was away. */
function latest(
  cronJob: CronJob,
  schedule: CronSchedule,
  { zone, nowMs, deadline }: { zone: string; nowMs: number; deadline: boolean },
): Latest {
  const { startingDeadlineSeconds } = cronJob.spec;
  const last = Date.parse(cronJob.status?.lastScheduleTime ?? cronJob.metadata.creationTimestamp ?? '');
  const earliest = deadline && startingDeadlineSeconds !== undefined ? nowMs - startingDeadlineSeconds * 1000 : -Infinity;
  const fromMs = Math.max(last, earliest);
  const first = nextTime(schedule, zone, fromMs);
  if (first === undefined) return { fromMs, missed: false, tooMany: false, never: true };
  if (nowMs < first) return { fromMs, missed: false, tooMany: false };
  const second = nextTime(schedule, zone, first);
  if (second === undefined) return { fromMs, missed: false, tooMany: false, never: true };
  if (nowMs < second) return { fromMs, missed: false, tooMany: false, atMs: first };
  const apart = second - first;
  const missed = Math.floor((nowMs - first) / apart) + 1;
  // By the distance of the first two it is guessed how many there were; from there on they are looked up.
  let atMs: number | undefined;
  for (
    let time = nextTime(schedule, zone, first + (missed - 2) * apart);
    time !== undefined && time <= nowMs;
    time = nextTime(schedule, zone, time)
  ) {
    atMs = time;
  }
  return { fromMs, missed: true, tooMany: missed > manyMissed, ...(atMs !== undefined && { atMs }) };
}

/**
 * The time to start a Job for. `startingDeadlineSeconds` bounds how late it may be; a time beyond that is told in `tooLateMs` and not made
 * up for.
 */
export function dueTime(cronJob: CronJob, schedule: CronSchedule, zone: string, nowMs: number): Due {
  const due = latest(cronJob, schedule, { zone, nowMs, deadline: true });
  if (due.atMs !== undefined || due.never) return due;
  const tooLateMs = latest(cronJob, schedule, { zone, nowMs, deadline: false }).atMs;
  return { ...due, ...(tooLateMs !== undefined && { tooLateMs }) };
}

/** When to look again: just after the next time. Undefined: never. */
export function untilNextMs(cronJob: CronJob, schedule: CronSchedule, zone: string, nowMs: number): number | undefined {
  const { atMs, fromMs, missed, never } = latest(cronJob, schedule, { zone, nowMs, deadline: false });
  const after = never || (atMs === undefined && missed) ? nowMs : (atMs ?? fromMs);
  const next = nextTime(schedule, zone, after);
  return next === undefined ? undefined : Math.max(0, next - nowMs) + paddingMs;
}
