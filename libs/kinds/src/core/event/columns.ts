import type { Event } from '#api/types';
import type { Column } from '../../contract.ts';
import { since } from '../../rules/columns.ts';

export const columns: readonly Column<Event>[] = [
  { name: 'Last Seen', type: 'string', value: lastSeen },
  { name: 'Type', type: 'string', value: ({ type }) => type ?? '' },
  { name: 'Reason', type: 'string', value: ({ reason }) => reason ?? '' },
  { name: 'Object', type: 'string', value: objectOf },
  { name: 'Subobject', type: 'string', priority: 1, value: ({ involvedObject }) => involvedObject?.fieldPath ?? '' },
  { name: 'Source', type: 'string', priority: 1, value: sourceOf },
  { name: 'Message', type: 'string', value: ({ message }) => (message ?? '').trim() },
  { name: 'First Seen', type: 'string', priority: 1, value: firstSeen },
  { name: 'Count', type: 'string', priority: 1, value: ({ series, count }) => series?.count ?? (count || 1) },
  { name: 'Name', type: 'string', format: 'name', priority: 1, value: ({ metadata }) => metadata.name ?? '' },
];

function firstSeen({ firstTimestamp, eventTime }: Event, now: Date): string {
  return since(firstTimestamp ?? eventTime, now);
}

function lastSeen(event: Event, now: Date): string {
  if (event.series) return since(event.series.lastObservedTime, now);
  return event.lastTimestamp ? since(event.lastTimestamp, now) : firstSeen(event, now);
}

function objectOf({ involvedObject }: Event): string {
  const kind = (involvedObject?.kind ?? '').toLowerCase();
  return involvedObject?.name ? `${kind}/${involvedObject.name}` : kind;
}

function sourceOf({ source, reportingComponent, reportingInstance }: Event): string {
  const component = source?.component || reportingComponent || '';
  const host = source?.host || reportingInstance || '';
  return host ? `${component}, ${host}` : component;
}
