import type { ServiceCIDR } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { columns } from './columns.ts';
import { serviceCidrGvk } from './gvk.ts';
import { validateServiceCidr, validateServiceCidrUpdate } from './validation.ts';

export const serviceCidr: KindDefinition<ServiceCIDR> = {
  gvk: serviceCidrGvk,
  scope: 'Cluster',
  names: { plural: 'servicecidrs', singular: 'servicecidr' },
  validate: validateServiceCidr,
  validateUpdate: validateServiceCidrUpdate,
  strategy: {
    prepareForCreate: ({ status: _status, ...made }) => made,
    prepareForUpdate: ({ status: _status, ...next }, { status }) => ({ ...next, ...(status && { status }) }),
  },
  subresources: { status: { do: 'view', part: 'status', prepareForUpdate: (next, previous) => ({ ...next, spec: previous.spec }) } },
  columns,
};
