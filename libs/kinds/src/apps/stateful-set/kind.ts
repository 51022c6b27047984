import type { StatefulSet } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { scaleColumns } from '../../rules/columns.ts';
import { formatSelector } from '../../rules/labels.ts';
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
    status: { do: 'view', prepareForUpdate: prepareStatus, validateUpdate: validateStatefulSetStatus },
    scale: {
      do: 'scale',
      replicas: { spec: '.spec.replicas', status: '.status.replicas' },
      selector: ({ spec }) => formatSelector(spec?.selector),
      withReplicas: (set, replicas) => ({ ...set, spec: { ...set.spec, replicas } as StatefulSet['spec'] }),
      columns: scaleColumns,
    },
  },
};
