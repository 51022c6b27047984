import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';
import type { Namespace } from '#api/types';

export const columns: readonly Column<Namespace>[] = [
  { name: 'Status', type: 'string', value: (namespace) => namespace.status?.phase ?? '' },
  age,
];
