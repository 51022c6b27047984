import type { ReplicationController } from '#api/types';
import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';
import { formatLabels } from '../../rules/labels.ts';

const containersOf = ({ spec }: ReplicationController) => spec?.template?.spec?.containers ?? [];

export const columns: readonly Column<ReplicationController>[] = [
  { name: 'Desired', type: 'integer', value: ({ spec }) => spec?.replicas ?? 0 },
  { name: 'Current', type: 'integer', value: ({ status }) => status?.replicas ?? 0 },
  { name: 'Ready', type: 'integer', value: ({ status }) => status?.readyReplicas ?? 0 },
  age,
  {
    name: 'Containers',
    type: 'string',
    priority: 1,
    value: (object) =>
      containersOf(object)
        .map(({ name }) => name)
        .join(','),
  },
  {
    name: 'Images',
    type: 'string',
    priority: 1,
    value: (object) =>
      containersOf(object)
        .map(({ image }) => image ?? '')
        .join(','),
  },
  { name: 'Selector', type: 'string', priority: 1, value: ({ spec }) => formatLabels(spec?.selector) },
];
