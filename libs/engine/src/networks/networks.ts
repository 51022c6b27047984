import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Clock, type Random, setKey } from '#base';
import type { ContainerNames } from '#network/contract';
import type { Logger } from '#telemetry';
import type { ContainerRecord, EndpointConfig } from '../containers/record.ts';
import { conflict, EngineError } from '../errors.ts';
import type { Events } from '../events.ts';
import { Attachments } from './attachments.ts';
import { checkCompany, checkEndpoint } from './connection-rules.ts';
import { askedLink, newNetwork } from './create-network.ts';
import { type Endpoint, endpointId, leading, modeOf } from './endpoint.ts';
import { containerNames } from './names.ts';
import { NetworkBook } from './network-book.ts';
import type { NodeLinks } from './node-links.ts';
import { bridgeOf, type NetworkRecord, Option } from './network-record.ts';
import { wantedPorts } from './ports.ts';
import { predefinedNetworks } from './predefined.ts';
import { PublishedPorts } from './published-ports.ts';

export interface NetworksOptions {
  links: NodeLinks;
  /** `<rootDir>/networks/<id>` */
  rootDir: string;
  /** Of the node: the ids of the networks that are there from the beginning follow from it. */
  name: string;
  events: Events;
  clock: Clock;
  random: Random;
  logger: Logger;
}

/** The networks of the engine: what is written down of them, and what the kernel has of it. */
export class Networks {
  readonly names: ContainerNames;

  private constructor(
    readonly options: NetworksOptions,
    readonly book: NetworkBook,
    readonly attachments: Attachments,
    private readonly ports: PublishedPorts,
  ) {
    this.names = containerNames({ book, attachments, links: options.links });
  }

  static async open(options: NetworksOptions): Promise<Networks> {
    const { links, events, name, rootDir } = options;
    const idOf = (network: string): string => createHash('sha256').update(`${name}/${network}`).digest('hex');
    const book = await NetworkBook.open(join(rootDir, 'networks'), predefinedNetworks(links, idOf));
    const attachments = new Attachments({ book, bridges: links.bridges, linkPrefix: `${links.prefix.slice(0, 4)}e`, events });
    const networks = new Networks(options, book, attachments, new PublishedPorts(links));
    await Promise.all(networks.bridges().map((network) => links.bridges.raise(bridgeOf(network))));
    return networks;
  }

  /** The rules of the kernel, once it is known who runs. */
  async settle(known: (container: string) => boolean): Promise<void> {
    await this.attachments.sweep(known);
    await this.applyRules();
  }

  async create(body: Record<string, unknown>): Promise<NetworkRecord> {
    const { clock, random, links, events } = this.options;
    await this.demandFree(askedLink(body));
    // From here to its place in the book without a pause: of two that are made at once each gets a range of its own.
    const others = this.book.list();
    const network = newNetwork(body, {
      id: random.bytes(32).toString('hex'),
      created: clock.now().toISOString(),
      taken: [...links.taken, ...links.linkRanges(), ...others.flatMap(({ ranges }) => ranges.map(({ subnet }) => subnet))],
      links: new Map(this.bridges().map(({ link, name }) => [link, name])),
    });
    await this.book.add(network);
    try {
      await links.bridges.raise(bridgeOf(network));
      await this.applyRules();
    } catch (err) {
      await links.bridges.lower(network.link);
      await this.book.delete(network);
      await this.applyRules();
      throw err;
    }
    events.emit('network', 'create', network.id, { name: network.name, type: network.driver });
    return network;
  }

  /** Throws 403 for one that is used, or was there from the beginning. */
  async remove(network: NetworkRecord): Promise<void> {
    const { name, id } = network;
    if (network.predefined) throw new EngineError(403, `${name} is a pre-defined network and cannot be removed`);
    const users = this.attachments
      .in(network)
      .map(({ record, endpoint }) => `name:${JSON.stringify(record.name)} id:${JSON.stringify(endpoint.id.slice(0, 12))}`);
    if (users.length > 0)
      throw new EngineError(403, `error while removing network: network ${name} has active endpoints (${users.join(', ')})`);
    await this.options.links.bridges.lower(network.link);
    await this.book.delete(network);
    await this.applyRules();
    this.options.events.emit('network', 'destroy', id, { name, type: network.driver });
  }

  /** Where a container is connected, by what was asked for; the one of its mode first, which is its eth0. Throws 404 for one that is gone. */
  wantedOf(record: ContainerRecord): { network: NetworkRecord; config: EndpointConfig }[] {
    return Object.entries(record.endpoints).map(([name, config]) => ({
      network: this.book.find(config.NetworkID || name),
      config,
    }));
  }

