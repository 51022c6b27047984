import { badParameter } from '../../errors.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { jsonBody } from '../../http/json-body.ts';

export const create: Endpoint = {
  method: 'POST',
  path: '/networks/create',
  async handle({ body }, engine) {
    const asked = await jsonBody(body);
    if (!asked) throw badParameter('invalid JSON: got EOF while reading request body');
    const { id } = await engine.networks.create(asked);
    return { status: 201, json: { Id: id, Warning: '' } };
  },
};
