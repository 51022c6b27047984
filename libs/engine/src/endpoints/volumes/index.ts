import { conflict } from '../../errors.ts';
import { map, orNull, struct, text } from '../../containers/decode.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { jsonBody } from '../../http/json-body.ts';
import { Filters, flag } from '../../http/query.ts';
import { notFound } from '../../errors.ts';
import { volumeView } from '../../volume-views.ts';

const shape = struct({ Name: text(), Driver: text(), DriverOpts: orNull(map(text())), Labels: orNull(map(text())) });

export const volumes: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/volumes',
    async handle({ query }, engine) {
      const filters = Filters.of(query, ['dangling', 'driver', 'label', 'name']);
      const found = engine.volumes
        .list()
        .filter(
          ({ name, labels }) =>
            filters.some('name', (part) => name.includes(part)) &&
            filters.some('driver', (driver) => driver === 'local') &&
            filters.some('dangling', (value) => (engine.usersOf(name).length === 0) === (value === 'true' || value === '1')) &&
            filters.labels(labels),
        );
      return { status: 200, json: { Volumes: found.map((volume) => volumeView(engine, volume)), Warnings: null } };
    },
  },
  {
    method: 'POST',
    path: '/volumes/create',
    async handle({ body }, engine) {
      const { Name: name, Driver: driver, DriverOpts: options, Labels: labels } = shape(await jsonBody(body), 'CreateOptions');
      if (driver !== '' && driver !== 'local') throw notFound(`error looking up volume plugin ${driver}: plugin "${driver}" not found`);
      const known = name !== '' && engine.volumes.has(name);
      const volume = await engine.volumes.create({ ...(name !== '' && { name }), labels, options });
      if (!known) engine.events.emit('volume', 'create', volume.name, { driver: 'local' });
      return { status: 201, json: volumeView(engine, volume) };
    },
  },
  {
    method: 'GET',
    path: '/volumes/{name}',
    handle: async ({ param }, engine) => ({ status: 200, json: volumeView(engine, engine.volumes.get(param('name'))) }),
  },
  {
    method: 'DELETE',
    path: '/volumes/{name}',
    async handle({ param, query }, engine) {
      const name = param('name');
      if (flag(query, 'force') && !engine.volumes.has(name)) return { status: 204 };
      engine.volumes.get(name);
      const users = engine.usersOf(name);
      if (users.length > 0) throw conflict(`remove ${name}: volume is in use - [${users.join(', ')}]`);
      await engine.volumes.remove(name);
      engine.events.emit('volume', 'destroy', name, { driver: 'local' });
      return { status: 204 };
    },
  },
  {
    method: 'POST',
    path: '/volumes/prune',
    async handle({ query }, engine) {
      const filters = Filters.of(query, ['all', 'label', 'label!']);
      const all = filters.get('all').some((value) => value === 'true' || value === '1');
      const deleted: string[] = [];
      let reclaimed = 0;
      for (const { name, labels, anonymous } of engine.volumes.list()) {
        if ((!anonymous && !all) || engine.usersOf(name).length > 0 || !filters.labels(labels)) continue;
        reclaimed += (await engine.options.mounts.diskUsage(engine.volumes.path(name))).bytes;
        await engine.volumes.remove(name);
        engine.events.emit('volume', 'destroy', name, { driver: 'local' });
        deleted.push(name);
      }
      return { status: 200, json: { VolumesDeleted: deleted.length > 0 ? deleted : null, SpaceReclaimed: reclaimed } };
    },
  },
];
