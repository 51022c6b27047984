import { badParameter } from '../../errors.ts';
import { eventFilters } from '../../events.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { Filters } from '../../http/query.ts';

/** Seconds of the epoch, with a fraction if they like. Throws 400. */
export function timeOf(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === '' || value === '0') return undefined;
  const ms = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value);
  if (Number.isNaN(ms)) throw badParameter(`invalid value for "${name}": ${JSON.stringify(value)}`);
  return ms;
}

/** Of events, 0 is the beginning of time: `since=0` asks for all that are remembered. */
const eventTime = (query: URLSearchParams, name: string): number | undefined => (query.get(name) === '0' ? 0 : timeOf(query, name));

export const events: Endpoint = {
  method: 'GET',
  path: '/events',
  async handle({ query, signal }, engine) {
    const [sinceMs, untilMs] = [eventTime(query, 'since'), eventTime(query, 'until')];
    if (sinceMs !== undefined && untilMs !== undefined && untilMs < sinceMs)
      throw badParameter(`\`since\` time (${query.get('since')}) cannot be after \`until\` time (${query.get('until')})`);
    const filters = Filters.of(query, eventFilters);
    const stream = engine.events.read({
      ...(sinceMs !== undefined && { sinceMs }),
      ...(untilMs !== undefined && { untilMs }),
      filters,
      signal,
    });
    return {
      status: 200,
      type: 'application/json',
      async stream(out) {
        for await (const event of stream) out.write(`${JSON.stringify(event)}\n`);
      },
    };
  },
};
