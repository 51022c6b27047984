import type { BridgeNetworks, HostPorts } from '#network/contract';

/** What the engine needs of the node's network. */
export interface NodeLinks {
  bridges: BridgeNetworks;
  hostPorts: HostPorts;
  /** Begins the names of bridges and links: the first letters of it are used. */
  prefix: string;
  /** Of the default bridge: `172.17.0.0/16`. */
  subnet: string;
  /** Ranges of pods and services: no network gets them. */
  taken: readonly string[];
  /** Ranges of the node's own links as they are now: none of them either. */
  linkRanges: () => readonly string[];
  ipv6: boolean;
  /** Of the cluster, for the network `cluster`; without it there is none. */
  cluster?: { dns: readonly string[]; domain: string };
  /** Who is asked for names instead of those of `resolvConf`. */
  servers?: readonly string[];
  /** The node's own resolv.conf. */
  resolvConf: string;
  /** Raises the loopback of a network namespace that has nothing else. */
  loopback: (netnsPath: string) => Promise<void>;
}
