import type { NetworkPolicy } from '#api/types';

/*
 * The network of one node (DESIGN.md section 9): a routed veth per pod, routes to other nodes' pods, services by nftables, cluster DNS.
 * Everything is desired state: `apply` is idempotent, brings the kernel to what is given, and removes what is not.
 */

/** Links and addresses of the pods of this node. What is attached is found again in the kernel and on disk after a restart. */
export interface PodNetwork {
  /** Makes eth0 and lo in the namespace, with an address out of each of the node's ranges, in their order. Idempotent by `sandboxId`. */
  attach(pod: { sandboxId: string; netnsPath: string; mtu?: number }): Promise<{ ips: readonly string[] }>;
  /** Idempotent; gives the addresses back. */
  detach(sandboxId: string): Promise<void>;
  /** sandboxId → addresses of all that is attached. */
  list(): Promise<Map<string, readonly string[]>>;
}

/** Routes to the pod ranges of the other nodes, each through the node's address of the range's family. */
export interface NodeRoutes {
  apply(nodes: readonly { name: string; ips: readonly string[]; podCidrs: readonly string[] }[]): Promise<void>;
}

/** ClusterIP, NodePort, external and load-balancer addresses → endpoints. */
export interface ServiceProxy {
  /** Replaces all services in one nftables transaction, or only what changed since the last call; resolves when the kernel has it. */
  apply(services: readonly ServiceRoute[]): Promise<void>;
  /** Ports of the node that lead to one pod (`hostPort`): all of them, replacing those of the last call. */
  applyHostPorts(ports: readonly HostPort[]): Promise<void>;
  /** Ranges that Services have addresses of beside those that the cluster began with. */
  applyServiceCidrs(cidrs: readonly string[]): Promise<void>;
  /** Takes everything out of the kernel. */
  remove(): Promise<void>;
}

/** Addresses of load balancers that this node answers for on the node network. */
export interface Announcer {
  /** For these and no others, from now on. Answers those that are new. */
  apply(ips: readonly string[]): Promise<readonly string[]>;
  /** Tells everybody on the link that they are here, who may know them elsewhere. */
  tell(ips: readonly string[]): Promise<void>;
}

export interface HostPort {
  /** The pod's addresses: one a family at most. */
  podIps: readonly string[];
  containerPort: number;
  hostPort: number;
  /** Only on this address of the node. */
  hostIp?: string;
  protocol: 'TCP' | 'UDP' | 'SCTP';
}

/** One port of one Service, as a node's tables carry it: from its addresses to endpoints. */
export interface ServiceRoute {
  /** `namespace/name`, for comments and chain names. */
  service: string;
  portName: string;
  protocol: 'TCP' | 'UDP' | 'SCTP';
  clusterIps: readonly string[];
  /** spec.externalIPs and load balancer addresses. */
  externalIps: readonly string[];
  /** Load balancer addresses that only these ranges may use: spec.loadBalancerSourceRanges. */
  guarded?: { ips: readonly string[]; sourceRanges: readonly string[] };
  /** Where the node tells load balancers over HTTP how many endpoints of its own it has (externalTrafficPolicy Local). */
  healthCheckNodePort?: number;
  port: number;
  nodePort?: number;
  /** ClientIP affinity: how long a client stays on its endpoint. */
  affinitySeconds?: number;
  externalTrafficPolicy: 'Cluster' | 'Local';
  internalTrafficPolicy: 'Cluster' | 'Local';
  /** Ready ones, and serving terminating ones where no ready one is left: anywhere, or on this node (KEP-1669). */
  endpoints: readonly RouteEndpoint[];
}

export interface RouteEndpoint {
  ip: string;
  port: number;
  /** On this node. */
  local: boolean;
  /** Serves while it terminates: used only where there is no ready one, with policy Local none on this node. */
  terminating?: boolean;
  /** Others are nearer to this node, by the hints of their slices: not for policy Cluster (`trafficDistribution`, KEP-2433). */
  distant?: boolean;
}

