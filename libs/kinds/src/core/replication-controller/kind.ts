import type { ReplicationController } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { scaleColumns } from '../../rules/columns.ts';
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
    status: { do: 'view', prepareForUpdate: prepareStatus, validateUpdate: validateControllerStatus },
    scale: {
      do: 'scale',
      replicas: { spec: '.spec.replicas', status: '.status.replicas' },
      selector: (controller) => selectorOf(controller),
      withReplicas: (controller, replicas) => ({ ...controller, spec: { ...controller.spec, replicas } }),
      columns: scaleColumns,
    },
  },
};
