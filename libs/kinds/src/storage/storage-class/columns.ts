import type { StorageClass } from '#api/types';
import { isDefaultClass } from '#objects';
import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';

/** `k8s.io/kubernetes/pkg/printers/internalversion`, printStorageClass. */
export const columns: readonly Column<StorageClass>[] = [
  {
    name: 'Name',
    type: 'string',
    format: 'name',
    value: (object) => `${object.metadata.name}${isDefaultClass(object) ? ' (default)' : ''}`,
  },
  { name: 'Provisioner', type: 'string', value: ({ provisioner }) => provisioner },
  { name: 'ReclaimPolicy', type: 'string', value: ({ reclaimPolicy }) => reclaimPolicy ?? 'Delete' },
  { name: 'VolumeBindingMode', type: 'string', value: ({ volumeBindingMode }) => volumeBindingMode ?? 'Immediate' },
  { name: 'AllowVolumeExpansion', type: 'string', value: ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false },
  age,
];
