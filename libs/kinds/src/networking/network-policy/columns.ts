import type { NetworkPolicy } from '#api/types';
import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';
import { formatSelector } from '../../rules/labels.ts';

export const columns: readonly Column<NetworkPolicy>[] = [
  { name: 'Pod-Selector', type: 'string', value: ({ spec }) => formatSelector(spec?.podSelector) || '<none>' },
  age,
];
