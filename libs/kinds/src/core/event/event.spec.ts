import type { Event } from '#api/types';
import { cells, complaintsAbout, created, type Json } from '../../testing.ts';
import { eventsV1, fromStored, toStored } from './conversion.ts';
import { event } from './kind.ts';

const involvedObject = { kind: 'Pod', name: 'p', namespace: 'default', fieldPath: 'spec.containers{c}' };
const old = created(event, {
  involvedObject,
  reason: 'Started',
  message: 'Started container c ',
  type: 'Normal',
  source: { component: 'kubelet', host: 'n1' },
  firstTimestamp: '2025-12-31T23:00:00Z',
  lastTimestamp: '2025-12-31T23:59:00Z',
  count: 3,
});

describe('an event', () => {
  it('lives with its object', () => {
    expect(complaintsAbout(event, { involvedObject: { ...involvedObject, namespace: 'other' } })).toEqual([
      'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
    ]);
  });

  it('of the new kind says who reports what was done', () => {
    expect(complaintsAbout(event, { involvedObject, eventTime: '2026-01-01T00:00:00.000000Z' })).toEqual([
      'reportingComponent: Required value',
      'reportingComponent: Invalid value: "": name part must be non-empty',
      expect.stringMatching(/^reportingComponent: Invalid value: "": name part must consist of/),
      'reportingInstance: Required value',
      'action: Required value',
      'reason: Required value',
    ]);
  });

  it('is shown as kubectl shows it', () => {
    expect(cells(event, old)).toEqual({
      'Last Seen': '60s',
      Type: 'Normal',
      Reason: 'Started',
      Object: 'pod/p',
      Subobject: 'spec.containers{c}',
      Source: 'kubelet, n1',
      Message: 'Started container c',
      'First Seen': '60m',
      Count: 3,
      Name: 'a',
    });
  });

  it('is the same in both of its versions', () => {
    const modern = fromStored(old) as unknown as Json;
    expect(modern).toMatchObject({ apiVersion: 'events.k8s.io/v1', note: old.message, regarding: involvedObject, deprecatedCount: 3 });
    expect(event.applyDefaults?.(toStored(fromStored(old)) as Event)).toEqual(old);
    expect(eventsV1.selectableFields?.['regarding.name']?.(old as Event)).toBe('p');
  });
});
