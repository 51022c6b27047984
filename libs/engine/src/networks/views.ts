import { lookUp } from '#base';
import type { ContainerRecord } from '../containers/record.ts';
import type { Engine } from '../engine.ts';
import { lengthIn } from './attachments.ts';
import { answersNames, type Endpoint, gatewaysOf, modeOf } from './endpoint.ts';
import type { NetworkRecord } from './network-record.ts';
import { exposedPorts } from './ports.ts';

/** Docker Engine API, "Inspect a network"; without its containers as a list shows it. */
export function networkView(engine: Engine, network: NetworkRecord, { containers = false } = {}): object {
  const { id, name, created, driver, ipv6, ranges, internal, attachable, options, labels, ipamOptions } = network;
  return {
    Name: name,
    Id: id,
    Created: created,
    Scope: 'local',
    Driver: driver,
    EnableIPv6: ipv6,
    IPAM: {
      Driver: 'default',
      Options: network.predefined ? null : (ipamOptions ?? {}),
      Config:
        driver === 'bridge'
          ? ranges.map(({ subnet, range, gateway, auxiliary }) => ({
              Subnet: subnet,
              ...(range !== undefined && { IPRange: range }),
              Gateway: gateway,
              ...(auxiliary && { AuxiliaryAddresses: auxiliary }),
            }))
          : [],
    },
    Internal: internal,
    Attachable: attachable,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: containers
      ? Object.fromEntries(engine.networks.attachments.in(network).map(({ record, endpoint }) => [record.id, memberView(record, endpoint)]))
      : {},
    Options: options,
    Labels: labels,
  };
}

function memberView({ name }: ContainerRecord, endpoint: Endpoint): object {
  const { v4, v6 } = byFamily(endpoint);
  const whole = (ip: string): string => (ip === '' ? '' : `${ip}/${lengthIn(endpoint.network, ip)}`);
  return { Name: name, EndpointID: endpoint.id, MacAddress: endpoint.mac, IPv4Address: whole(v4), IPv6Address: whole(v6) };
}

/** `NetworkSettings` of a container. */
export function networkSettings(engine: Engine, record: ContainerRecord): object {
  const { containers, networks } = engine;
  const isRunning = containers.isRunning(record);
  const onBridge = networks.endpointsOf(record.id).find(({ network }) => network.driver === 'bridge' && !answersNames(network));
  // What the default bridge gives stands here too, as it did when there was no other network.
  const { EndpointID, Gateway, GlobalIPv6Address, GlobalIPv6PrefixLen, IPAddress, IPPrefixLen, IPv6Gateway, MacAddress } =
    operational(onBridge);
  const sandboxKey = containers.live(record.id).netnsPath ?? '';
  return {
    Bridge: '',
    SandboxID: isRunning ? record.id : '',
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    Ports: isRunning ? portsView(record) : {},
    SandboxKey: isRunning ? sandboxKey : '',
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID,
    Gateway,
    GlobalIPv6Address,
    GlobalIPv6PrefixLen,
    IPAddress,
    IPPrefixLen,
    IPv6Gateway,
    MacAddress,
    Networks: containerNetworks(engine, record),
  };
}

/** Which networks it is in, by name, also while it does not run. */
export function containerNetworks({ networks }: Engine, record: ContainerRecord): Record<string, object> {
  const live = networks.endpointsOf(record.id);
  return Object.fromEntries(
    Object.entries(record.endpoints).map(([name, { IPAMConfig, Links, Aliases, DriverOpts, NetworkID, MacAddress }]) => {
      const network = networks.book.get(NetworkID ?? '') ?? networks.book.named(name);
      const endpoint = live.find((each) => each.network.name === name || each.network.id === NetworkID);
      const named = network !== undefined && network.driver === 'bridge' && answersNames(network);
      const aliases = named ? [...new Set([...(Aliases ?? []), record.id.slice(0, 12)])] : (Aliases ?? null);
      return [
        name,
        {
          IPAMConfig: IPAMConfig ?? (named ? {} : null),
          Links: Links ?? null,
          Aliases: aliases,
          NetworkID: network?.id ?? NetworkID ?? '',
          ...operational(endpoint),
          ...(endpoint === undefined && MacAddress && { MacAddress }),
          DriverOpts: DriverOpts ?? null,
        },
      ];
    }),
  );
}

function byFamily({ ips }: Pick<Endpoint, 'ips'>): { v4: string; v6: string } {
  return { v4: ips.find((ip) => !ip.includes(':')) ?? '', v6: ips.find((ip) => ip.includes(':')) ?? '' };
}

/** What is so only while it runs. */
function operational(endpoint: Endpoint | undefined) {
  const { v4, v6 } = byFamily(endpoint ?? { ips: [] });
  const gateways = endpoint && !endpoint.network.internal ? gatewaysOf(endpoint) : [];
  return {
    EndpointID: endpoint?.id ?? '',
    Gateway: gateways.find((ip) => !ip.includes(':')) ?? '',
    IPAddress: v4,
    IPPrefixLen: endpoint && v4 ? lengthIn(endpoint.network, v4) : 0,
    IPv6Gateway: gateways.find((ip) => ip.includes(':')) ?? '',
    GlobalIPv6Address: v6,
    GlobalIPv6PrefixLen: endpoint && v6 ? lengthIn(endpoint.network, v6) : 0,
    MacAddress: endpoint?.mac ?? '',
  };
}

/** Each port that it has, and where it is published; null: nowhere. */
function portsView(record: ContainerRecord): Record<string, { HostIp: string; HostPort: string }[] | null> {
  if (modeOf(record).kind !== 'networks') return {};
  return Object.fromEntries(exposedPorts(record.config, record.hostConfig).map((key) => [key, lookUp(record.published, key) ?? null]));
}

/** `Ports` of a list of containers. */
export function portSummaries(record: ContainerRecord): object[] {
  return Object.entries(portsView(record)).flatMap(([key, bindings]): object[] => {
    const [port, Type] = key.split('/');
    const PrivatePort = Number(port);
    if (!bindings) return [{ PrivatePort, Type }];
    return bindings.map(({ HostIp, HostPort }) => ({ IP: HostIp, PrivatePort, PublicPort: Number(HostPort), Type }));
  });
}
