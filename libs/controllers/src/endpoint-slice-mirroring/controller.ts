import type { Endpoints, EndpointSlice, Service } from '#api/types';
import type { Controller } from '#controller-runtime/contract';
import { resources, serviceNameLabel, sliceManagedByLabel } from '#objects';
import { sendSlice, slicesOfService } from '../endpoint-slice/slice-cache.ts';
import { type Action, managedBy, reconcile, type Seen } from './reconcile.ts';

/** Makes slices of the Endpoints that are kept by hand. */
export const endpointSliceMirroringController: Controller<Seen, Action> = {
  name: 'endpoint-slice-mirroring-controller',
  queueName: 'endpoint_slice_mirroring',
  primary: resources.endpoints,
  watches: [
    { resource: resources.services, enqueue: ({ metadata: { namespace = '', name = '' } }) => [{ namespace, name }] },
    {
      resource: resources.endpointSlices,
      enqueue: ({ metadata: { namespace = '', labels } }) => {
        const name = labels?.[sliceManagedByLabel] === managedBy ? labels[serviceNameLabel] : undefined;
        return name ? [{ namespace, name }] : [];
      },
    },
  ],
  observe({ namespace, name }, caches) {
    const service = caches.informer<Service>({ resource: resources.services }).get(namespace, name);
    const endpoints = caches.informer<Endpoints>({ resource: resources.endpoints }).get(namespace, name);
    const slices: readonly EndpointSlice[] = slicesOfService(caches, { namespace, name }, managedBy);
    return endpoints || slices.length > 0 ? { service, endpoints, slices } : undefined;
  },
  reconcile,
  act: {
    createSlice: ({ slice }, io) => sendSlice(io, 'create', slice),
    updateSlice: ({ slice }, io) => sendSlice(io, 'update', slice),
    deleteSlice: ({ slice }, io) => sendSlice(io, 'delete', slice),
  },
};
