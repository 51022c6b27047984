import type { PriorityClass } from '#api/types';
import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';

export const columns: readonly Column<PriorityClass>[] = [
  { name: 'Value', type: 'integer', value: ({ value }) => value ?? 0 },
  { name: 'Global-Default', type: 'boolean', value: ({ globalDefault }) => globalDefault ?? false },
  age,
  { name: 'PreemptionPolicy', type: 'string', value: ({ preemptionPolicy }) => preemptionPolicy ?? '' },
];
