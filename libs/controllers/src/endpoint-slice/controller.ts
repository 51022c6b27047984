import { ApiError, type KubeObject, labelsContain } from '#api';
import type { EndpointSlice, Node, Pod, Service } from '#api/types';
import { type Informer, type InformerFactory, resources, type WriteItem } from '#client';
import type { Controller, Io, ObjectKey } from '#controller-runtime/contract';
import { podCache } from '../pods/pod-caches.ts';
import { zoneOf } from './endpoints-of-service.ts';
import { type Action, hasSelector, managedBy, managedByLabel, reconcile, type Seen, serviceNameLabel } from './reconcile.ts';

const byService = 'service';
const indexed = new WeakSet<Informer<KubeObject>>();

/** Keeps the EndpointSlices of a service in step with its pods. Traffic waits for this, so it has many workers and no delay. */
export const endpointSliceController: Controller<Seen, Action> = {
  name: 'endpoint-slice-controller',
  queueName: 'endpoint_slice',
  primary: resources.services,
  owns: [],
  watches: [
    { resource: resources.pods, enqueue: (pod, caches) => servicesOfPod(pod, caches) },
    { resource: resources.endpointSlices, enqueue: (slice) => serviceOfSlice(slice) },
    { resource: resources.nodes, enqueue: () => [] },
  ],
  workers: 8,
  concurrency: 16,
  observe({ namespace, name }, caches) {
    const service = caches.informer<Service>({ resource: resources.services }).get(namespace, name);
    if (!service) return undefined; // the garbage collector takes the slices, which the service owns
    const nodes = caches.informer<Node>({ resource: resources.nodes });
    return {
      service,
      pods: podsOf(service, caches),
      slices: sliceCache(caches).byIndex(byService, `${namespace}/${name}`),
      zoneOf: (node) => zoneOf(nodes.get('', node)),
    };
  },
  reconcile,
  act: {
    updateSlice: ({ slice }, io) => send(io, { verb: 'update', ...placeOf(slice), object: slice }),
    createSlice: ({ slice }, io) => {
      const { namespace } = slice.metadata;
      return send(io, { verb: 'create', resource: resources.endpointSlices, namespace, object: slice });
    },
    deleteSlice: ({ slice }, io) =>
      send(io, { verb: 'delete', ...placeOf(slice), options: { preconditions: { uid: slice.metadata.uid } } }),
  },
};

function placeOf(slice: EndpointSlice): { resource: typeof resources.endpointSlices; namespace?: string; name: string } {
  const { namespace, name = '' } = slice.metadata;
  return { resource: resources.endpointSlices, namespace, name };
}

async function send(io: Io, item: WriteItem): Promise<void> {
  const [result] = await io.api.writeMany([item]);
  if (!result || result.ok) return;
  const goingAway = result.status.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating');
  if (!goingAway && !(item.verb === 'delete' && result.status.code === 404)) throw ApiError.fromStatus(result.status);
}

function sliceCache(caches: InformerFactory): Informer<EndpointSlice> {
  const slices = caches.informer<EndpointSlice>({ resource: resources.endpointSlices });
  if (!indexed.has(slices)) {
    indexed.add(slices);
    slices.addIndex(byService, (slice) =>
      slice.metadata.labels?.[managedByLabel] === managedBy ? serviceOfSlice(slice).map(keyText) : [],
    );
  }
  return slices;
}

const keyText = ({ namespace, name }: ObjectKey): string => `${namespace}/${name}`;

export function podsOf(service: Service, caches: InformerFactory): readonly Pod[] {
  const { selector } = service.spec;
  if (!selector || !hasSelector(service)) return [];
  return podCache(caches)
    .list(service.metadata.namespace)
    .filter((pod) => labelsContain(pod.metadata.labels, selector));
}

export function servicesOfPod(pod: KubeObject, caches: InformerFactory): ObjectKey[] {
  const { namespace = '', labels } = pod.metadata;
  return caches
    .informer<Service>({ resource: resources.services })
    .list(namespace)
    .filter(({ spec }) => spec.selector && Object.keys(spec.selector).length > 0 && labelsContain(labels, spec.selector))
    .map((service) => ({ namespace, name: service.metadata.name ?? '' }));
}

function serviceOfSlice({ metadata: { namespace = '', labels } }: KubeObject): ObjectKey[] {
  const name = labels?.[serviceNameLabel];
  return name && labels[managedByLabel] === managedBy ? [{ namespace, name }] : [];
}
