import type { DiscoveryEndpointPort, Endpoint, Node, Pod, Service, ServicePort } from '#api/types';
import { isReady, isTerminal, nodeLabels, podIpsOf, runningContainers } from '#objects';

/** The third of the API, FQDN, is never made by a controller. */
export type AddressType = 'IPv4' | 'IPv6';

/** Endpoints that share their ports: one or several slices hold them. */
export interface PortGroup {
  ports: DiscoveryEndpointPort[];
  endpoints: Endpoint[];
}

/** A service without an address of its own: DNS answers with its pods (Kubernetes, "Headless Services"). */
export function isHeadless(service: Service): boolean {
  return service.spec.clusterIP === 'None';
}

/** The address families that a service's slices are made for. */
export function addressTypesOf(service: Service): AddressType[] {
  const families = service.spec.ipFamilies ?? [];
  if (families.length > 0) return families.filter((family) => family === 'IPv4' || family === 'IPv6');
  return service.spec.clusterIP?.includes(':') ? ['IPv6'] : ['IPv4'];
}

/** Groups what the pods of a service offer in one address family. `k8s.io/endpointslice`, reconciler.go, reconcileByAddressType. */
export function portGroups(
  service: Service,
  pods: readonly Pod[],
  zoneOf: (node: string) => string | undefined,
  type: AddressType,
): PortGroup[] {
  const groups = new Map<string, PortGroup>();
  for (const pod of pods) {
    if (!hasAddress(pod)) continue;
    const addresses = addressesOf(pod, type);
    if (addresses.length === 0) continue;
    const ports = endpointPorts(service, pod);
    const key = portsKey(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    groups.set(key, group);
    group.endpoints.push(endpointOf(service, pod, addresses, zoneOf));
  }
  return [...groups.values()];
}

/** A pod that is over has no address any more that may be used, whatever its status still says. */
export function hasAddress(pod: Pod): boolean {
  return !isTerminal(pod) && podIpsOf(pod.status).length > 0;
}

/** A pod's addresses of one family; empty when it has none of it. A slice holds one family only. */
export function addressesOf(pod: Pod, type: AddressType): string[] {
  return podIpsOf(pod.status).filter((ip) => ip.includes(':') === (type === 'IPv6'));
}

function endpointOf(service: Service, pod: Pod, addresses: string[], zoneOf: (node: string) => string | undefined): Endpoint {
  const serving = isReady(pod);
  const terminating = Boolean(pod.metadata.deletionTimestamp);
  // A terminating pod is never ready, so that clients which know no better stop sending to it at once; `serving` says whether it could.
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const { nodeName, hostname } = pod.spec;
  const zone = nodeName ? zoneOf(nodeName) : undefined;
  const { namespace, name, uid } = pod.metadata;
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(setsHostname(pod, service) && { hostname }),
    targetRef: { kind: 'Pod', namespace, name, uid },
    ...(nodeName && { nodeName }),
    ...(zone && { zone }),
    ...(ready && hintsOf(service, { nodeName, zone })),
  };
}

/** KEP-2433, KEP-3015: which part of the cluster an endpoint is meant for. */
function hintsOf({ spec }: Service, { nodeName, zone }: { nodeName?: string; zone?: string }): Pick<Endpoint, 'hints'> {
  const { trafficDistribution } = spec;
  if (!trafficDistribution || !preferences.has(trafficDistribution)) return {};
  const forZones = zone && { forZones: [{ name: zone }] };
  const forNodes = nodeName && trafficDistribution === 'PreferSameNode' && { forNodes: [{ name: nodeName }] };
  return forZones || forNodes ? { hints: { ...forZones, ...forNodes } } : {};
}

/** `PreferClose` is the former name of `PreferSameZone`. */
const preferences = new Set(['PreferClose', 'PreferSameZone', 'PreferSameNode']);

/** Pods with a hostname in the service's subdomain get a DNS name of their own. */
export function setsHostname(pod: Pod, service: Service): boolean {
  return (
    Boolean(pod.spec.hostname) && pod.spec.subdomain === service.metadata.name && pod.metadata.namespace === service.metadata.namespace
  );
}

/** The ports of a Service as one pod has them: a port by name may have another number in each pod. */
export function endpointPorts(service: Service, pod: Pod): DiscoveryEndpointPort[] {
  const ports: DiscoveryEndpointPort[] = [];
  for (const servicePort of service.spec.ports ?? []) {
    const port = targetPort(pod, servicePort);
    if (port === undefined) continue; // this pod has no port of that name: it takes no part in this one
    const { name = '', protocol = 'TCP', appProtocol } = servicePort;
    ports.push({ name, protocol, port, ...(appProtocol && { appProtocol }) });
  }
  return ports;
}

/** `podutil.FindPort`: a number as it is, a name among the ports of the containers, sidecars included. */
export function targetPort(pod: Pod, { targetPort: target, port, protocol = 'TCP' }: ServicePort): number | undefined {
  if (target === undefined || target === '' || target === 0) return port;
  if (typeof target === 'number') return target;
  for (const container of runningContainers(pod.spec)) {
    const found = container.ports?.find((p) => p.name === target && (p.protocol ?? 'TCP') === protocol);
    if (found) return found.containerPort;
  }
  return undefined;
}

/** Equal for equal sets of ports, whatever their order. Slices and subsets are grouped by it. */
export function portsKey(ports: readonly DiscoveryEndpointPort[] | undefined): string {
  return (ports ?? [])
    .map(({ name = '', protocol = 'TCP', port, appProtocol = '' }) => [name, protocol, port, appProtocol].join('/'))
    .toSorted()
    .join(',');
}

/** Undefined for a node that is unknown or has no zone: its endpoints get no hints then. */
export function zoneOf(node: Node | undefined): string | undefined {
  return node?.metadata.labels?.[nodeLabels.zone];
}
