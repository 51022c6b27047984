import type { ServiceRoute } from '../contract.ts';
import { familyOf } from '../family.ts';

/** Connections from clients of `address:port` to `endpoint` that must be forgotten. */
export interface StaleEndpoint {
  protocol: 'UDP';
  /** The service's address as clients know it; undefined: any (a node port). */
  address?: string;
  port: number;
  endpoint: { ip: string; port: number };
}

/**
 * UDP has no end of a connection: as long as a client sends, the kernel keeps its "connection" to an endpoint that is gone. TCP and SCTP
 * connections are left alone: they may drain, and the peer's reset ends them.
 */
export function staleEndpoints(before: readonly ServiceRoute[], after: readonly ServiceRoute[]): StaleEndpoint[] {
  const kept = new Set(after.filter(isUdp).flatMap((service) => entries(service).map(textOf)));
  return before
    .filter(isUdp)
    .flatMap(entries)
    .filter((entry) => !kept.has(textOf(entry)));
}

const isUdp = ({ protocol }: ServiceRoute): boolean => protocol === 'UDP';

function entries({ clusterIps, externalIps, port, nodePort, endpoints }: ServiceRoute): StaleEndpoint[] {
  return endpoints.flatMap(({ ip, port: endpointPort }): StaleEndpoint[] => {
    const endpoint = { ip, port: endpointPort };
    const addresses = [...clusterIps, ...externalIps].filter((address) => familyOf(address) === familyOf(ip));
    const addressed = addresses.map((address): StaleEndpoint => ({ protocol: 'UDP', address, port, endpoint }));
    return nodePort ? [...addressed, { protocol: 'UDP', port: nodePort, endpoint }] : addressed;
  });
}

const textOf = ({ address, port, endpoint }: StaleEndpoint): string => `${address ?? '*'} ${port} ${endpoint.ip} ${endpoint.port}`;
