import type { Secret } from '#api/types';
import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';

export const columns: readonly Column<Secret>[] = [
  { name: 'Type', type: 'string', value: ({ type }) => type ?? '' },
  { name: 'Data', type: 'string', value: ({ data }) => Object.keys(data ?? {}).length },
  age,
];
