import type { Deployment } from '#api/types';
import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';
import { wideColumns } from '../../rules/workload.ts';

export const columns: readonly Column<Deployment>[] = [
  { name: 'Ready', type: 'string', value: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}` },
  { name: 'Up-to-date', type: 'string', value: ({ status }) => status?.updatedReplicas ?? 0 },
  { name: 'Available', type: 'string', value: ({ status }) => status?.availableReplicas ?? 0 },
  age,
  ...wideColumns,
];
