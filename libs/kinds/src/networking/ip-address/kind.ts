import { canonicalIp, invalidValue } from '#api';
import type { IPAddress } from '#api/types';
import type { Allocation, AllocationPool, KindDefinition } from '../../contract.ts';
import { serviceIpClaim } from '../../rules/service-ips.ts';
import { columns } from './columns.ts';
import { validateIpAddress, validateIpAddressUpdate } from './validation.ts';

export const ipAddress: KindDefinition<IPAddress> = {
  gvk: { group: 'networking.k8s.io', version: 'v1', kind: 'IPAddress' },
  scope: 'Cluster',
  names: { plural: 'ipaddresses', singular: 'ipaddress', shortNames: ['ip'] },
  nameRule: 'path-segment',
  validate: validateIpAddress,
  validateUpdate: validateIpAddressUpdate,
  columns,
  selectableFields: {
    'spec.parentRef.group': ({ spec }) => spec.parentRef?.group ?? '',
    'spec.parentRef.resource': ({ spec }) => spec.parentRef?.resource ?? '',
    'spec.parentRef.namespace': ({ spec }) => spec.parentRef?.namespace ?? '',
    'spec.parentRef.name': ({ spec }) => spec.parentRef?.name ?? '',
  },
  allocate: reserve,
};

/** KEP-1880: whoever makes one keeps the address from services, but for the one that has it, whose record it is. */
function reserve(object: IPAddress, previous: IPAddress | undefined, pool: AllocationPool): Allocation<IPAddress> {
  const { name = '' } = object.metadata;
  const claim = serviceIpClaim(name);
  const holder = pool.holderOf(claim);
  const { resource, namespace = '', name: parent } = object.spec.parentRef ?? {};
  const isOfHolder = holder?.resource === resource && holder?.namespace === namespace && holder.name === parent;
  if (holder?.resource === 'services') {
    const claims: string[] = [];
    return isOfHolder || previous
      ? { object, claims }
      : { errors: [invalidValue('metadata.name', name, 'provided IP is already allocated')] };
  }
  return { object, claims: canonicalIp(name) === undefined ? [] : [claim] };
}
