import type { Endpoint, EndpointSlice, Pod, Service } from '#api/types';
import { controllerReference } from '#controller-runtime';
import type { Plan } from '#controller-runtime/contract';
import { gvks, serviceNameLabel, sliceManagedByLabel } from '#objects';
import { type AddressType, addressTypesOf, isHeadless, type PortGroup, portGroups, portsKey } from './endpoints-of-service.ts';

export interface Seen {
  service: Service;
  /** Those that the service selects. */
  pods: readonly Pod[];
  /** The service's slices that this controller made. */
  slices: readonly EndpointSlice[];
  zoneOf: (node: string) => string | undefined;
}

/** `createSlice` leaves the name to the server (`generateName`): a slice is found by its labels, never by name. */
export type Action =
  | { do: 'updateSlice'; slice: EndpointSlice }
  | { do: 'createSlice'; slice: EndpointSlice }
  | { do: 'deleteSlice'; slice: EndpointSlice };

/** Set on slices and Endpoints of a headless service, so that kube-proxy leaves them out of its watch. */
export const headlessLabel = 'service.kubernetes.io/headless';
/** Value of the label `endpointslice.kubernetes.io/managed-by`: a slice is touched only by the controller that it names (KEP-752). */
export const managedBy = 'endpointslice-controller.k8s.io';
/** `--max-endpoints-per-slice` */
const maxEndpoints = 100;
const reservedLabels = new Set([serviceNameLabel, sliceManagedByLabel, headlessLabel]);

/**
 * `k8s.io/endpointslice`, reconciler.go: as few writes as will do. Slices keep the endpoints they have; changed ones are changed in
 * place, new ones fill what is rewritten anyway, then room elsewhere, then a new slice. What ends up empty goes, but one slice stays.
 */
export function reconcile({ service, pods, slices, zoneOf }: Seen): Plan<Action> {
  if (service.metadata.deletionTimestamp || service.spec.type === 'ExternalName' || !hasSelector(service)) return { actions: [] };
  const types = addressTypesOf(service);
  const present = slices.filter((slice) => !slice.metadata.deletionTimestamp);
  const obsolete = present.filter((slice) => !types.some((type) => type === slice.addressType));
  const actions = types.flatMap((type) => {
    const groups = portGroups(service, pods, zoneOf, type);
    return ofAddressType(
      service,
      type,
      groups,
      present.filter((slice) => slice.addressType === type),
    );
  });
  return { actions: [...actions, ...obsolete.map((slice): Action => ({ do: 'deleteSlice', slice }))] };
}

/** Without a selector nobody chooses pods: the endpoints are somebody else's to write (Kubernetes, "Services without selectors"). */
export function hasSelector(service: Service): boolean {
  return Object.keys(service.spec.selector ?? {}).length > 0;
}

function ofAddressType(service: Service, type: AddressType, groups: readonly PortGroup[], slices: readonly EndpointSlice[]): Action[] {
  const wanted = new Map(groups.map((group) => [portsKey(group.ports), group]));
  const unclaimed = slices.filter((slice) => !wanted.has(portsKey(slice.ports)));
  const updates: Action[] = [];
  const creates: EndpointSlice[] = [];
  const empty: EndpointSlice[] = [];
  for (const [key, group] of wanted) {
    const mine = slices.filter((slice) => portsKey(slice.ports) === key);
    const layout = layOut(group, mine);
    for (const { slice, endpoints } of layout.kept) {
      if (endpoints.length === 0) empty.push(slice);
      else if (differs(service, slice, endpoints))
        updates.push({ do: 'updateSlice', slice: rewritten(service, slice, { ...group, endpoints }) });
    }
    for (const endpoints of layout.added) creates.push(newSlice(service, type, { ...group, endpoints }));
  }
  const spare = [...unclaimed, ...empty];
  if (spare.length === slices.length && creates.length === 0) creates.push(newSlice(service, type, { ports: [], endpoints: [] }));
  return [...updates, ...recycled(service, creates, spare)];
}

/** A slice that is no longer needed becomes one that is: one write instead of two, and its name stays. */
function recycled(service: Service, creates: readonly EndpointSlice[], spare: readonly EndpointSlice[]): Action[] {
  const left = [...spare];
  const actions: Action[] = [];
  for (const created of creates) {
    const slice = left.shift();
    if (!slice) {
      actions.push({ do: 'createSlice', slice: created });
      continue;
    }
    const group = { ports: created.ports ?? [], endpoints: created.endpoints ?? [] };
    const same = portsKey(slice.ports) === portsKey(created.ports) && !differs(service, slice, group.endpoints);
    if (!same) actions.push({ do: 'updateSlice', slice: rewritten(service, slice, group) });
  }
  return [...actions, ...left.map((slice): Action => ({ do: 'deleteSlice', slice }))];
}

