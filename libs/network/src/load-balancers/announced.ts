import { isInCidr } from '#api';
import type { EndpointSlice, Node, Service } from '#api/types';
import { isNodeReady, serviceNameLabel, usesNodeNetwork } from '#objects';
import { familyOf, oneSpelling } from '../family.ts';
import { isReady } from '../services/service-routes.ts';

/** On a node that must not take traffic from outside: Kubernetes, "Well-Known Labels". */
const excludedLabel = 'node.kubernetes.io/exclude-from-external-load-balancers';

export interface Cluster {
  services: readonly Service[];
  slices: readonly EndpointSlice[];
  nodes: readonly Node[];
}

/**
 * The addresses of load balancers that a node answers for. Each node comes to the same result by itself: of the ready ones, and with
 * externalTrafficPolicy Local of those with a ready endpoint, the one with the highest hash of service and node. So a node that goes takes
 * only its own addresses along, and those are spread over the nodes that stay.
 */
export function announcedBy(nodeName: string, { services, slices, nodes }: Cluster, pool: readonly string[]): string[] {
  const willing = nodes.filter(
    (node) => isNodeReady(node) && !node.metadata.deletionTimestamp && node.metadata.labels?.[excludedLabel] === undefined,
  );
  const names = willing.map(({ metadata }) => metadata.name ?? '');
  if (!names.includes(nodeName)) return [];
  return services.filter(usesNodeNetwork).flatMap((service) => {
    const ips = addressesOf(service, pool);
    if (ips.length === 0) return [];
    const local = service.spec.externalTrafficPolicy === 'Local' ? nodesWithEndpoints(service, slices) : undefined;
    const candidates = local ? names.filter((name) => local.has(name)) : names;
    return chosen(service, candidates) === nodeName ? ips : [];
  });
}

/** Those of the pool: what another controller gives, it answers for. */
function addressesOf({ status }: Service, pool: readonly string[]): string[] {
  const ips = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip && familyOf(ip) ? [oneSpelling(ip)] : []));
  return ips.filter((ip) => pool.some((range) => isInCidr(ip, range)));
}

function nodesWithEndpoints(service: Service, slices: readonly EndpointSlice[]): Set<string> {
  const own = slices.filter(
    ({ metadata }) => metadata.namespace === service.metadata.namespace && metadata.labels?.[serviceNameLabel] === service.metadata.name,
  );
  return new Set(own.flatMap(({ endpoints }) => (endpoints ?? []).flatMap((each) => (isReady(each, service) && each.nodeName) || [])));
}

/** Rendezvous hashing. */
function chosen({ metadata }: Service, nodes: readonly string[]): string | undefined {
  let best: { name: string; weight: number } | undefined;
  for (const name of nodes) {
    const weight = hash(`${metadata.namespace}/${metadata.name} ${name}`);
    if (!best || weight > best.weight || (weight === best.weight && name < best.name)) best = { name, weight };
  }
  return best?.name;
}

/** FNV-1a, with the last step of MurmurHash3, since names differ at their ends. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (const byte of Buffer.from(text)) h = Math.imul(h ^ byte, 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
