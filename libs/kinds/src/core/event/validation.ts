import { type FieldError, invalidValue, isQualifiedName, required } from '#api';
import type { Event } from '#api/types';
import { complaints } from '../../rules/checks.ts';
import { immutableField, semanticEqual } from '../../rules/equality.ts';

const maxName = 128;
const maxNote = 1024;

/** Of the version `v1`, `legacyValidateEvent`: events with an `eventTime` follow newer rules; those without are of old, when there were hardly any. */
export const validateEvent = (event: Event): FieldError[] => validateAny(event, 'reportingComponent');

/** What both versions demand; the field that names the reporter has a name in each. */
function validateAny(event: Event, reporterField: string): FieldError[] {
  const namespaces = validateNamespace(event);
  if (!event.eventTime) return namespaces;
  const { reportingComponent = '', reportingInstance = '', action = '', reason = '', message = '' } = event;
  return [
    ...namespaces,
    ...(reportingComponent ? [] : [required(reporterField)]),
    ...complaints(isQualifiedName, reportingComponent, reporterField),
    ...Object.entries({ reportingInstance, action, reason }).flatMap(([field, value]) =>
      value === '' ? [required(field)] : tooMuch(field, value, maxName),
    ),
    ...tooMuch('message', message, maxNote),
  ];
}

const tooMuch = (field: string, text: string, limit: number): FieldError[] =>
  Buffer.byteLength(text) > limit ? [invalidValue(field, '', `can have at most ${limit} characters`)] : [];

/** An event lives where its object lives; those about cluster-scoped objects live in `default` or `kube-system`. */
function validateNamespace({ metadata, involvedObject, eventTime }: Event): FieldError[] {
  const own = metadata.namespace ?? '';
  const theirs = involvedObject?.namespace ?? '';
  const homes = eventTime ? ['default', 'kube-system'] : ['', 'default'];
  const good = theirs === '' ? homes.includes(own) : Boolean(eventTime) || own === theirs;
  return good ? [] : [invalidValue('involvedObject.namespace', theirs, 'does not match event.namespace')];
}

/** Of `events.k8s.io/v1`, which is stricter: `ValidateEventCreate`. */
export function validateNewEvent(event: Event): FieldError[] {
  const { eventTime, type = '', firstTimestamp, lastTimestamp, count, source } = event;
  const unset = { firstTimestamp, lastTimestamp, count, source: source?.component || source?.host };
  return [
    ...validateAny(event, 'reportingController'),
    ...validateSeries(event),
    ...(eventTime ? [] : [required('eventTime')]),
    ...(type === 'Normal' || type === 'Warning' ? [] : [invalidValue('type', '', `has invalid value: ${type}`)]),
    ...Object.entries(unset).flatMap(([field, value]) => (value ? [invalidValue(field, '', 'needs to be unset')] : [])),
  ];
}

function validateSeries({ series }: Event): FieldError[] {
  if (!series) return [];
  return [
    ...((series.count ?? 0) < 2 ? [invalidValue('series.count', '', 'should be at least 2')] : []),
    ...(series.lastObservedTime ? [] : [required('series.lastObservedTime')]),
  ];
}

/** What an event says stays: only its series goes on. By the names that errors have. */
const frozen: Readonly<Record<string, keyof Event>> = {
  involvedObject: 'involvedObject',
  reason: 'reason',
  message: 'message',
  source: 'source',
  firstTimestamp: 'firstTimestamp',
  lastTimestamp: 'lastTimestamp',
  count: 'count',
  type: 'type',
  eventTime: 'eventTime',
  action: 'action',
  related: 'related',
  reportingController: 'reportingComponent',
  reportingInstance: 'reportingInstance',
};

/** Of `events.k8s.io/v1`: `ValidateEventUpdate`. */
export function validateEventUpdate(next: Event, previous: Event): FieldError[] {
  return [
    ...validateAny(next, 'reportingController'),
    ...(semanticEqual(next.series, previous.series) ? [] : validateSeries(next)),
    ...Object.entries(frozen).flatMap(([field, key]) => immutableField(next[key] ?? null, previous[key], field)),
  ];
}
