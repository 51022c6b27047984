import type { ReplicationController } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { scale } from '../../rules/scale.ts';
import { columns } from './columns.ts';
import { applyControllerDefaults, prepareStatus, strategy } from './strategy.ts';
import { selectorOf, validateController, validateControllerStatus } from './validation.ts';

export const replicationController: KindDefinition<ReplicationController> = {
  gvk: { group: '', version: 'v1', kind: 'ReplicationController' },
  scope: 'Namespaced',
  names: { plural: 'replicationcontrollers', singular: 'replicationcontroller', shortNames: ['rc'], categories: ['all'] },
  applyDefaults: applyControllerDefaults,
  validate: validateController,
  strategy,
  columns,
  selectableFields: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
  subresources: {
    status: { do: 'view', part: 'status', prepareForUpdate: prepareStatus, validateUpdate: validateControllerStatus },
    scale: scale(selectorOf),
  },
};
