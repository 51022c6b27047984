import type { EndpointAddress, EndpointPort, Endpoints, EndpointSubset, Pod, Service } from '#api/types';
import type { Plan } from '#controller-runtime/contract';
import {
  addressesOf,
  addressTypesOf,
  endpointPorts,
  hasAddress,
  isHeadless,
  portsKey,
  setsHostname,
} from '../endpoint-slice/endpoints-of-service.ts';
import { hasSelector, headlessLabel } from '../endpoint-slice/reconcile.ts';
import { isReady } from '#objects';

/** One service name; `pods` are those that its selector chooses. */
export interface Seen {
  /** Absent once the service is gone. */
  service?: Service;
  pods: readonly Pod[];
  endpoints?: Endpoints;
}

/** At most one of these in a round: there is one Endpoints object for each service. */
export type Action =
  | { do: 'create'; endpoints: Endpoints }
  | { do: 'update'; endpoints: Endpoints }
  | { do: 'delete'; endpoints: Endpoints };

/** Tells Endpoints that this controller made from those that somebody keeps by hand; only the former are deleted. */
export const managedByLabel = 'endpoints.kubernetes.io/managed-by';
const managedBy = 'endpoint-controller';
const overCapacity = 'endpoints.kubernetes.io/over-capacity';
/** What one Endpoints object may hold; EndpointSlices have no such bound. */
const maxAddresses = 1000;

/** `pkg/controller/endpoint/endpoints_controller.go`, syncService. */
export function reconcile({ service, pods, endpoints }: Seen): Plan<Action> {
  if (!service) {
    // Endpoints that somebody made by hand for a service to come are theirs.
    const ours = endpoints?.metadata.labels?.[managedByLabel] === managedBy;
    return { actions: endpoints && ours ? [{ do: 'delete', endpoints }] : [] };
  }
  if (service.spec.type === 'ExternalName' || !hasSelector(service)) return { actions: [] };
  const { subsets, truncated } = bounded(repack(service, pods));
  const labels = {
    ...Object.fromEntries(Object.entries(service.metadata.labels ?? {}).filter(([name]) => name !== headlessLabel)),
    ...(isHeadless(service) && { [headlessLabel]: '' }),
    [managedByLabel]: managedBy,
  };
  const { [overCapacity]: _before, ...others } = endpoints?.metadata.annotations ?? {};
  const annotations = { ...others, ...(truncated && { [overCapacity]: 'truncated' }) };
  if (endpoints && same(endpoints, { subsets, labels, annotations })) return { actions: [] };
  const { namespace, name } = service.metadata;
  const metadata = { ...(endpoints?.metadata ?? { namespace, name }), labels, annotations };
  const wanted: Endpoints = { apiVersion: 'v1', kind: 'Endpoints', metadata, subsets };
  return { actions: [{ do: endpoints ? 'update' : 'create', endpoints: wanted }] };
}

/** `pkg/api/v1/endpoints`, RepackSubsets: addresses with the same ports share a subset, each address is in one list only. */
function repack(service: Service, pods: readonly Pod[]): EndpointSubset[] {
  const subsets = new Map<string, { ports: EndpointPort[]; ready: EndpointAddress[]; notReady: EndpointAddress[] }>();
  const publish = service.spec.publishNotReadyAddresses === true;
  for (const pod of pods) {
    if (!hasAddress(pod) || (pod.metadata.deletionTimestamp && !publish)) continue;
    const ip = addressOf(service, pod);
    if (!ip) continue;
    const ports = endpointPorts(service, pod).map(({ name, protocol, port = 0, appProtocol }): EndpointPort => {
      return { ...(name && { name }), port, protocol, ...(appProtocol && { appProtocol }) };
    });
    if (ports.length === 0 && !(isHeadless(service) && !service.spec.ports?.length)) continue;
    const key = portsKey(ports);
    const subset = subsets.get(key) ?? { ports, ready: [], notReady: [] };
    subsets.set(key, subset);
    (publish || isReady(pod) ? subset.ready : subset.notReady).push(endpointAddress(service, pod, ip));
  }
  return [...subsets.entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { ports, ready, notReady }]) => ({
      ...(ready.length > 0 && { addresses: ready.toSorted(byAddress) }),
      ...(notReady.length > 0 && { notReadyAddresses: notReady.toSorted(byAddress) }),
      ...(ports.length > 0 && { ports: ports.toSorted((a, b) => (portsKey([a]) < portsKey([b]) ? -1 : 1)) }),
    }));
}

/** Endpoints are of one family, the service's first: dual stack is for slices only (KEP-563). */
function addressOf(service: Service, pod: Pod): string | undefined {
  return addressesOf(pod, addressTypesOf(service)[0] ?? 'IPv4')[0];
}

function endpointAddress(service: Service, pod: Pod, ip: string): EndpointAddress {
  const { namespace, name, uid } = pod.metadata;
  const { nodeName, hostname } = pod.spec;
  return {
    ip,
    ...(setsHostname(pod, service) && { hostname }),
    ...(nodeName && { nodeName }),
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
}

function byAddress(a: EndpointAddress, b: EndpointAddress): number {
  return a.ip === b.ip ? 0 : a.ip < b.ip ? -1 : 1;
}

/** Ready addresses first, when there are too many. */
function bounded(subsets: EndpointSubset[]): { subsets: EndpointSubset[]; truncated: boolean } {
  const count = subsets.reduce((sum, s) => sum + (s.addresses?.length ?? 0) + (s.notReadyAddresses?.length ?? 0), 0);
  if (count <= maxAddresses) return { subsets, truncated: false };
  let left = maxAddresses;
  const take = <T>(list: T[] | undefined): T[] | undefined => {
    const taken = list?.slice(0, left);
    left -= taken?.length ?? 0;
    return taken?.length ? taken : undefined;
  };
  const ready = subsets.map((subset) => ({ ...subset, addresses: take(subset.addresses) }));
  return { subsets: ready.map((subset) => ({ ...subset, notReadyAddresses: take(subset.notReadyAddresses) })), truncated: true };
}

function same(present: Endpoints, wanted: { subsets: EndpointSubset[]; labels: object; annotations: object }): boolean {
  const { labels = {}, annotations = {} } = present.metadata;
  return (
    canonical(present.subsets ?? []) === canonical(wanted.subsets) &&
    canonical(labels) === canonical(wanted.labels) &&
    canonical(annotations) === canonical(wanted.annotations)
  );
}

/** One text for one meaning: fields are sorted, lists stay in their order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
