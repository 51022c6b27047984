import type { Endpoint, EndpointSlice, Service, ServicePort } from '#api/types';
import { serviceNameLabel } from '#objects';
import type { RouteEndpoint, RoutingNode, ServiceRoute } from '../contract.ts';
import { oneSpelling } from '../family.ts';

/** Services with this label belong to another proxy. */
const PROXY_NAME = 'service.kubernetes.io/service-proxy-name';
const AFFINITY_SECONDS = 10_800; // core/v1 DefaultClientIPServiceAffinitySeconds

/**
 * What the node routes, from the objects of the API: one route per port of each service that has a cluster IP. Endpoints are the ready
 * ones; where none is ready, those that serve while they terminate (KEP-1669). Policy Local asks that of this node alone.
 */
export function serviceRoutes(services: readonly Service[], slices: readonly EndpointSlice[], node: RoutingNode): ServiceRoute[] {
  const byService = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const key = keyOf(slice, slice.metadata.labels?.[serviceNameLabel]);
    if (!key || slice.addressType === 'FQDN') continue;
    const known = byService.get(key);
    if (known) known.push(slice);
    else byService.set(key, [slice]);
  }
  return services.filter(isRouted).flatMap((service) => {
    const own = byService.get(keyOf(service, service.metadata.name)) ?? [];
    const place = `${node.name} ${node.zone ?? ''}`;
    const known = made.get(service);
    if (known?.place === place && known.slices.length === own.length && own.every((slice, i) => slice === known.slices[i]))
      return known.routes;
    const routes = (service.spec.ports ?? []).map((port) => routeOf(service, port, endpointsOf(service, port, own, node)));
    made.set(service, { place, slices: own, routes });
    return routes;
  });
}

/** Objects of a cache are never changed: what was made of one holds until another comes, and with thousands of services only one does. */
const made = new WeakMap<Service, { place: string; slices: readonly EndpointSlice[]; routes: ServiceRoute[] }>();

/** Namespace and name of the service; '' for none. Kept, as making it costs more than all else that is done with an object that has not changed. */
function keyOf(object: Service | EndpointSlice, name: string | undefined): string {
  let key = keys.get(object);
  if (key === undefined) keys.set(object, (key = name ? `${object.metadata.namespace}/${name}` : ''));
  return key;
}
const keys = new WeakMap<Service | EndpointSlice, string>();

/** Headless services and external names have nothing that could be routed: DNS answers for them. */
function isRouted({ metadata, spec }: Service): boolean {
  return spec.type !== 'ExternalName' && !!spec.clusterIP && spec.clusterIP !== 'None' && !metadata.labels?.[PROXY_NAME];
}

function routeOf({ metadata, spec, status }: Service, port: ServicePort, endpoints: RouteEndpoint[]): ServiceRoute {
  // ipMode Proxy: the load balancer wants to be reached, not short-circuited (KEP-1860).
  const balancers = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, ipMode }) => (ip && ipMode !== 'Proxy' ? [oneSpelling(ip)] : []));
  const ranges = spec.loadBalancerSourceRanges;
  return {
    service: `${metadata.namespace}/${metadata.name}`,
    portName: port.name ?? '',
    protocol: protocolOf(port.protocol),
    clusterIps: (spec.clusterIPs?.length ? spec.clusterIPs : [spec.clusterIP!]).map(oneSpelling),
    externalIps: [...(spec.externalIPs ?? []).map(oneSpelling), ...(spec.type === 'LoadBalancer' && !ranges?.length ? balancers : [])],
    ...(spec.type === 'LoadBalancer' &&
      ranges?.length && { guarded: { ips: balancers, sourceRanges: ranges.map((range) => range.trim()) } }),
    ...(spec.type === 'LoadBalancer' && spec.healthCheckNodePort && { healthCheckNodePort: spec.healthCheckNodePort }),
    port: port.port,
    ...(port.nodePort && spec.type !== 'ClusterIP' && { nodePort: port.nodePort }),
    ...(spec.sessionAffinity === 'ClientIP' && {
      affinitySeconds: spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? AFFINITY_SECONDS,
    }),
    externalTrafficPolicy: spec.externalTrafficPolicy === 'Local' ? 'Local' : 'Cluster',
    internalTrafficPolicy: spec.internalTrafficPolicy === 'Local' ? 'Local' : 'Cluster',
    endpoints,
  };
}

/** Those that a port of a service leads to from a node. */
export function endpointsOf(service: Service, port: ServicePort, slices: readonly EndpointSlice[], node: RoutingNode): RouteEndpoint[] {
  const ready = new Map<string, Hinted>();
  const leaving = new Map<string, RouteEndpoint>();
  for (const slice of slices) {
    const target = slice.ports?.find((p) => (p.name ?? '') === (port.name ?? '') && protocolOf(p.protocol) === protocolOf(port.protocol));
    if (!target?.port) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const [first] = endpoint.addresses; // "consumers should only use the first", discovery/v1 Endpoint
      if (!first) continue;
      const ip = oneSpelling(first);
      const route: RouteEndpoint = { ip, port: target.port, local: endpoint.nodeName === node.name };
      if (isReady(endpoint, service)) ready.set(`${ip} ${target.port}`, { route, hints: endpoint.hints });
      else if (servesWhileTerminating(endpoint)) leaving.set(`${ip} ${target.port}`, { ...route, terminating: true });
    }
  }
  const usable = markDistant([...ready.values()], node);
  const anyLocal = usable.some(({ local }) => local);
  const last = [...leaving.values()].filter(({ local }) => ready.size === 0 || (local && !anyLocal));
  return [...usable, ...last];
}

interface Hinted {
  route: RouteEndpoint;
  hints: Endpoint['hints'];
}

/**
 * KEP-2433, KEP-3015: where every ready endpoint says for whom it is, a node keeps to those for itself, else to those for its zone, and
 * takes all when neither has one.
 */
function markDistant(ready: readonly Hinted[], { name, zone }: RoutingNode): RouteEndpoint[] {
  const forNode = nearest(ready, ({ forNodes }) => forNodes, name);
  const near = forNode ?? (zone === undefined ? undefined : nearest(ready, ({ forZones }) => forZones, zone));
  return ready.map((each) => (near && !near.has(each) ? { ...each.route, distant: true } : each.route));
}

type Hints = NonNullable<Endpoint['hints']>;

/** undefined: not every endpoint has such hints, or none is for this place. */
function nearest(
  ready: readonly Hinted[],
  placesOf: (hints: Hints) => readonly { name: string }[] | undefined,
  place: string,
): Set<Hinted> | undefined {
  if (!ready.every(({ hints }) => hints && placesOf(hints)?.length)) return undefined;
  const near = ready.filter(({ hints }) => placesOf(hints!)?.some(({ name }) => name === place));
  return near.length > 0 ? new Set(near) : undefined;
}

/** `ready` unset means true: discovery/v1 EndpointConditions. */
export const isReady = ({ conditions }: Endpoint, { spec }: Service): boolean =>
  (conditions?.ready ?? true) || spec.publishNotReadyAddresses === true;

const servesWhileTerminating = ({ conditions }: Endpoint): boolean => conditions?.terminating === true && (conditions.serving ?? false);

function protocolOf(protocol: string | undefined): ServiceRoute['protocol'] {
  return protocol === 'UDP' || protocol === 'SCTP' ? protocol : 'TCP';
}
