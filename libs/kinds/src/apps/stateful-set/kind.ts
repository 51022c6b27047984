import type { StatefulSet } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { formatSelector } from '../../rules/labels.ts';
import { scale } from '../../rules/scale.ts';
import { columns } from './columns.ts';
import { applyStatefulSetDefaults, prepareStatus, strategy } from './strategy.ts';
import { validateStatefulSet, validateStatefulSetStatus, validateStatefulSetUpdate } from './validation.ts';

export const statefulSet: KindDefinition<StatefulSet> = {
  gvk: { group: 'apps', version: 'v1', kind: 'StatefulSet' },
  scope: 'Namespaced',
  names: { plural: 'statefulsets', singular: 'statefulset', shortNames: ['sts'], categories: ['all'] },
  applyDefaults: applyStatefulSetDefaults,
  validate: validateStatefulSet,
  validateUpdate: validateStatefulSetUpdate,
  strategy,
  columns,
  subresources: {
    status: { do: 'view', part: 'status', prepareForUpdate: prepareStatus, validateUpdate: validateStatefulSetStatus },
    scale: scale(({ spec }) => formatSelector(spec?.selector)),
  },
};
