import { createContainer } from '../../containers/create-container.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { jsonBody } from '../../http/json-body.ts';

export const create: Endpoint = {
  method: 'POST',
  path: '/containers/create',
  async handle({ body, query }, engine) {
    const { id } = await createContainer(engine, await jsonBody(body), query.get('name') || null);
    return { status: 201, json: { Id: id, Warnings: [] } };
  },
};
