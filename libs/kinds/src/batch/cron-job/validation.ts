import { type FieldError, invalidValue, notSupported, required } from '#api';
import type { CronJob } from '#api/types';
import { CronError, isTimeZone, parseCron } from '#objects';
import { nonNegative, oneOf } from '../../rules/checks.ts';
import { validateJobSpec } from '../job/validation.ts';

/** What the controller appends to the name of each Job, `-` and the minutes since 1970. */
const suffixLength = 11;
const maxNameLength = 63 - suffixLength;

export function validateCronJob({ spec }: CronJob): FieldError[] {
  const { selector, manualSelector } = spec?.jobTemplate?.spec ?? {};
  const template = 'spec.jobTemplate.spec';
  return [
    ...validateSchedule(spec?.schedule, 'spec.schedule'),
    ...nonNegative(spec?.startingDeadlineSeconds, 'spec.startingDeadlineSeconds'),
    ...validateTimeZone(spec?.timeZone, 'spec.timeZone'),
    ...oneOf(spec?.concurrencyPolicy, ['Allow', 'Forbid', 'Replace'], 'spec.concurrencyPolicy'),
    ...validateJobSpec(spec?.jobTemplate?.spec, template),
    ...(selector ? [invalidValue(`${template}.selector`, selector, '`selector` will be auto-generated')] : []),
    ...(manualSelector ? [notSupported(`${template}.manualSelector`, manualSelector, ['nil', 'false'])] : []),
    ...nonNegative(spec?.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit'),
    ...nonNegative(spec?.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit'),
  ];
}

export function validateCronJobCreate({ metadata: { name = '' } }: CronJob): FieldError[] {
  return name.length > maxNameLength ? [invalidValue('metadata.name', name, `must be no more than ${maxNameLength} characters`)] : [];
}

function validateSchedule(schedule: string | undefined, field: string): FieldError[] {
  if (!schedule) return [required(field)];
  const zoned = schedule.includes('TZ')
    ? [invalidValue(field, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead')]
    : [];
  const error = zoned.length > 0 && /^(CRON_)?TZ=/.test(schedule) ? zonedError(schedule) : cronError(schedule);
  return [...(error === undefined ? [] : [invalidValue(field, schedule, error)]), ...zoned];
}

function cronError(schedule: string): string | undefined {
  try {
    parseCron(schedule);
    return undefined;
  } catch (err) {
    if (err instanceof CronError) return err.message;
    throw err;
  }
}

/** The parser that upstream asks reads a zone in front; that it may not stand there is another complaint. */
function zonedError(schedule: string): string | undefined {
  const [head = '', ...rest] = schedule.split(' ');
  const zone = head.slice(head.indexOf('=') + 1);
  if (zone !== '' && !isTimeZone(zone)) return `provided bad location ${zone}: unknown time zone ${zone}`;
  return cronError(rest.join(' ').trim());
}

function validateTimeZone(timeZone: string | undefined, field: string): FieldError[] {
  if (timeZone === undefined) return [];
  if (timeZone === '') return [invalidValue(field, timeZone, 'timeZone must be nil or non-empty string')];
  const unknown = invalidValue(field, timeZone, `unknown time zone ${timeZone}`);
  const named = timeZone.split('/').every((part) => /^[A-Za-z._\-0-9+]{1,14}$/.test(part) && !/^(-|\.\.?$)/.test(part));
  if (!named) return [unknown];
  const local =
    timeZone.toLowerCase() === 'local'
      ? [invalidValue(field, timeZone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones')]
      : [];
  return [...local, ...(timeZone === 'Local' || isTimeZone(timeZone) ? [] : [unknown])];
}
