import { updateContainer } from '../../containers/update.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { jsonBody } from '../../http/json-body.ts';

export const update: Endpoint = {
  method: 'POST',
  path: '/containers/{name}/update',
  async handle({ param, body }, engine) {
    const record = await engine.findOwn(param('name'));
    const warnings = await updateContainer(engine, record, await jsonBody(body));
    return { status: 200, json: { Warnings: warnings.length > 0 ? warnings : null } };
  },
};