  /** Connects a container that is about to run, and publishes its ports. What fails leaves nothing. */
  async enter(record: ContainerRecord, netnsPath: string | undefined): Promise<void> {
    const mode = modeOf(record);
    if (netnsPath === undefined || mode.kind === 'container') return;
    if (mode.kind !== 'networks') return this.options.links.loopback(netnsPath);
    for (const { network, config } of this.wantedOf(record)) {
      checkEndpoint(network, config);
      await this.attachments.attach(record, network, config, netnsPath);
    }
    await this.attachments.lead(record.id, netnsPath);
    await this.publish(record);
  }

  /** Idempotent: a killed engine leaves any part of it. */
  async leave(record: ContainerRecord): Promise<void> {
    const published = record.published;
    delete record.published;
    await this.ports.withdraw(record.id);
    if (published) await this.applyRules();
    await this.attachments.detachAll(record);
  }

  /** One that a killed engine left running. */
  async adopt(record: ContainerRecord): Promise<void> {
    this.attachments.adopt(record);
    const lead = this.leading(record);
    if (!record.published || !lead) return;
    const lost = await this.ports.adopt(this.publisher(record, lead), record.published);
    if (lost.length > 0) this.options.logger.warn({ container: record.id, ports: lost }, 'ports of a container are used by others');
  }

  /** Puts a container into one more network, at once if it runs. What was there before is the caller's to write down. */
  async connect(record: ContainerRecord, network: NetworkRecord, config: EndpointConfig, netnsPath?: string): Promise<void> {
    if (modeOf(record).kind === 'container') {
      throw new EngineError(
        403,
        'container sharing network namespace with another container or host cannot be connected to any other network',
      );
    }
    const others = Object.entries(record.endpoints).flatMap(
      ([name, { NetworkID }]) => this.book.get(NetworkID ?? '') ?? this.book.named(name) ?? [],
    );
    if (others.some(({ id }) => id === network.id)) {
      throw new EngineError(403, `endpoint with name ${record.name} already exists in network ${network.name}`);
    }
    checkCompany(network, others);
    checkEndpoint(network, config);
    if (netnsPath !== undefined) {
      await this.attachments.attach(record, network, config, netnsPath);
      await this.follow(record, netnsPath);
    }
    setKey(record.endpoints, network.name, { ...config, NetworkID: network.id });
  }

  /** Throws 403 for a container that is not in it. */
  async disconnect(record: ContainerRecord, network: NetworkRecord, netnsPath?: string): Promise<void> {
    if (network.driver === 'host') throw conflict('container cannot be disconnected from host network or connected to host network');
    const name = Object.keys(record.endpoints).find(
      (each) => (record.endpoints[each]!.NetworkID || this.book.named(each)?.id) === network.id,
    );
    if (name === undefined) throw new EngineError(403, `container ${record.id} is not connected to network ${network.name}`);
    await this.attachments.detach(record, network);
    delete record.endpoints[name];
    if (netnsPath !== undefined) await this.follow(record, netnsPath);
  }

  endpointsOf(container: string): readonly Endpoint[] {
    return this.attachments.of(container);
  }

  /** Of the default bridge: what `host-gateway` stands for. */
  get hostGateway(): string {
    return this.book.named('bridge')!.ranges[0]!.gateway;
  }

  bridges(): NetworkRecord[] {
    return this.book.list().filter(({ driver }) => driver === 'bridge');
  }

  /** An interface of the node would be changed, and removed with the network. */
  private async demandFree(link: string | undefined): Promise<void> {
    if (!link || this.bridges().some((other) => other.link === link) || !(await this.options.links.bridges.has(link))) return;
    throw new EngineError(403, `cannot create a network with bridge ${link}: the node has an interface of that name`);
  }

  /** The endpoint that ports lead to. */
  private leading(record: ContainerRecord): Endpoint | undefined {
    const lead = leading(this.attachments.of(record.id));
    return lead?.network.internal ? undefined : lead;
  }

  /** After the endpoints of one that runs have changed: the world, and those who come to its ports, find it by another way. */
  private async follow(record: ContainerRecord, netnsPath: string): Promise<void> {
    await this.attachments.lead(record.id, netnsPath);
    if (!record.published) return this.publish(record);
    const lead = this.leading(record);
    await this.ports.withdraw(record.id);
    if (lead) await this.ports.adopt(this.publisher(record, lead), record.published);
    await this.applyRules();
  }

  private async publish(record: ContainerRecord): Promise<void> {
    const wanted = wantedPorts(record.config, record.hostConfig);
    const lead = this.leading(record);
    if (wanted.length === 0 || !lead) return;
    record.published = await this.ports.publish(this.publisher(record, lead), wanted);
    await this.applyRules();
  }

  private publisher({ id, name }: ContainerRecord, { network, ips }: Endpoint) {
    return { container: id, name, endpointId: endpointId(network.id, id), ips, defaultHostIp: network.options[Option.hostBinding] };
  }

  private async applyRules(): Promise<void> {
    await this.options.links.bridges.applyRules(this.bridges().map(bridgeOf), this.ports.all());
  }
}
