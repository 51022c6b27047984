import { isInCidr } from '#api';
import type { IPAddress, ServiceCIDR } from '#api/types';
import type { Caches, Controller, Io, ObjectKey } from '#controller-runtime/contract';
import { resources } from '#objects';
import { isManaged } from '../ip-address-repair/reconcile.ts';
import { statusItem, write } from '../status.ts';
import { type Action, protectionFinalizer, reconcile, type Seen } from './reconcile.ts';

/** Holds ServiceCIDRs as long as addresses of theirs are in use, and says that they are ready. */
export const serviceCidrController: Controller<Seen, Action> = {
  name: 'service-cidr-controller',
  queueName: 'ipaddresses',
  primary: resources.serviceCIDRs,
  watches: [
    { resource: resources.serviceCIDRs, enqueue: (_cidr, caches) => keysOf(caches, () => true) },
    {
      resource: resources.ipAddresses,
      // Only a range that is going waits for addresses.
      enqueue: ({ metadata: { name = '' } }, caches) =>
        keysOf(
          caches,
          ({ metadata, spec }) => metadata.deletionTimestamp !== undefined && (spec?.cidrs ?? []).some((cidr) => isInCidr(name, cidr)),
        ),
    },
  ],
  observe({ name }, caches) {
    const all = caches.informer<ServiceCIDR>({ resource: resources.serviceCIDRs });
    const cidr = all.get('', name);
    if (!cidr) return undefined;
    const others = all.list().filter(({ metadata }) => metadata.name !== name);
    const isGoing = cidr.metadata.deletionTimestamp !== undefined;
    const addresses = isGoing ? caches.informer<IPAddress>({ resource: resources.ipAddresses }).list().filter(isManaged) : [];
    return { cidr, others, addresses };
  },
  reconcile,
  act: {
    protect: ({ cidr }, io) => patchFinalizers(io, cidr, { finalizers: [protectionFinalizer] }),
    release: ({ cidr }, io) => patchFinalizers(io, cidr, { '$deleteFromPrimitiveList/finalizers': [protectionFinalizer] }),
    updateStatus: ({ cidr, status }, io) => write(io.api, statusItem(resources.serviceCIDRs, cidr, status)),
  },
};

function keysOf(caches: Caches, which: (cidr: ServiceCIDR) => boolean): ObjectKey[] {
  const all = caches.informer<ServiceCIDR>({ resource: resources.serviceCIDRs }).list();
  return all.filter(which).map(({ metadata: { name = '' } }) => ({ namespace: '', name }));
}

function patchFinalizers(io: Io, { metadata: { name = '', uid } }: ServiceCIDR, finalizers: object): Promise<void> {
  const patchType = 'application/strategic-merge-patch+json';
  return write(io.api, { verb: 'patch', resource: resources.serviceCIDRs, name, patchType, patch: { metadata: { uid, ...finalizers } } });
}
