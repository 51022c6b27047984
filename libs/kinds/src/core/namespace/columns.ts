import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';
import type { Namespace } from '../../rules/types.ts';

export const columns: readonly Column<Namespace>[] = [
  { name: 'Status', type: 'string', value: (namespace) => namespace.status?.phase ?? '' },
  age,
];
