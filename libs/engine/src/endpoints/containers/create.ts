import { createContainer } from '../../containers/create-container.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { jsonBody } from '../../http/json-body.ts';
import { checkPlatform } from '../../system/platform.ts';

export const create: Endpoint = {
  method: 'POST',
  path: '/containers/create',
  async handle({ body, query }, engine) {
    checkPlatform(query);
    const { id, config } = await createContainer(engine, await jsonBody(body), query.get('name') || null);
    const ignored = config.Healthcheck ? ['The health check of the image is not run by this engine.'] : [];
    return { status: 201, json: { Id: id, Warnings: ignored } };
  },
};
