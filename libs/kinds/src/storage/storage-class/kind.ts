import type { StorageClass } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { columns } from './columns.ts';
import { validateStorageClass, validateStorageClassUpdate } from './validation.ts';

export const storageClass: KindDefinition<StorageClass> = {
  gvk: { group: 'storage.k8s.io', version: 'v1', kind: 'StorageClass' },
  scope: 'Cluster',
  names: { plural: 'storageclasses', singular: 'storageclass', shortNames: ['sc'] },
  applyDefaults: (object) => ({
    ...object,
    reclaimPolicy: object.reclaimPolicy ?? 'Delete',
    volumeBindingMode: object.volumeBindingMode ?? 'Immediate',
  }),
  validate: validateStorageClass,
  validateUpdate: validateStorageClassUpdate,
  strategy: { returnsDeleted: true },
  columns,
  ownNameColumn: true,
};
