import { canonicalIp, isInCidr } from '#api';
import { lookUp } from '#base';
import type { BridgeNetworks } from '#network/contract';
import type { ContainerRecord, EndpointConfig } from '../containers/record.ts';
import type { Events } from '../events.ts';
import { type Endpoint, endpointId, gatewaysOf, leading, linkName, macOf } from './endpoint.ts';
import type { NetworkBook } from './network-book.ts';
import { isOn, mtuOf, type NetworkRecord, Option } from './network-record.ts';

export interface AttachmentsOptions {
  book: NetworkBook;
  bridges: BridgeNetworks;
  /** Begins the names of the node's ends of links. */
  linkPrefix: string;
  events: Events;
}

/** Which containers are in which networks now: links in the kernel, addresses on disk, and what is known of both here. */
export class Attachments {
  private readonly members = new Map<string, { record: ContainerRecord; endpoints: Endpoint[] }>();

  constructor(private readonly options: AttachmentsOptions) {}

  /** In the order in which they were made. */
  of(container: string): readonly Endpoint[] {
    return this.members.get(container)?.endpoints ?? [];
  }

  in(network: NetworkRecord): { record: ContainerRecord; endpoint: Endpoint }[] {
    return [...this.members.values()].flatMap(({ record, endpoints }) =>
      endpoints.filter((endpoint) => endpoint.network.id === network.id).map((endpoint) => ({ record, endpoint })),
    );
  }

  recordOf(container: string): ContainerRecord | undefined {
    return this.members.get(container)?.record;
  }

  /** Makes link and addresses. What fails leaves nothing. */
  async attach(record: ContainerRecord, network: NetworkRecord, config: EndpointConfig, netnsPath: string): Promise<Endpoint> {
    const { book, bridges, linkPrefix } = this.options;
    const addresses = book.addresses(network);
    await addresses.give(record.id); // of a former run, of which nobody heard the end
    const link = linkName(linkPrefix, network.id, record.id);
    try {
      const ips = addressesFor(network, config, (range, wanted) =>
        addresses.take(range, record.id, { wanted, network: `${network.name} (${network.id})` }),
      );
      const endpoint = this.endpoint(record, network, config, ips);
      const mtu = mtuOf(network);
      await bridges.attach({
        netnsPath,
        bridge: network.link,
        link,
        mac: endpoint.mac,
        addresses: ips.map((ip) => `${ip}/${lengthIn(network, ip)}`),
        ...(mtu !== undefined && { mtu }),
        isolated: !isOn(network, Option.icc, true),
        hairpin: record.published !== undefined || Object.keys(record.hostConfig.PortBindings ?? {}).length > 0,
      });
      this.remember(record, endpoint);
      return endpoint;
    } catch (err) {
      await bridges.detach(link);
      await addresses.give(record.id);
      throw err;
    }
  }

  /** Idempotent. */
  async detach(record: ContainerRecord, network: NetworkRecord): Promise<void> {
    await this.options.bridges.detach(linkName(this.options.linkPrefix, network.id, record.id));
    await this.options.book.addresses(network).give(record.id);
    const member = this.members.get(record.id);
    const endpoint = member?.endpoints.find((each) => each.network.id === network.id);
    if (!member || !endpoint) return;
    member.endpoints.splice(member.endpoints.indexOf(endpoint), 1);
    if (member.endpoints.length === 0) this.members.delete(record.id);
    this.tell('disconnect', network, record.id);
  }

  /** From all networks, those that a former engine attached it to as well. */
  async detachAll(record: ContainerRecord): Promise<void> {
    for (const network of this.options.book.list()) {
      if (this.options.book.addresses(network).of(record.id).length > 0) await this.detach(record, network);
    }
  }

  /** What the kernel has of a container that runs on, after an engine was killed. */
  adopt(record: ContainerRecord): void {
    for (const network of this.options.book.list()) {
      const ips = this.options.book.addresses(network).of(record.id);
      if (ips.length > 0)
        this.remember(record, this.endpoint(record, network, lookUp(record.endpoints, network.name) ?? {}, sorted(ips)), true);
    }
  }

  /** What is nobody's any more. */
  async sweep(known: (container: string) => boolean): Promise<void> {
    for (const network of this.options.book.list()) {
      const addresses = this.options.book.addresses(network);
      for (const holder of new Set([...addresses.all()].map(([, container]) => container))) {
        if (known(holder)) continue;
        await this.options.bridges.detach(linkName(this.options.linkPrefix, network.id, holder));
        await addresses.give(holder);
      }
    }
  }

  /** The way to the world, and to the resolver, after the endpoints of a container have changed. */
  async lead(container: string, netnsPath: string): Promise<void> {
    const endpoint = leading(this.of(container));
    if (!endpoint) return;
    const gateways = gatewaysOf(endpoint);
    const resolver = gateways.find((gateway) => !gateway.includes(':'));
    const ways = { gateways: endpoint.network.internal ? [] : gateways, ...(resolver !== undefined && { resolver }) };
    await this.options.bridges.lead({ netnsPath, link: endpoint.link, ...ways });
  }

  private endpoint(record: ContainerRecord, network: NetworkRecord, config: EndpointConfig, ips: readonly string[]): Endpoint {
    const mac = config.MacAddress || record.config.MacAddress;
    return {
      network,
      config,
      id: endpointId(network.id, record.id),
      link: linkName(this.options.linkPrefix, network.id, record.id),
      mac: macOf(ips[0] ?? '', mac),
      ips,
    };
  }

  private remember(record: ContainerRecord, endpoint: Endpoint, silently = false): void {
    const member = this.members.get(record.id) ?? { record, endpoints: [] };
    member.endpoints.push(endpoint);
    this.members.set(record.id, member);
    if (!silently) this.tell('connect', endpoint.network, record.id);
  }

  private tell(action: 'connect' | 'disconnect', { id, name, driver }: NetworkRecord, container: string): void {
    this.options.events.emit('network', action, id, { container, name, type: driver });
  }
}

type Take = (range: NetworkRecord['ranges'][number], wanted: string | undefined) => string;

/** One of each family, out of the range that has what was asked for. */
function addressesFor(network: NetworkRecord, { IPAMConfig }: EndpointConfig, take: Take): string[] {
  return [false, true].flatMap((v6) => {
    const ranges = network.ranges.filter(({ subnet }) => subnet.includes(':') === v6);
    const text = v6 ? IPAMConfig?.IPv6Address : IPAMConfig?.IPv4Address;
    const wanted = text ? canonicalIp(text) : undefined;
    const range = wanted === undefined ? ranges[0] : ranges.find(({ subnet }) => isInCidr(wanted, subnet));
    return range ? [take(range, wanted)] : [];
  });
}

export function lengthIn({ ranges }: NetworkRecord, ip: string): number {
  return Number(ranges.find(({ subnet }) => isInCidr(ip, subnet))?.subnet.split('/')[1] ?? 0);
}

const sorted = (ips: readonly string[]): string[] => ips.toSorted((a, b) => Number(a.includes(':')) - Number(b.includes(':')));
