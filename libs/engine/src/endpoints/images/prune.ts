import type { Endpoint } from '../../http/endpoint.ts';
import { Filters } from '../../http/query.ts';
import { untilOf } from '../containers/prune.ts';
import { removeNames } from './remove.ts';

export const prune: Endpoint = {
  method: 'POST',
  path: '/images/prune',
  async handle({ query }, engine) {
    const filters = Filters.of(query, ['dangling', 'label', 'label!', 'until']);
    const all = filters.get('dangling').some((value) => value === 'false' || value === '0');
    const until = untilOf(filters, engine.options.clock.now().getTime());
    const used = new Set((await engine.everything()).map(({ imageId }) => imageId));
    const deleted: object[] = [];
    let reclaimed = 0;
    for (const image of await engine.images.service.list()) {
      if (used.has(image.id) || (!all && image.names.length > 0)) continue;
      if (until !== undefined && Date.parse(image.config.created ?? '') > until) continue;
      if (!filters.labels(image.config.config?.Labels ?? null)) continue;
      deleted.push(...(await removeNames(engine, image, { names: image.names })));
      reclaimed += image.sizeBytes;
    }
    return { status: 200, json: { ImagesDeleted: deleted.length > 0 ? deleted : null, SpaceReclaimed: reclaimed } };
  },
};
