import { lookUp } from '#base';
import type { KubeObject } from '#api';
import type { Event, EventsEvent } from '#api/types';
import type { ServedVersion } from '../../contract.ts';
import { selectableFields } from './fields.ts';
import { validateEventUpdate, validateNewEvent } from './validation.ts';

/** New name → the one in which events are stored. All other fields have one name in both: KEP-383. */
const renamed: Readonly<Record<string, string>> = {
  note: 'message',
  regarding: 'involvedObject',
  reportingController: 'reportingComponent',
  deprecatedSource: 'source',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedCount: 'count',
};
const restored = Object.fromEntries(Object.entries(renamed).map(([now, before]) => [before, now]));

function rename(object: object, names: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [lookUp(names, key) ?? key, value]));
}

/** Of whole events and of the configurations that are applied: what is left out stays so. */
export const toStored = (event: KubeObject): KubeObject =>
  ({ ...rename(event, renamed), apiVersion: 'v1', kind: 'Event', metadata: event.metadata }) as unknown as Event;

export const fromStored = (event: KubeObject): KubeObject => {
  const { reportingController, reportingInstance, ...rest } = rename(event, restored);
  return {
    ...rest,
    // Written when empty in the stored version only.
    ...(reportingController !== '' && { reportingController }),
    ...(reportingInstance !== '' && { reportingInstance }),
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: event.metadata,
  } as unknown as EventsEvent;
};

/** `regarding.kind` selects as `involvedObject.kind` does. */
const eventsFields = Object.fromEntries(
  Object.entries(selectableFields).map(([path, value]) => {
    const [head = '', ...rest] = path.split('.');
    return [[lookUp(restored, head) ?? head, ...rest].join('.'), value as (stored: KubeObject) => string];
  }),
);

export const eventsV1: ServedVersion = {
  gvk: { group: 'events.k8s.io', version: 'v1', kind: 'Event' },
  toStored,
  fromStored,
  validate: (event) => validateNewEvent(event as Event),
  validateUpdate: (next, previous) => validateEventUpdate(next as Event, previous as Event),
  selectableFields: eventsFields,
};
