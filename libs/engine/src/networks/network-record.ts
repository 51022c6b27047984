import { lookUp } from '#base';
import type { ContainerBridge } from '#network/contract';
import type { NetworkRange } from './ipam.ts';

/** What is known of a network; of one that somebody made, on disk before anybody hears of it. */
export interface NetworkRecord {
  /** 64 hexadecimal digits. */
  id: string;
  name: string;
  created: string;
  driver: 'bridge' | 'host' | 'null';
  /** Was there from the beginning, and stays. */
  predefined: boolean;
  /** Name of the bridge's interface. */
  link: string;
  ranges: readonly NetworkRange[];
  /** Ranges were asked for by name: single addresses of them may be too. */
  hasOwnRanges: boolean;
  ipv6: boolean;
  internal: boolean;
  attachable: boolean;
  options: Record<string, string>;
  ipamOptions: Record<string, string> | null;
  labels: Record<string, string>;
}

/** Options of the driver `bridge` that mean something here. */
export const Option = {
  name: 'com.docker.network.bridge.name',
  icc: 'com.docker.network.bridge.enable_icc',
  masquerade: 'com.docker.network.bridge.enable_ip_masquerade',
  hostBinding: 'com.docker.network.bridge.host_binding_ipv4',
  defaultBridge: 'com.docker.network.bridge.default_bridge',
  mtu: 'com.docker.network.driver.mtu',
  /** Ours: its containers reach pods and services. */
  cluster: 'berth.cluster',
} as const;

export function isOn({ options }: NetworkRecord, option: string, fallback: boolean): boolean {
  const value = lookUp(options, option);
  return value === undefined ? fallback : ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(value);
}

export const mtuOf = ({ options }: NetworkRecord): number | undefined =>
  options[Option.mtu] === undefined ? undefined : Number(options[Option.mtu]);

/** What the node has to have for it. */
export function bridgeOf(network: NetworkRecord): ContainerBridge {
  const mtu = mtuOf(network);
  return {
    link: network.link,
    ranges: network.ranges.map(({ subnet, gateway }) => ({ cidr: subnet, gateway })),
    ...(mtu !== undefined && { mtu }),
    internal: network.internal,
    masquerade: isOn(network, Option.masquerade, true),
    cluster: isOn(network, Option.cluster, false),
  };
}
