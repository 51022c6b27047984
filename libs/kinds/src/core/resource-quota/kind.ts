import type { ResourceQuota } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { columns } from './columns.ts';
import { validateQuota, validateQuotaStatus, validateQuotaUpdate } from './validation.ts';

export const resourceQuota: KindDefinition<ResourceQuota> = {
  gvk: { group: '', version: 'v1', kind: 'ResourceQuota' },
  scope: 'Namespaced',
  names: { plural: 'resourcequotas', singular: 'resourcequota', shortNames: ['quota'] },
  validate: validateQuota,
  validateUpdate: validateQuotaUpdate,
  strategy: {
    prepareForCreate: (quota) => ({ ...quota, status: {} }),
    prepareForUpdate: (next, previous) => ({ ...next, status: previous.status }),
    returnsDeleted: true,
  },
  columns,
  subresources: {
    status: {
      do: 'view',
      part: 'status',
      prepareForUpdate: (next, previous) => ({ ...next, spec: previous.spec }),
      validateUpdate: validateQuotaStatus,
    },
  },
};