/** The node that routes, by the names that hints of endpoints have for it. */
export interface RoutingNode {
  name: string;
  zone?: string;
}

/** The node-local DNS server for the cluster's domain, on the cluster DNS address. */
export interface ClusterDns {
  /** Records are looked up when asked for. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** What the DNS server answers from. */
export interface DnsRecords {
  /** A service by namespace and name, with the addresses of its endpoints for headless ones. */
  service(namespace: string, name: string): DnsService | undefined;
  /** `<a-b-c-d>.<namespace>.pod.<domain>` is answered when the namespace exists. */
  namespaceExists(namespace: string): boolean;
  /** The name of the service or endpoint that has this address, without the cluster's domain (`web.default.svc`), for PTR. */
  reverse(ip: string): string | undefined;
  /** Tells from then on in which namespace an answer may have become another. Where it is absent nothing ever changes. */
  onChange?(listener: (namespace: string) => void): void;
}

export interface DnsService {
  clusterIps: readonly string[];
  /** `clusterIP: None`: its name leads to its endpoints. */
  headless: boolean;
  /** A name elsewhere, which its own is an alias of. */
  externalName?: string;
  ports: readonly { name: string; protocol: string; port: number }[];
  /** Of headless services; `hostname` when the endpoint has one. */
  endpoints: readonly { ip: string; hostname?: string; ports: readonly { name: string; protocol: string; port: number }[] }[];
}

/**
 * NetworkPolicies in force for the pods of this node. A pod is cut off from all but its node until it has been among `local`: it is open
 * for no moment that its policies do not allow.
 */
export interface PolicyTables {
  /**
   * Brings the kernel to what is given; resolves when it is in force, for connections that stand too. The first call replaces what a former
   * agent left, in one transaction. Throws when the kernel refuses: then all is as it was.
   */
  apply(world: PolicyWorld): Promise<void>;
}

/** All that decides what a pod of this node may send and receive. */
export interface PolicyWorld {
  policies: readonly NetworkPolicy[];
  namespaces: readonly { name: string; labels?: Readonly<Record<string, string>> }[];
  /** Pods of the whole cluster with addresses of their own: whom selectors of peers choose from. */
  pods: readonly PolicyPod[];
  /** Those of this node. */
  local: readonly PolicyPod[];
}

export interface PolicyPod {
  namespace: string;
  labels?: Readonly<Record<string, string>>;
  ips: readonly string[];
  /** Ports that have a name. */
  ports: readonly { name: string; protocol: string; port: number }[];
}

/** The proxy of a node that serves Ingresses: a process of its own, which outlives whoever applies. */
export interface IngressProxy {
  /**
   * Brings the proxy to this state, without a connection refused or a request lost, and starts it where it does not run; resolves when it
   * acts by it. With no routes it is stopped, and its ports are free. What cannot be written into its configuration is left out.
   */
  apply(state: IngressState): Promise<void>;
  /** Called when the proxy has ended by itself: the state has to be applied again. */
  onEnd(listener: () => void): void;
  /** Its metrics in the Prometheus text format; empty while it does not run. */
  metrics(): Promise<string>;
  /** Lets go of the proxy, which runs on. */
  close(): void;
}

/** What the proxy serves. */
export interface IngressState {
  routes: readonly IngressRoute[];
  backends: readonly IngressBackend[];
  certificates: readonly IngressCertificate[];
}

/** One host and path, and the backend that they lead to. */
export interface IngressRoute {
  /** A name, `*.` and a name, or `*`. */
  host: string;
  /** As the Ingress says it; of a prefix without the slash at its end. */
  path: string;
  match: 'exact' | 'prefix';
  /** Name of a backend. */
  backend: string;
}

/** One port of one Service, as some Ingresses want it. */
export interface IngressBackend {
  /** Of letters, digits, `-` and `_`. */
  name: string;
  endpoints: readonly { ip: string; port: number }[];
  protocol: 'http' | 'h2c' | 'https';
  /** A client stays on its endpoint. */
  affinity: boolean;
  redirectsToTls: boolean;
  /** How long it may say nothing. */
  timeoutSeconds?: number;
}

/** For clients that ask for one of these hosts; `*` is for all that no other certificate is for. */
export interface IngressCertificate {
  hosts: readonly string[];
  /** PEM, checked: the key is that of the first certificate. */
  certificate: string;
  key: string;
}

/** Networks of containers that are no pods: bridges of this node, what hangs on them, and the rules between them and the world. */
export interface BridgeNetworks {
  /** Whether the node has an interface of that name, whosever it is. */
  has(link: string): Promise<boolean>;
  /** Makes the bridge, or brings the one of that name to this. Idempotent. Its rules come with `applyRules`. */
  raise(bridge: ContainerBridge): Promise<void>;
  /** Idempotent. */
  lower(link: string): Promise<void>;
  /**
   * Brings the rules of the kernel to these bridges and ports, and nothing else. The first call replaces what a former process left, in one
   * transaction; calls that wait are merged.
   */
  applyRules(bridges: readonly ContainerBridge[], ports: readonly PublishedPort[]): Promise<void>;
  /** Makes the link with its addresses, as the first free of eth0, eth1 … in the namespace. What is there by its name goes first. */
  attach(endpoint: ContainerEndpoint): Promise<void>;
  /** Idempotent. */
  detach(link: string): Promise<void>;
  /** What the namespace sends to the world goes by this link from now on, and what it asks `CONTAINER_RESOLVER` too. */
  lead(way: { netnsPath: string; link: string; gateways: readonly string[]; resolver?: string }): Promise<void>;
}

export interface ContainerBridge {
  /** Name of its interface: at most 15 characters. */
  link: string;
  /** With the node's own address in it, where it has one. */
  ranges: readonly { cidr: string; gateway?: string }[];
  mtu?: number;
  /** Leads nowhere but to its own containers and the node. */
  internal: boolean;
  /** What leaves it has the node's address. */
  masquerade: boolean;
  /** Reaches pods and services of the cluster; what does not finds nobody at their addresses. */
  cluster: boolean;
}

export interface ContainerEndpoint {
  netnsPath: string;
  /** Name of the bridge's interface. */
  bridge: string;
  /** The node's end, at most 15 characters. */
  link: string;
  mac: string;
  /** With the length of their ranges: `172.18.0.2/16`. */
  addresses: readonly string[];
  mtu?: number;
  /** Reaches no other endpoint of its bridge that is isolated too. */
  isolated: boolean;
  /** Reaches itself by way of its published ports. */
  hairpin: boolean;
}

/** A port of this node that leads to one of a container. */
export interface PublishedPort {
  protocol: 'tcp' | 'udp' | 'sctp';
  /** One address of the node, or all of a family: `0.0.0.0`, `::`. */
  hostIp: string;
  hostPort: number;
  containerIp: string;
  containerPort: number;
}

/** Keeps ports of this node from being used by others, and serves what no rule of the kernel leads on. */
export interface HostPorts {
  /**
   * Resolves when the port is held for this container, until `release`. Throws an Error with code EADDRINUSE, EADDRNOTAVAIL or EACCES.
   */
  hold(port: PublishedPort): Promise<void>;
  release(port: Pick<PublishedPort, 'protocol' | 'hostIp' | 'hostPort'>): Promise<void>;
  /** All of them: the rules of the kernel stay. */
  close(): Promise<void>;
}

/** Where containers ask for names, as with Docker: an address of their own loopback that leads to the node's resolver. */
export const CONTAINER_RESOLVER = '127.0.0.11';

/** What the resolver of containers answers from; a client is told by its address. */
export interface ContainerNames {
  /** Of one name, as the client sees it: its addresses of both families. Undefined: not a container's name. */
  addressesOf(client: string, name: string): readonly string[] | undefined;
  /** The name of a container with this address, as the client sees it. */
  nameOf(client: string, ip: string): string | undefined;
  /** Who is asked about everything else; undefined: the node's own resolvers. */
  serversOf(client: string): readonly string[] | undefined;
}