interface Layout {
  kept: { slice: EndpointSlice; endpoints: Endpoint[] }[];
  added: Endpoint[][];
}

/** Spreads a group over the slices that have its ports: each endpoint stays where it is, and only new ones look for room. */
function layOut(group: PortGroup, slices: readonly EndpointSlice[]): Layout {
  const open = new Map(group.endpoints.map((endpoint) => [identity(endpoint), endpoint]));
  const kept = slices.map((slice) => {
    const endpoints: Endpoint[] = [];
    for (const before of slice.endpoints ?? []) {
      const endpoint = open.get(identity(before));
      if (!endpoint) continue;
      open.delete(identity(before));
      endpoints.push(sameEndpoint(before, endpoint) ? before : endpoint);
    }
    const touched = endpoints.length !== (slice.endpoints ?? []).length || endpoints.some((e, i) => e !== slice.endpoints?.[i]);
    return { slice, endpoints, touched };
  });
  const rest = [...open.values()].toSorted((a, b) => (identity(a) < identity(b) ? -1 : 1));
  // First what is written anyway, then the fullest: slices stay few.
  const withRoom = kept.toSorted((a, b) => Number(b.touched) - Number(a.touched) || b.endpoints.length - a.endpoints.length);
  for (const { endpoints } of withRoom) endpoints.push(...rest.splice(0, Math.max(0, maxEndpoints - endpoints.length)));
  const added: Endpoint[][] = [];
  while (rest.length > 0) added.push(rest.splice(0, maxEndpoints));
  return { kept, added };
}

/** What an endpoint stays the same by while its readiness and hints change: the pod, and its addresses. */
function identity({ addresses, targetRef }: Endpoint): string {
  return `${targetRef?.uid ?? ''}|${addresses.join()}`;
}

function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return (
    a.conditions?.ready === b.conditions?.ready &&
    a.conditions?.serving === b.conditions?.serving &&
    a.conditions?.terminating === b.conditions?.terminating &&
    a.hostname === b.hostname &&
    a.nodeName === b.nodeName &&
    a.zone === b.zone &&
    placesOf(a.hints) === placesOf(b.hints) &&
    a.targetRef?.name === b.targetRef?.name
  );
}

const placesOf = (hints: Endpoint['hints']): string =>
  [hints?.forZones, hints?.forNodes].map((list) => (list ?? []).map(({ name }) => name).join()).join('|');

function differs(service: Service, slice: EndpointSlice, endpoints: readonly Endpoint[]): boolean {
  const before = slice.endpoints ?? [];
  return (
    before.length !== endpoints.length ||
    before.some((endpoint, i) => endpoint !== endpoints[i] && !sameEndpoint(endpoint, endpoints[i]!)) ||
    labelsText(slice.metadata.labels) !== labelsText(labelsOf(service))
  );
}

function labelsText(labels: Readonly<Record<string, string>> | undefined): string {
  return JSON.stringify(Object.entries(labels ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The service's own labels, and those by which consumers find its slices. */
function labelsOf(service: Service): Record<string, string> {
  const own = Object.entries(service.metadata.labels ?? {}).filter(([name]) => !reservedLabels.has(name));
  return {
    ...Object.fromEntries(own),
    [serviceNameLabel]: service.metadata.name ?? '',
    [sliceManagedByLabel]: managedBy,
    ...(isHeadless(service) && { [headlessLabel]: '' }),
  };
}

/** The slice keeps its name and owner; its labels are made anew, since the service's may have changed. */
function rewritten(service: Service, slice: EndpointSlice, { ports, endpoints }: PortGroup): EndpointSlice {
  return { ...slice, metadata: { ...slice.metadata, labels: labelsOf(service) }, ports, endpoints };
}

function newSlice(service: Service, addressType: AddressType, { ports, endpoints }: PortGroup): EndpointSlice {
  const kind = gvks.Service;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace: service.metadata.namespace,
      generateName: `${service.metadata.name}-`,
      labels: labelsOf(service),
      ownerReferences: [controllerReference(service, kind)],
    },
    addressType,
    endpoints,
    ports,
  };
}
