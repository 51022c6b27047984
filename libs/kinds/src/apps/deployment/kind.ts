import type { Deployment } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { formatSelector } from '../../rules/labels.ts';
import { scale } from '../../rules/scale.ts';
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
    status: { do: 'view', part: 'status', prepareForUpdate: prepareStatus, validateUpdate: validateDeploymentStatus },
    scale: scale(({ spec }) => formatSelector(spec?.selector)),
  },
};
