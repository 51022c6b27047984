import type { ContainerNames } from '#network/contract';
import type { ContainerRecord } from '../containers/record.ts';
import type { Attachments } from './attachments.ts';
import { answersNames, type Endpoint } from './endpoint.ts';
import type { NetworkBook } from './network-book.ts';
import { isOn, Option } from './network-record.ts';
import type { NodeLinks } from './node-links.ts';

export interface NamesOptions {
  book: NetworkBook;
  attachments: Attachments;
  links: Pick<NodeLinks, 'cluster' | 'servers'>;
}

/** What a container is called in a network that answers names, beside the names that were given to it there. */
const ownNames = ({ name, id, config }: ContainerRecord): string[] => [name, id.slice(0, 12), config.Hostname];

/** The names of containers, as each of them sees the others: of networks that it is in itself. */
export function containerNames({ book, attachments, links }: NamesOptions): ContainerNames {
  const clientOf = (ip: string): string | undefined => {
    for (const network of book.list()) {
      const holder = book.addresses(network).holderOf(ip);
      if (holder !== undefined) return holder;
    }
    return undefined;
  };
  const named = (client: string): readonly Endpoint[] =>
    attachments.of(clientOf(client) ?? '').filter(({ network }) => answersNames(network));
  return {
    addressesOf(client, asked) {
      for (const { network, config } of named(client)) {
        const name = asked.endsWith(`.${network.name.toLowerCase()}`) ? asked.slice(0, -network.name.length - 1) : asked;
        const link = (config.Links ?? []).map((text) => text.split(':')).find(([to, alias = to]) => alias?.toLowerCase() === name)?.[0];
        const found = attachments
          .in(network)
          .filter(({ record, endpoint }) =>
            [...ownNames(record), ...(endpoint.config.Aliases ?? [])].some(
              (each) => each.toLowerCase() === name || (link !== undefined && each === link),
            ),
          )
          .flatMap(({ endpoint }) => endpoint.ips);
        if (found.length > 0) return found;
      }
      return undefined;
    },
    nameOf(client, ip) {
      for (const { network } of named(client)) {
        const holder = book.addresses(network).holderOf(ip);
        const record = holder === undefined ? undefined : attachments.recordOf(holder);
        if (record) return `${record.name}.${network.name}`;
      }
      return undefined;
    },
    serversOf(client) {
      const id = clientOf(client);
      const endpoints = attachments.of(id ?? '');
      const given = id === undefined ? undefined : attachments.recordOf(id)?.hostConfig.Dns;
      if (endpoints.length > 0 && endpoints.every(({ network }) => network.internal)) return [];
      if (given?.length) return given;
      return endpoints.some(({ network }) => isOn(network, Option.cluster, false)) ? links.cluster?.dns : links.servers;
    },
  };
}
