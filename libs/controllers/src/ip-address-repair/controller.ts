import { ApiError, canonicalIp } from '#api';
import type { IPAddress, Service } from '#api/types';
import { remove } from '#client';
import type { Informer } from '#client/contract';
import type { Caches, Controller } from '#controller-runtime/contract';
import { resources } from '#objects';
import { type Action, isManaged, reconcile, type Seen } from './reconcile.ts';

/** Sees to it that every cluster IP has its IPAddress, and every IPAddress of the api-server's its service. */
export const ipAddressRepairController: Controller<Seen, Action> = {
  name: 'ipallocator-repair-controller',
  primary: resources.services,
  // A service has its addresses from its creation on; they change with its type and its families only.
  wakes: ({ object, previous }) => addressesOf(object as Service).join() !== addressesOf((previous ?? { spec: {} }) as Service).join(),
  watches: [
    {
      resource: resources.ipAddresses,
      enqueue: (record) => {
        const [namespace, name] = parentsOf(record as IPAddress)[0]?.split('/') ?? [];
        return namespace !== undefined && name !== undefined ? [{ namespace, name }] : [];
      },
    },
  ],
  observe({ namespace, name }, caches) {
    const service = caches.informer<Service>({ resource: resources.services }).get(namespace, name);
    const all = addressCache(caches);
    const records = service ? addressesOf(service).flatMap((ip) => all.get('', ip) ?? []) : [];
    const claimed = all.byIndex(byParent, `${namespace}/${name}`).filter(isManaged);
    return { namespace, name, service, records, claimed };
  },
  reconcile,
  act: {
    create: async ({ service, record, message }, io) => {
      const [result] = await io.api.writeMany([{ verb: 'create', resource: resources.ipAddresses, object: record }]);
      if (!result || (!result.ok && result.status.reason === 'AlreadyExists')) return; // the cache was behind
      if (!result.ok) throw ApiError.fromStatus(result.status);
      io.events.event(service, { type: 'Warning', reason: 'ClusterIPNotAllocated', message });
    },
    delete: async ({ record, reason, message }, io) => {
      const { name = '', uid } = record.metadata;
      io.events.event(record, { type: 'Warning', reason, message });
      await remove(io.api, { resource: resources.ipAddresses, name }, { preconditions: { uid } });
    },
  },
};

const addressesOf = ({ spec }: Service): string[] =>
  (spec.clusterIPs ?? []).flatMap((ip) => (ip === 'None' ? [] : (canonicalIp(ip) ?? [])));

/** `namespace/name` of the service whose address it is. */
function parentsOf({ spec: { parentRef } }: IPAddress): string[] {
  return parentRef?.resource === 'services' && !parentRef.group ? [`${parentRef.namespace ?? ''}/${parentRef.name}`] : [];
}

const byParent = 'service';
const indexed = new WeakSet<object>();

function addressCache(caches: Caches): Informer<IPAddress> {
  const addresses = caches.informer<IPAddress>({ resource: resources.ipAddresses });
  if (!indexed.has(addresses)) {
    indexed.add(addresses);
    addresses.addIndex(byParent, parentsOf);
  }
  return addresses;
}
