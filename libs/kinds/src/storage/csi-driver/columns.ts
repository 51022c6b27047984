import type { CSIDriver } from '#api/types';
import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';

/** `k8s.io/kubernetes/pkg/printers/internalversion`, printCSIDriver. */
export const columns: readonly Column<CSIDriver>[] = [
  { name: 'AttachRequired', type: 'boolean', value: ({ spec }) => spec.attachRequired ?? true },
  { name: 'PodInfoOnMount', type: 'boolean', value: ({ spec }) => spec.podInfoOnMount ?? false },
  { name: 'StorageCapacity', type: 'boolean', value: ({ spec }) => spec.storageCapacity ?? false },
  {
    name: 'TokenRequests',
    type: 'string',
    value: ({ spec }) => spec.tokenRequests?.map(({ audience }) => audience).join(',') ?? '<unset>',
  },
  { name: 'RequiresRepublish', type: 'boolean', value: ({ spec }) => spec.requiresRepublish ?? false },
  { name: 'Modes', type: 'string', value: ({ spec }) => spec.volumeLifecycleModes?.join(',') || '<none>' },
  age,
];
