import type { LimitRange } from '#api/types';
import type { Column } from '../../contract.ts';

export const columns: readonly Column<LimitRange>[] = [
  { name: 'Created At', type: 'date', value: ({ metadata }) => metadata.creationTimestamp ?? null },
];
