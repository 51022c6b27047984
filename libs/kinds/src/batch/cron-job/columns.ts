import type { CronJob } from '#api/types';
import type { Column } from '../../contract.ts';
import { age, since } from '../../rules/columns.ts';
import { wideColumns } from '../../rules/workload.ts';

/** `k8s.io/kubernetes/pkg/printers/internalversion`, printCronJob. */
export const columns: readonly Column<CronJob>[] = [
  { name: 'Schedule', type: 'string', value: ({ spec }) => spec?.schedule ?? '' },
  { name: 'Timezone', type: 'string', value: ({ spec }) => spec?.timeZone ?? '<none>' },
  { name: 'Suspend', type: 'boolean', value: ({ spec }) => (spec?.suspend ? 'True' : 'False') },
  { name: 'Active', type: 'integer', value: ({ status }) => (status?.active ?? []).length },
  {
    name: 'Last Schedule',
    type: 'string',
    value: ({ status }, now) => (status?.lastScheduleTime ? since(status.lastScheduleTime, now) : '<none>'),
  },
  age,
  ...wideColumns.map(
    (column): Column<CronJob> => ({ ...column, value: ({ spec }, now) => column.value({ spec: spec?.jobTemplate?.spec }, now) }),
  ),
];
