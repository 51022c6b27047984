import { createContainer } from '../../containers/create-container.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { jsonBody } from '../../http/json-body.ts';
import { checkPlatform } from '../../system/platform.ts';

export const create: Endpoint = {
  method: 'POST',
  path: '/containers/create',
  async handle({ body, query }, engine) {
    checkPlatform(query);
    const warnings: string[] = [];
    const { id } = await createContainer(engine, await jsonBody(body), query.get('name') || null, warnings);
    return { status: 201, json: { Id: id, Warnings: warnings } };
  },
};
