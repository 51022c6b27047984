import type { ReplicaSet } from '#api/types';
import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';
import { wideColumns } from '../../rules/workload.ts';

export const columns: readonly Column<ReplicaSet>[] = [
  { name: 'Desired', type: 'integer', value: ({ spec }) => spec?.replicas ?? 0 },
  { name: 'Current', type: 'integer', value: ({ status }) => status?.replicas ?? 0 },
  { name: 'Ready', type: 'integer', value: ({ status }) => status?.readyReplicas ?? 0 },
  age,
  ...wideColumns,
];
