import { ManualClock } from '#base/testing';
import { type EngineEvent, eventFilters, Events } from './events.ts';
import { Filters } from './http/query.ts';

const filtersOf = (filters: object): Filters => Filters.of(new URLSearchParams({ filters: JSON.stringify(filters) }), eventFilters);

describe('events', () => {
  let clock: ManualClock;
  let events: Events;
  beforeEach(() => {
    clock = new ManualClock();
    events = new Events(clock);
  });

  const read = async (query: { sinceMs?: number; filters?: Filters }, count: number): Promise<string[]> => {
    const stop = new AbortController();
    const found: EngineEvent[] = [];
    const reading = (async () => {
      for await (const event of events.read({ filters: Filters.none, ...query, signal: stop.signal })) {
        found.push(event);
        if (found.length === count) stop.abort();
      }
    })();
    events.emit('container', 'start', 'c2', { name: 'two', image: 'i', role: 'web' });
    events.emit('volume', 'create', 'v');
    await reading;
    return found.map(({ Action, Actor }) => `${Action} ${Actor.ID}`);
  };

  it('come as they happen', async () => {
    events.emit('container', 'start', 'c1');
    expect(await read({}, 2)).toEqual(['start c2', 'create v']);
  });

  it('of the past come first when asked for', async () => {
    events.emit('container', 'start', 'c1');
    expect(await read({ sinceMs: clock.now().getTime() }, 3)).toEqual(['start c1', 'start c2', 'create v']);
  });

  it.each<[object, string]>([
    [{ type: ['volume'] }, 'create v'],
    [{ container: ['two'] }, 'start c2'],
    [{ event: ['create'] }, 'create v'],
    [{ image: ['i'] }, 'start c2'],
    [{ label: ['role=web'] }, 'start c2'],
  ])('pass the filter %j', async (filters, want) => expect(await read({ filters: filtersOf(filters) }, 1)).toEqual([want]));

  it('end at their time', async () => {
    const nowMs = clock.now().getTime();
    events.emit('container', 'start', 'c1');
    const found: string[] = [];
    const reading = (async () => {
      for await (const { Actor } of events.read({
        sinceMs: nowMs,
        untilMs: nowMs + 1000,
        filters: Filters.none,
        signal: new AbortController().signal,
      }))
        found.push(Actor.ID);
    })();
    await clock.advance(1000);
    await reading;
    expect(found).toEqual(['c1']);
  });

  it('are forgotten after 256, and a reader that does not keep up is ended', async () => {
    for (let n = 0; n < 300; n++) events.emit('volume', 'create', String(n));
    const late = events.read({ sinceMs: 0, filters: Filters.none, signal: new AbortController().signal });
    expect((await late.next()).value?.Actor.ID).toBe('44');
    for (let n = 0; n < 5000; n++) events.emit('volume', 'create', 'more');
    let count = 0;
    for await (const _ of late) count++;
    expect(count).toBeLessThan(6000);
  });
});
