import type { Lease } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { columns } from './columns.ts';
import { validateLease } from './validation.ts';

export const lease: KindDefinition<Lease> = {
  gvk: { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease' },
  scope: 'Namespaced',
  names: { plural: 'leases', singular: 'lease' },
  validate: validateLease,
  strategy: { allowCreateOnUpdate: true, allowUnconditionalUpdate: false },
  columns,
};
