import { type KubeObject, labelsContain } from '#api';
import type { Node, Pod, Service } from '#api/types';
import type { Caches, Controller, ObjectKey } from '#controller-runtime/contract';
import { resources, serviceNameLabel, sliceManagedByLabel } from '#objects';
import { podCache } from '../pods/pod-caches.ts';
import { zoneOf } from './endpoints-of-service.ts';
import { type Action, hasSelector, managedBy, reconcile, type Seen } from './reconcile.ts';
import { sendSlice, slicesOfService } from './slice-cache.ts';

/** Keeps the EndpointSlices of a service in step with its pods. Traffic waits for this, so it has many workers and no delay. */
export const endpointSliceController: Controller<Seen, Action> = {
  name: 'endpoint-slice-controller',
  queueName: 'endpoint_slice',
  primary: resources.services,
  watches: [
    { resource: resources.pods, enqueue: (pod, caches) => servicesOfPod(pod, caches) },
    { resource: resources.endpointSlices, enqueue: (slice) => serviceOfSlice(slice) },
  ],
  reads: [resources.nodes],
  workers: 8,
  concurrency: 16,
  observe({ namespace, name }, caches) {
    const service = caches.informer<Service>({ resource: resources.services }).get(namespace, name);
    if (!service) return undefined; // the garbage collector takes the slices, which the service owns
    const nodes = caches.informer<Node>({ resource: resources.nodes });
    return {
      service,
      pods: podsOf(service, caches),
      slices: slicesOfService(caches, { namespace, name }, managedBy),
      zoneOf: (node) => zoneOf(nodes.get('', node)),
    };
  },
  reconcile,
  act: {
    updateSlice: ({ slice }, io) => sendSlice(io, 'update', slice),
    createSlice: ({ slice }, io) => sendSlice(io, 'create', slice),
    deleteSlice: ({ slice }, io) => sendSlice(io, 'delete', slice),
  },
};

export function podsOf(service: Service, caches: Caches): readonly Pod[] {
  const { selector } = service.spec;
  if (!selector || !hasSelector(service)) return [];
  return podCache(caches)
    .list(service.metadata.namespace)
    .filter((pod) => labelsContain(pod.metadata.labels, selector));
}

export function servicesOfPod(pod: KubeObject, caches: Caches): ObjectKey[] {
  const { namespace = '', labels } = pod.metadata;
  return caches
    .informer<Service>({ resource: resources.services })
    .list(namespace)
    .filter(({ spec }) => spec.selector && Object.keys(spec.selector).length > 0 && labelsContain(labels, spec.selector))
    .map((service) => ({ namespace, name: service.metadata.name ?? '' }));
}

function serviceOfSlice({ metadata: { namespace = '', labels } }: KubeObject): ObjectKey[] {
  const name = labels?.[serviceNameLabel];
  return name && labels[sliceManagedByLabel] === managedBy ? [{ namespace, name }] : [];
}
