import { createHash } from 'node:crypto';
import type { ContainerRecord, EndpointConfig } from '../containers/record.ts';
import { Option, type NetworkRecord } from './network-record.ts';

/** A container that is in a network now. */
export interface Endpoint {
  network: NetworkRecord;
  /** As the container has it: of what was asked for. */
  config: EndpointConfig;
  id: string;
  /** The node's end of its link. */
  link: string;
  mac: string;
  /** One of a family at most. */
  ips: readonly string[];
}

const digest = (...parts: readonly string[]): string => createHash('sha256').update(parts.join('/')).digest('hex');

export const endpointId = (network: string, container: string): string => digest(network, container);

/** At most 15 characters, as the kernel demands; the digest makes it the endpoint's own. */
export const linkName = (prefix: string, network: string, container: string): string =>
  prefix.slice(0, 5) + digest(network, container).slice(0, 10);

/** As Docker has made them of the address for long: who knows one knows both. */
export function macOf(ip: string, asked: string | undefined): string {
  if (asked) return asked.toLowerCase().replaceAll('-', ':');
  const bytes = ip.includes(':')
    ? [...Buffer.from(digest(ip).slice(0, 8), 'hex')] // of IPv6 the last four bytes may be nothing but zeros
    : ip.split('.').map(Number);
  return ['02', '42', ...bytes.map((byte) => byte.toString(16).padStart(2, '0'))].join(':');
}

export type NetworkMode = { kind: 'host' | 'none' } | { kind: 'networks' } | { kind: 'container'; id: string };

export function modeOf({ hostConfig: { NetworkMode: mode }, config }: Pick<ContainerRecord, 'hostConfig' | 'config'>): NetworkMode {
  if (mode.startsWith('container:')) return { kind: 'container', id: mode.slice('container:'.length) };
  if (mode === 'host') return { kind: mode };
  return mode === 'none' || config.NetworkDisabled ? { kind: 'none' } : { kind: 'networks' };
}

/** Who leads to the world: a network that is not internal, and of several the first by name, as with Docker. */
export function leading(endpoints: readonly Endpoint[]): Endpoint | undefined {
  return endpoints.toSorted(
    (a, b) => Number(a.network.internal) - Number(b.network.internal) || (a.network.name < b.network.name ? -1 : 1),
  )[0];
}

export const gatewaysOf = ({ network, ips }: Endpoint): string[] =>
  network.ranges.filter(({ subnet }) => ips.some((ip) => ip.includes(':') === subnet.includes(':'))).map(({ gateway }) => gateway);

/** Names of a container in its networks are answered there, but not in the default bridge: it has none. */
export const answersNames = ({ options }: NetworkRecord): boolean => options[Option.defaultBridge] === undefined;
