import type { PersistentVolumeClaim } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { columns } from './columns.ts';
import { prepareStatus, strategy } from './strategy.ts';
import { validateClaim, validateClaimStatus, validateClaimUpdate } from './validation.ts';

export const persistentVolumeClaim: KindDefinition<PersistentVolumeClaim> = {
  gvk: { group: '', version: 'v1', kind: 'PersistentVolumeClaim' },
  scope: 'Namespaced',
  names: { plural: 'persistentvolumeclaims', singular: 'persistentvolumeclaim', shortNames: ['pvc'] },
  validate: validateClaim,
  validateUpdate: validateClaimUpdate,
  strategy,
  columns,
  subresources: { status: { do: 'view', part: 'status', prepareForUpdate: prepareStatus, validateUpdate: validateClaimStatus } },
};
