import type { Endpoint } from '../../http/endpoint.ts';
import { networkView } from '../../networks/views.ts';
import { badParameter, notFound } from '../../errors.ts';

export const inspect: Endpoint = {
  method: 'GET',
  path: '/networks/{id}',
  async handle({ param, query }, engine) {
    const scope = query.get('scope') ?? '';
    const verbose = query.get('verbose') ?? '';
    if (!['', '0', '1', 'true', 'false'].includes(verbose)) throw badParameter(`invalid value for verbose: ${verbose}`);
    const network = engine.networks.book.find(param('id'));
    if (scope !== '' && scope !== 'local') throw notFound(`network ${param('id')} not found`);
    return { status: 200, json: networkView(engine, network, { containers: true }) };
  },
};
