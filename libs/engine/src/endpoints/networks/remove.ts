import type { Endpoint } from '../../http/endpoint.ts';

export const remove: Endpoint = {
  method: 'DELETE',
  path: '/networks/{id}',
  async handle({ param }, engine) {
    await engine.networks.remove(engine.networks.book.find(param('id')));
    return { status: 204 };
  },
};
