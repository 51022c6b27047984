import type { EndpointSlice } from '#api/types';
import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';

const shownAtMost = 3;

export const columns: readonly Column<EndpointSlice>[] = [
  { name: 'AddressType', type: 'string', value: ({ addressType }) => addressType },
  { name: 'Ports', type: 'string', value: ({ ports }) => few((ports ?? []).map(({ port }) => String(port ?? '*'))) },
  { name: 'Endpoints', type: 'string', value: ({ endpoints }) => few((endpoints ?? []).flatMap(({ addresses }) => addresses ?? [])) },
  age,
];

function few(values: readonly string[]): string {
  if (values.length === 0) return '<unset>';
  const more = values.length - shownAtMost;
  return more > 0 ? `${values.slice(0, shownAtMost).join(',')} + ${more} more...` : values.join(',');
}
