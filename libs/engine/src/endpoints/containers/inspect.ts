import { containerDetails } from '../../containers/views.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { flag } from '../../http/query.ts';

export const inspect: Endpoint = {
  method: 'GET',
  path: '/containers/{name}/json',
  async handle({ param, query }, engine) {
    const record = await engine.find(param('name'));
    return { status: 200, json: containerDetails(engine, record, flag(query, 'size') ? await engine.sizesOf(record) : undefined) };
  },
};
