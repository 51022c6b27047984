import type { StatefulSet } from '#api/types';
import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';
import { wideColumns } from '../../rules/workload.ts';

export const columns: readonly Column<StatefulSet>[] = [
  { name: 'Ready', type: 'string', value: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}` },
  age,
  ...wideColumns.filter(({ name }) => name !== 'Selector'),
];
