import type { Endpoint, EndpointAddress, Endpoints, EndpointSlice, EndpointSubset, Service } from '#api/types';
import { controllerReference } from '#controller-runtime';
import type { Plan } from '#controller-runtime/contract';
import { gvks, serviceNameLabel, skipMirrorLabel, sliceManagedByLabel } from '#objects';
import type { AddressType } from '../endpoint-slice/endpoints-of-service.ts';

/** One name: the Service and the Endpoints that share it. Either may be gone, and then the slices go. */
export interface Seen {
  service?: Service;
  endpoints?: Endpoints;
  /** The slices that this controller made of these Endpoints. */
  slices: readonly EndpointSlice[];
}

/** Slices are matched to subsets by address family and ports, so a changed address is one update and not a slice made anew. */
export type Action =
  | { do: 'createSlice'; slice: EndpointSlice }
  | { do: 'updateSlice'; slice: EndpointSlice }
  | { do: 'deleteSlice'; slice: EndpointSlice };

/** Value of the label `endpointslice.kubernetes.io/managed-by`: a slice is touched only by the controller that it names (KEP-752). */
export const managedBy = 'endpointslicemirroring-controller.k8s.io';
const leaderAnnotation = 'control-plane.alpha.kubernetes.io/leader';
/** `--mirroring-max-endpoints-per-subset` */
const maxAddresses = 1000;

/**
 * `pkg/controller/endpointslicemirroring`: Endpoints that somebody keeps by hand, for a service without a selector, become slices, since
 * slices are all that nodes and DNS read.
 */
export function reconcile({ service, endpoints, slices }: Seen): Plan<Action> {
  const wanted = service && endpoints && isMirrored(service, endpoints) ? slicesOf(endpoints) : [];
  const spare = [...slices];
  const actions = wanted.flatMap((next): Action[] => {
    const at = spare.findIndex((slice) => slice.addressType === next.addressType && sameText(slice.ports, next.ports));
    const present = at < 0 ? undefined : spare.splice(at, 1)[0];
    if (!present) return [{ do: 'createSlice', slice: next }];
    if (sameText(present.endpoints, next.endpoints) && sameText(present.metadata.labels, next.metadata.labels)) return [];
    const metadata = { ...present.metadata, labels: next.metadata.labels };
    return [{ do: 'updateSlice', slice: { ...present, metadata, endpoints: next.endpoints } }];
  });
  return { actions: [...actions, ...spare.map((slice): Action => ({ do: 'deleteSlice', slice }))] };
}

/**
 * Those of a service with a selector are made by the endpoints controller, and the service's slices by the EndpointSlice controller:
 * mirroring would double them. Leader-election locks are no endpoints of anything.
 */
function isMirrored(service: Service, { metadata }: Endpoints): boolean {
  const hasSelector = Object.keys(service.spec.selector ?? {}).length > 0;
  const skipped = metadata.labels?.[skipMirrorLabel] === 'true' || metadata.annotations?.[leaderAnnotation] !== undefined;
  return !hasSelector && !skipped && !metadata.deletionTimestamp;
}

function slicesOf(endpoints: Endpoints): EndpointSlice[] {
  return (endpoints.subsets ?? []).flatMap((subset) =>
    (['IPv4', 'IPv6'] as const).flatMap((addressType) => {
      const list = endpointsOf(subset, addressType);
      return list.length > 0 ? [newSlice(endpoints, subset, { addressType, list })] : [];
    }),
  );
}

function endpointsOf({ addresses = [], notReadyAddresses = [] }: EndpointSubset, type: AddressType): Endpoint[] {
  const of = (list: readonly EndpointAddress[], ready: boolean): Endpoint[] =>
    list
      .filter(({ ip }) => ip.includes(':') === (type === 'IPv6'))
      .map(({ ip, hostname, nodeName, targetRef }) => ({
        addresses: [ip],
        conditions: { ready },
        ...(hostname && { hostname }),
        ...(targetRef && { targetRef }),
        ...(nodeName && { nodeName }),
      }));
  return [...of(addresses, true), ...of(notReadyAddresses, false)].slice(0, maxAddresses);
}

function newSlice(
  endpoints: Endpoints,
  { ports = [] }: EndpointSubset,
  { addressType, list }: { addressType: AddressType; list: Endpoint[] },
): EndpointSlice {
  const { namespace, name = '', labels } = endpoints.metadata;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace,
      generateName: `${name}-`,
      labels: { ...labels, [serviceNameLabel]: name, [sliceManagedByLabel]: managedBy },
      ownerReferences: [controllerReference(endpoints, gvks.Endpoints)],
    },
    addressType,
    endpoints: list,
    ports: ports.map(({ name: portName = '', port, protocol = 'TCP', appProtocol }) => ({
      name: portName,
      protocol,
      port,
      ...(appProtocol && { appProtocol }),
    })),
  };
}

/** JSON equality that does not mind the order of fields: objects from the API and objects made here list them differently. */
function sameText(a: unknown, b: unknown): boolean {
  const canonical = (value: unknown): string =>
    JSON.stringify(value ?? null, (_key, inner: unknown) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).toSorted(([x], [y]) => (x < y ? -1 : 1)))
        : inner,
    );
  return canonical(a) === canonical(b);
}
