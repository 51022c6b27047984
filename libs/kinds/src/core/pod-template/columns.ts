import type { PodTemplate } from '#api/types';
import type { Column } from '../../contract.ts';
import { formatLabels } from '../../rules/labels.ts';

export const columns: readonly Column<PodTemplate>[] = [
  {
    name: 'Containers',
    type: 'string',
    value: ({ template }) =>
      containersOf(template)
        .map(({ name }) => name)
        .join(','),
  },
  {
    name: 'Images',
    type: 'string',
    value: ({ template }) =>
      containersOf(template)
        .map(({ image }) => image ?? '')
        .join(','),
  },
  { name: 'Pod Labels', type: 'string', value: ({ template }) => formatLabels(template?.metadata?.labels) },
];

const containersOf = (template: PodTemplate['template']) => template?.spec?.containers ?? [];
