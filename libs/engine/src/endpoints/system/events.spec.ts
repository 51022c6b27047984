import type { Engine } from '../../engine.ts';
import type { EventQuery } from '../../events.ts';
import type { Call } from '../../http/endpoint.ts';
import { events } from './events.ts';

/** What the events are asked for at such a query. */
async function asked(text: string): Promise<EventQuery> {
  let query: EventQuery | undefined;
  const engine = { events: { read: (wanted: EventQuery) => void (query = wanted) } } as unknown as Engine;
  await events.handle({ query: new URLSearchParams(text), signal: new AbortController().signal } as Call, engine);
  return query!;
}

describe('the times of events', () => {
  it.each([
    ['', {}],
    ['since=0', { sinceMs: 0 }],
    ['since=0&until=10', { sinceMs: 0, untilMs: 10_000 }],
    ['until=0', { untilMs: 0 }],
    ['since=1.5&until=1.5', { sinceMs: 1500, untilMs: 1500 }],
    ['since=2026-01-01T00:00:00Z', { sinceMs: Date.parse('2026-01-01T00:00:00Z') }],
  ])('%j', async (text, want) => {
    const { sinceMs, untilMs } = await asked(text);
    expect({ ...(sinceMs !== undefined && { sinceMs }), ...(untilMs !== undefined && { untilMs }) }).toEqual(want);
  });

  it.each([
    ['since=5&until=4', '`since` time (5) cannot be after `until` time (4)'],
    ['since=soon', 'invalid value for "since": "soon"'],
  ])('%j is refused', async (text, message) => {
    await expect(asked(text)).rejects.toMatchObject({ status: 400, message });
  });
});
