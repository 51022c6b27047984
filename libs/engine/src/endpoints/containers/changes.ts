import { filesystemOf } from '../../containers/container-files.ts';
import type { Endpoint } from '../../http/endpoint.ts';

const kinds = { modified: 0, added: 1, deleted: 2 } as const;

/** `docker diff`: Docker Engine API, "Get changes on a container's filesystem". */
export const changes: Endpoint = {
  method: 'GET',
  path: '/containers/{name}/changes',
  async handle({ param }, engine) {
    const record = engine.containers.book.find(param('name'));
    const found = await engine.options.filesystems.changes(await filesystemOf(engine, record));
    return { status: 200, json: found.length > 0 ? found.map(({ path, kind }) => ({ Path: path, Kind: kinds[kind] })) : null };
  },
};
