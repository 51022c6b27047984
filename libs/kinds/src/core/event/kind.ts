import type { Event } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { columns } from './columns.ts';
import { eventsV1 } from './conversion.ts';
import { selectableFields } from './fields.ts';
import { validateEvent } from './validation.ts';

export const event: KindDefinition<Event> = {
  gvk: { group: '', version: 'v1', kind: 'Event' },
  scope: 'Namespaced',
  names: { plural: 'events', singular: 'event', shortNames: ['ev'] },
  // Upstream prints these as they are for old events: null where they were never set.
  applyDefaults: (object) => ({
    ...object,
    involvedObject: object.involvedObject ?? {},
    source: object.source ?? {},
    reportingComponent: object.reportingComponent ?? '',
    reportingInstance: object.reportingInstance ?? '',
  }),
  validate: validateEvent,
  strategy: { allowCreateOnUpdate: true },
  columns,
  ownNameColumn: true,
  selectableFields,
  ttlSeconds: 3600,
  alsoServed: [eventsV1],
};
