import { ApiError, serviceUnavailable } from '#api';
import { ManualClock } from '#base/testing';
import { resources } from '#objects';
import { silentLogger } from '#telemetry';
import { FakeApi } from '../testing/fake-api.ts';
import type { CoreEvent } from './correlator.ts';
import { createEventRecorder } from './recorder.ts';

const about = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'default', name: 'a', uid: 'u1', resourceVersion: '7' } };

function setUp() {
  const api = new FakeApi();
  const clock = new ManualClock();
  const recorder = createEventRecorder({ api, clock, logger: silentLogger, component: 'replicaset-controller' });
  const events = (): CoreEvent[] => api.all<CoreEvent>(resources.events);
  return { api, clock, recorder, events };
}

describe('event recorder', () => {
  it('writes an Event as core/v1 clients expect it', async () => {
    const { clock, recorder, events } = setUp();
    recorder.event(about, { type: 'Normal', reason: 'SuccessfulCreate', message: 'Created pod: x' });
    await clock.advance(0);
    expect(events()).toMatchObject([
      {
        metadata: { namespace: 'default', name: expect.stringMatching(/^a\.[0-9a-f]{16}$/) },
        involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'a', uid: 'u1', resourceVersion: '7' },
        type: 'Normal',
        reason: 'SuccessfulCreate',
        message: 'Created pod: x',
        count: 1,
        firstTimestamp: '2026-01-01T00:00:00Z',
        lastTimestamp: '2026-01-01T00:00:00Z',
        source: { component: 'replicaset-controller' },
        reportingComponent: 'replicaset-controller',
      },
    ]);
  });

  it('writes what is recorded while it is just done with what came before', async () => {
    for (let turns = 0; turns < 40; turns++) {
      const { clock, recorder, events } = setUp();
      recorder.event(about, { type: 'Normal', reason: 'First', message: 'm' });
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      recorder.event(about, { type: 'Normal', reason: 'Second', message: 'm' });
      await clock.advance(0);
      expect([turns, ...events().map(({ reason }) => reason)]).toEqual([turns, 'First', 'Second']);
    }
  });

  it('puts events about cluster objects into the namespace default', async () => {
    const { clock, recorder, events } = setUp();
    recorder.event({ ...about, kind: 'Node', metadata: { name: 'n1' } }, { type: 'Normal', reason: 'NodeReady', message: 'm' });
    await clock.advance(0);
    expect(events()[0]?.metadata.namespace).toBe('default');
  });

  it('counts repeats in the one event', async () => {
    const { clock, recorder, events } = setUp();
    for (let i = 0; i < 3; i++) {
      recorder.event(about, { type: 'Warning', reason: 'BackOff', message: 'm' });
      await clock.advance(10_000);
    }
    expect(events()).toMatchObject([{ count: 3, firstTimestamp: '2026-01-01T00:00:00Z', lastTimestamp: '2026-01-01T00:00:20Z' }]);
  });

  it('writes an event anew whose first one has expired', async () => {
    const { api, clock, recorder, events } = setUp();
    recorder.event(about, { type: 'Warning', reason: 'BackOff', message: 'm' });
    await clock.advance(0);
    api.removeNow(resources.events, 'default', events()[0]!.metadata.name!);
    recorder.event(about, { type: 'Warning', reason: 'BackOff', message: 'm' });
    await clock.advance(0);
    expect(events()).toMatchObject([{ count: 2 }]);
  });

  it('combines many similar events into one', async () => {
    const { clock, recorder, events } = setUp();
    for (let i = 0; i < 14; i++) recorder.event(about, { type: 'Warning', reason: 'Failed', message: `attempt ${i}` });
    await clock.advance(0);
    expect(events()).toHaveLength(10);
    expect(events().at(-1)).toMatchObject({ message: '(combined from similar events): attempt 13', count: 5 });
  });

  it('lets one object have 25 at once and then one in five minutes', async () => {
    const { clock, recorder, events } = setUp();
    for (let i = 0; i < 40; i++) recorder.event(about, { type: 'Normal', reason: `Reason${i}`, message: 'm' });
    await clock.advance(0);
    expect(events()).toHaveLength(25);
    await clock.advance(300_000);
    recorder.event(about, { type: 'Normal', reason: 'Later', message: 'm' });
    await clock.advance(0);
    expect(events()).toHaveLength(26);
  });

  it('waits for an api-server that is away, and never throws', async () => {
    const { api, clock, recorder, events } = setUp();
    api.failing = serviceUnavailable('down');
    recorder.event(about, { type: 'Normal', reason: 'Scheduled', message: 'm' });
    await clock.advance(600);
    expect(events()).toHaveLength(0);
    api.failing = undefined;
    await clock.advance(10_000);
    expect(events()).toHaveLength(1);
    api.refuse = () => new ApiError({ code: 403, reason: 'Forbidden', message: 'namespace is going away' });
    recorder.event(about, { type: 'Normal', reason: 'Other', message: 'm' });
    await clock.advance(1000);
    await recorder.close();
    expect(clock.pending).toBe(0);
  });
});
