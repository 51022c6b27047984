import type { Engine } from '../../engine.ts';
import { badParameter } from '../../errors.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { Filters } from '../../http/query.ts';
import type { NetworkRecord } from '../../networks/network-record.ts';
import { networkView } from '../../networks/views.ts';

const known = ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type'];

export const list: Endpoint = {
  method: 'GET',
  path: '/networks',
  async handle({ query }, engine) {
    const accepts = matcher(engine, Filters.of(query, known));
    return {
      status: 200,
      json: engine.networks.book
        .list()
        .filter(accepts)
        .map((network) => networkView(engine, network)),
    };
  },
};

/** Throws 400 for values that no network has. */
function matcher(engine: Engine, filters: Filters): (network: NetworkRecord) => boolean {
  for (const type of filters.get('type')) if (!['custom', 'builtin'].includes(type)) throw badParameter(`invalid filter: 'type'='${type}'`);
  const dangling = filters.get('dangling').map((value) => {
    if (!['0', '1', 'true', 'false'].includes(value))
      throw badParameter(`invalid value for 'dangling' filter: "${value}", must be "true" (or "1"), or "false" (or "0")`);
    return value === 'true' || value === '1';
  });
  return (network) =>
    filters.some('name', (part) => network.name.includes(part)) &&
    filters.some('id', (part) => network.id.startsWith(part)) &&
    filters.some('driver', (driver) => network.driver === driver) &&
    filters.some('scope', (scope) => scope === 'local') &&
    filters.some('type', (type) => network.predefined === (type === 'builtin')) &&
    dangling.every((wanted) => (!network.predefined && engine.networks.attachments.in(network).length === 0) === wanted) &&
    filters.labels(network.labels);
}
