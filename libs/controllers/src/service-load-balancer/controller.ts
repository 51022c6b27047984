import { canonicalIp } from '#api';
import type { Node, Service } from '#api/types';
import type { Caches, Change, Controller, Io, ObjectKey } from '#controller-runtime/contract';
import { internalIpsOf, resources, usesNodeNetwork } from '#objects';
import { statusItem, write } from '../status.ts';
import { type Action, cleanupFinalizer, reconcile, type Seen } from './reconcile.ts';

/** Gives LoadBalancer services addresses on the node network; the agents answer for them there. */
export const serviceLoadBalancerController = (pool: readonly string[]): Controller<Seen, Action> => ({
  name: 'service-controller',
  queueName: 'service',
  primary: resources.services,
  wakes: ({ object }) => isBalancer(object as Service),
  // What one gives up another may wait for.
  watches: [{ resource: resources.services, wakes: givesUp, enqueue: waiting }],
  reads: [resources.nodes],
  // One after the other, or two would choose the same address again and again.
  workers: 1,
  observe({ namespace, name }, caches) {
    const services = caches.informer<Service>({ resource: resources.services });
    const service = services.get(namespace, name);
    if (!service) return undefined;
    const others = services.list().filter(({ metadata }) => metadata.uid !== service.metadata.uid);
    const nodes = caches.informer<Node>({ resource: resources.nodes }).list();
    const taken = [...nodes.flatMap(internalIpsOf), ...others.flatMap(addressesOf)].map((ip) => canonicalIp(ip) ?? ip);
    return { service, pool, taken: new Set(taken) };
  },
  reconcile,
  act: {
    hold: ({ service }, io) => patchFinalizers(io, service, { finalizers: [cleanupFinalizer] }),
    release: ({ service }, io) => patchFinalizers(io, service, { '$deleteFromPrimitiveList/finalizers': [cleanupFinalizer] }),
    updateStatus: ({ service, status }, io) => write(io.api, statusItem(resources.services, service, status)),
    tell: async ({ service, event }, io) => io.events.event(service, event),
  },
});

const isBalancer = (service: Service): boolean =>
  usesNodeNetwork(service) || (service.metadata.finalizers?.includes(cleanupFinalizer) ?? false);

const addressesOf = ({ status }: Service): string[] => (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);

function givesUp({ object, previous, deleted }: Change): boolean {
  const kept = addressesOf(object as Service);
  return deleted || (previous !== undefined && addressesOf(previous as Service).some((ip) => !kept.includes(ip)));
}

/** Those that lack addresses, for which one that is given up may do. */
function waiting(gone: object, caches: Caches): ObjectKey[] {
  if (addressesOf(gone as Service).length === 0) return [];
  return caches
    .informer<Service>({ resource: resources.services })
    .list()
    .filter((service) => usesNodeNetwork(service) && addressesOf(service).length < (service.spec.ipFamilies ?? ['IPv4']).length)
    .map(({ metadata: { namespace = '', name = '' } }) => ({ namespace, name }));
}

function patchFinalizers(io: Io, { metadata: { namespace, name = '', uid } }: Service, finalizers: object): Promise<void> {
  const patch = { metadata: { uid, ...finalizers } };
  const patchType = 'application/strategic-merge-patch+json';
  return write(io.api, { verb: 'patch', resource: resources.services, namespace, name, patchType, patch });
}
