import type { Endpoint } from '../../http/endpoint.ts';
import { Filters } from '../../http/query.ts';
import { untilOf } from '../containers/prune.ts';

/** Docker asks for what containers are in, not for those that are: who has been stopped does not keep its network. */
export const prune: Endpoint = {
  method: 'POST',
  path: '/networks/prune',
  async handle({ query }, engine) {
    const filters = Filters.of(query, ['label', 'label!', 'until']);
    const until = untilOf(filters, engine.options.clock.now().getTime());
    const deleted: string[] = [];
    for (const network of engine.networks.book.list()) {
      if (network.predefined || engine.networks.attachments.in(network).length > 0 || !filters.labels(network.labels)) continue;
      if (until !== undefined && Date.parse(network.created) > until) continue;
      await engine.networks.remove(network);
      deleted.push(network.name);
    }
    return { status: 200, json: { NetworksDeleted: deleted.length > 0 ? deleted : null } };
  },
};
