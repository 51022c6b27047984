import type { ServiceAccount } from '#api/types';
import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';

export const columns: readonly Column<ServiceAccount>[] = [
  { name: 'Secrets', type: 'string', value: ({ secrets }) => (secrets ?? []).length },
  age,
];
