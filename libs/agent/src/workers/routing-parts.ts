import type { EndpointSlice, Node, Pod, Service, ServiceCIDR } from '#api/types';
import type { Clock } from '#base';
import type { Informer } from '#client/contract';
import type { Announcer, NodeRoutes, ServiceProxy } from '#network/contract';
import type { Logger } from '#telemetry';
import { LoadBalancerAddresses, type LoadBalancerAddressesOptions } from './load-balancer-addresses.ts';
import { NetworkTables, type NetworkTablesOptions } from './network-tables.ts';
import { ServiceRanges } from './service-ranges.ts';

/** What of the node's network leads traffic to services and to other nodes. */
export interface RoutingNetwork {
  routes: NodeRoutes;
  proxy: ServiceProxy;
  serviceRoutes: NetworkTablesOptions['serviceRoutes'];
  announcer: Announcer;
  announced: LoadBalancerAddressesOptions['announced'];
  /** Routes to services what has these addresses beside those of the cluster's beginning. */
  serviceCidrs(cidrs: readonly string[]): Promise<void>;
}

interface RoutingPartsInput {
  clock: Clock;
  logger: Logger;
  nodeName: string;
  network: RoutingNetwork;
  /** `bound`: the node's own pods. */
  caches: {
    nodes: Informer<Node>;
    services: Informer<Service>;
    slices: Informer<EndpointSlice>;
    bound: Informer<Pod>;
    cidrs: Informer<ServiceCIDR>;
  };
  /** Everything up to this EndpointSlice version is in the kernel. */
  applied: NetworkTablesOptions['applied'];
  /** When the api-server last heard of this node (`monotonicMs`). */
  lastContactMs: () => number;
}

/** What leads traffic to services and to other nodes. */
export function routingParts({ clock, logger, nodeName, network, caches, applied, lastContactMs }: RoutingPartsInput) {
  const { nodes, services, slices, bound, cidrs } = caches;
  const { routes, proxy, serviceRoutes, announcer, announced } = network;
  const common = { clock, logger, nodes, services, slices };
  return {
    tables: new NetworkTables({ ...common, nodeName, pods: bound, routes, proxy, serviceRoutes, applied }),
    balancers: new LoadBalancerAddresses({ ...common, announcer, announced, lastContactMs }),
    serviceRanges: new ServiceRanges({ clock, logger, cidrs, apply: (ranges) => network.serviceCidrs(ranges) }),
  };
}
