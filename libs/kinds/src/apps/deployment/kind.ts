import type { Deployment } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { scaleColumns } from '../../rules/columns.ts';
import { formatSelector } from '../../rules/labels.ts';
import { columns } from './columns.ts';
import { applyDeploymentDefaults, prepareStatus, strategy } from './strategy.ts';
import { validateDeployment, validateDeploymentStatus, validateDeploymentUpdate } from './validation.ts';

export const deployment: KindDefinition<Deployment> = {
  gvk: { group: 'apps', version: 'v1', kind: 'Deployment' },
  scope: 'Namespaced',
  names: { plural: 'deployments', singular: 'deployment', shortNames: ['deploy'], categories: ['all'] },
  applyDefaults: applyDeploymentDefaults,
  validate: validateDeployment,
  validateUpdate: validateDeploymentUpdate,
  strategy,
  columns,
  subresources: {
    status: { do: 'view', prepareForUpdate: prepareStatus, validateUpdate: validateDeploymentStatus },
    scale: {
      do: 'scale',
      replicas: { spec: '.spec.replicas', status: '.status.replicas' },
      selector: ({ spec }) => formatSelector(spec?.selector),
      withReplicas: (object, replicas) => ({ ...object, spec: { ...object.spec, replicas } as Deployment['spec'] }),
      columns: scaleColumns,
    },
  },
};
