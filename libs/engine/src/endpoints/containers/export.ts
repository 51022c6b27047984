import { streamed } from '../../containers/container-files.ts';
import type { Endpoint } from '../../http/endpoint.ts';

/** `docker export`: the files of the image with what the container wrote; those of volumes are not the container's. */
export const exported: Endpoint = {
  method: 'GET',
  path: '/containers/{name}/export',
  handle({ param }, engine) {
    const record = engine.containers.book.find(param('name'));
    const reply = { type: 'application/x-tar', view: 'openLayers', done: () => engine.containers.emit(record, 'export') } as const;
    return streamed(engine, record, reply, async (files) => ({ archive: files.archive('/') }));
  },
};
