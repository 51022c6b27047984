import type { IngressClass } from '#api/types';
import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';

export const columns: readonly Column<IngressClass>[] = [
  { name: 'Controller', type: 'string', value: ({ spec }) => spec?.controller ?? '' },
  { name: 'Parameters', type: 'string', value: formatParameters },
  age,
];

function formatParameters({ spec }: IngressClass): string {
  if (!spec?.parameters) return '<none>';
  const { apiGroup, kind, name } = spec.parameters;
  return `${kind}${apiGroup === undefined ? '' : `.${apiGroup}`}/${name}`;
}
