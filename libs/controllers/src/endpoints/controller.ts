import { ApiError } from '#api';
import type { Endpoints, Service } from '#api/types';
import type { WriteItem } from '#client';
import type { Controller, Io } from '#controller-runtime/contract';
import { resources } from '#objects';
import { podsOf, servicesOfPod } from '../endpoint-slice/controller.ts';
import { type Action, managedByLabel, reconcile, type Seen } from './reconcile.ts';

/** Keeps the older Endpoints of a service, for clients that do not read EndpointSlices. */
export const endpointsController: Controller<Seen, Action> = {
  name: 'endpoint-controller',
  queueName: 'endpoint',
  primary: resources.services,
  watches: [
    { resource: resources.pods, enqueue: (pod, caches) => servicesOfPod(pod, caches) },
    {
      resource: resources.endpoints,
      enqueue: ({ metadata: { namespace = '', name = '', labels } }) => (labels?.[managedByLabel] ? [{ namespace, name }] : []),
    },
  ],
  observe({ namespace, name }, caches) {
    const service = caches.informer<Service>({ resource: resources.services }).get(namespace, name);
    const endpoints = caches.informer<Endpoints>({ resource: resources.endpoints }).get(namespace, name);
    return service || endpoints ? { service, endpoints, pods: service ? podsOf(service, caches) : [] } : undefined;
  },
  reconcile,
  act: {
    create: ({ endpoints }, io) =>
      send(io, endpoints, {
        verb: 'create',
        resource: resources.endpoints,
        namespace: endpoints.metadata.namespace,
        object: endpoints,
      }),
    update: ({ endpoints }, io) => send(io, endpoints, { verb: 'update', ...placeOf(endpoints), object: endpoints }),
    delete: ({ endpoints }, io) =>
      send(io, endpoints, { verb: 'delete', ...placeOf(endpoints), options: { preconditions: { uid: endpoints.metadata.uid } } }),
  },
};

function placeOf({ metadata: { namespace, name = '' } }: Endpoints): {
  resource: typeof resources.endpoints;
  namespace?: string;
  name: string;
} {
  return { resource: resources.endpoints, namespace, name };
}

async function send(io: Io, endpoints: Endpoints, item: WriteItem): Promise<void> {
  const [result] = await io.api.writeMany([item]);
  if (!result || result.ok) return;
  const refused = ApiError.fromStatus(result.status);
  const goingAway = result.status.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating');
  if (goingAway || (item.verb === 'delete' && refused.code === 404)) return;
  if (refused.code !== 409) {
    const [reason, doing] = item.verb === 'create' ? ['FailedToCreateEndpoint', 'create'] : ['FailedToUpdateEndpoint', 'update'];
    const message = `Failed to ${doing} endpoint ${endpoints.metadata.namespace}/${endpoints.metadata.name}: ${refused.message}`;
    io.events.event(endpoints, { type: 'Warning', reason, message });
  }
  throw refused;
}
