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

export const events: Endpoint = {
  method: 'GET',
  path: '/events',
  async handle({ query, signal }, engine) {
    const [sinceMs, untilMs] = [timeOf(query, 'since'), timeOf(query, 'until')];
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
