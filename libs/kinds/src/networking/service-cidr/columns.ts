import type { ServiceCIDR } from '#api/types';
import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';

export const columns: readonly Column<ServiceCIDR>[] = [
  { name: 'CIDRs', type: 'string', value: ({ spec }) => (spec?.cidrs ?? []).join(',') },
  age,
];
