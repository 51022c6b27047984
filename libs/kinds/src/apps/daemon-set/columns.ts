import type { DaemonSet } from '#api/types';
import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';
import { formatLabels } from '../../rules/labels.ts';
import { wideColumns } from '../../rules/workload.ts';

export const columns: readonly Column<DaemonSet>[] = [
  { name: 'Desired', type: 'integer', value: ({ status }) => status?.desiredNumberScheduled ?? 0 },
  { name: 'Current', type: 'integer', value: ({ status }) => status?.currentNumberScheduled ?? 0 },
  { name: 'Ready', type: 'integer', value: ({ status }) => status?.numberReady ?? 0 },
  { name: 'Up-to-date', type: 'integer', value: ({ status }) => status?.updatedNumberScheduled ?? 0 },
  { name: 'Available', type: 'integer', value: ({ status }) => status?.numberAvailable ?? 0 },
  { name: 'Node Selector', type: 'string', value: ({ spec }) => formatLabels(spec?.template?.spec?.nodeSelector) },
  age,
  ...wideColumns,
];
