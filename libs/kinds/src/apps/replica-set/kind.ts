import type { ReplicaSet } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { formatSelector } from '../../rules/labels.ts';
import { scale } from '../../rules/scale.ts';
import { columns } from './columns.ts';
import { applyReplicaSetDefaults, prepareStatus, strategy } from './strategy.ts';
import { validateReplicaSet, validateReplicaSetStatus, validateReplicaSetUpdate } from './validation.ts';

export const replicaSet: KindDefinition<ReplicaSet> = {
  gvk: { group: 'apps', version: 'v1', kind: 'ReplicaSet' },
  scope: 'Namespaced',
  names: { plural: 'replicasets', singular: 'replicaset', shortNames: ['rs'], categories: ['all'] },
  applyDefaults: applyReplicaSetDefaults,
  validate: validateReplicaSet,
  validateUpdate: validateReplicaSetUpdate,
  strategy,
  columns,
  selectableFields: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
  subresources: {
    status: { do: 'view', part: 'status', prepareForUpdate: prepareStatus, validateUpdate: validateReplicaSetStatus },
    scale: scale(({ spec }) => formatSelector(spec?.selector)),
  },
};
