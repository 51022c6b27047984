import { commitContainer } from '../images/commit-container.ts';
import type { Endpoint } from '../http/endpoint.ts';
import { flag } from '../http/query.ts';
import { jsonBody } from '../http/json-body.ts';

/** `docker commit`: Docker Engine API, "Create a new image from a container". */
export const commit: Endpoint = {
  method: 'POST',
  path: '/commit',
  async handle({ query, body }, engine) {
    const config = await jsonBody(body);
    const record = engine.containers.book.find(query.get('container') ?? '');
    const repo = query.get('repo') ?? '';
    const id = await commitContainer(engine, record, {
      name: repo === '' ? undefined : engine.images.withTag(query.get('tag') ? `${repo}:${query.get('tag')}` : repo),
      author: query.get('author') ?? '',
      comment: query.get('comment') ?? '',
      pause: flag(query, 'pause', true),
      changes: query.getAll('changes'),
      config,
    });
    return { status: 201, json: { Id: id } };
  },
};
