import type { CSIStorageCapacity } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { validateCapacity, validateCapacityUpdate } from './validation.ts';

export const csiStorageCapacity: KindDefinition<CSIStorageCapacity> = {
  gvk: { group: 'storage.k8s.io', version: 'v1', kind: 'CSIStorageCapacity' },
  scope: 'Namespaced',
  names: { plural: 'csistoragecapacities', singular: 'csistoragecapacity' },
  validate: validateCapacity,
  validateUpdate: validateCapacityUpdate,
  strategy: { allowUnconditionalUpdate: false, returnsDeleted: true },
  columns: [
    { name: 'StorageClassName', type: 'string', value: ({ storageClassName }) => storageClassName },
    { name: 'Capacity', type: 'string', value: ({ capacity }) => capacity ?? '<unset>' },
  ],
};
