import type { Engine } from '../../engine.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { Filters } from '../../http/query.ts';
import type { NetworkView } from '../../networks/networks.ts';

export const networks: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/networks',
    async handle({ query }, engine) {
      const filters = Filters.of(query, ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type']);
      const found = engine.networks
        .list()
        .filter(
          ({ Name, Id, Driver }) =>
            filters.some('name', (part) => Name.includes(part)) &&
            filters.some('id', (id) => Id.startsWith(id)) &&
            filters.some('driver', (driver) => Driver === driver) &&
            filters.some('scope', (scope) => scope === 'local') &&
            filters.some('type', (type) => type === 'builtin') &&
            filters.some('dangling', (value) => value === 'false' || value === '0') &&
            filters.labels(null),
        );
      return { status: 200, json: found.map((network) => view(engine, network)) };
    },
  },
  {
    method: 'GET',
    path: '/networks/{id}',
    handle: async ({ param }, engine) => ({ status: 200, json: view(engine, engine.networks.find(param('id'))) }),
  },
];

function view(engine: Engine, { Name, Id, Driver, Subnet }: NetworkView): object {
  const members = engine.containers.book.list().filter((record) => Name === 'bridge' && engine.containers.live(record.id).ips.length > 0);
  return {
    Name,
    Id,
    Created: '0001-01-01T00:00:00Z',
    Scope: 'local',
    Driver,
    EnableIPv6: false,
    IPAM: { Driver: 'default', Options: null, Config: Subnet === undefined ? [] : [{ Subnet }] },
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: Object.fromEntries(
      members.map(({ id, name }) => [
        id,
        { Name: name, EndpointID: id, MacAddress: '', IPv4Address: engine.containers.live(id).ips[0] ?? '', IPv6Address: '' },
      ]),
    ),
    Options: {},
    Labels: {},
  };
}
