import { EngineError } from '../../errors.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { familiar } from '../../images/images.ts';
import { imageDetails, imageHistory } from '../../images/views.ts';
import { list } from './list.ts';
import { load } from './load.ts';
import { pull } from './pull.ts';
import { distribution } from './distribution.ts';
import { push } from './push.ts';
import { prune } from './prune.ts';
import { remove } from './remove.ts';
import { save } from './save.ts';

/** What Docker says of an image that was never given a name on this machine. */
const NEVER = '0001-01-01T00:00:00Z';

export const images: readonly Endpoint[] = [
  list,
  pull,
  prune,
  remove,
  load,
  push,
  distribution,
  ...save,
  {
    method: 'GET',
    path: '/images/{name...}/json',
    handle: async ({ param }, engine) => ({ status: 200, json: imageDetails(await engine.images.must(param('name')), NEVER) }),
  },
  {
    method: 'GET',
    path: '/images/{name...}/history',
    async handle({ param }, engine) {
      const image = await engine.images.must(param('name'));
      const layers = await engine.images.building.layersOf(image.id);
      return {
        status: 200,
        json: imageHistory(
          image,
          layers.map(({ descriptor }) => descriptor.size),
        ),
      };
    },
  },
  {
    method: 'POST',
    path: '/images/{name...}/tag',
    async handle({ param, query }, engine) {
      const [repo, tag] = [query.get('repo') ?? '', query.get('tag') || 'latest'];
      await engine.images.tag(param('name'), `${repo}:${tag}`);
      const { id } = await engine.images.must(`${repo}:${tag}`);
      engine.events.emit('image', 'tag', id, { name: `${familiar(repo)}:${tag}` });
      return { status: 201 };
    },
  },
  {
    method: 'GET',
    path: '/images/search',
    async handle() {
      throw new EngineError(501, 'this engine has no index of images to search: ask the registry that you use');
    },
  },
];
