import type { ControllerRevision } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { columns } from './columns.ts';
import { validateControllerRevision, validateControllerRevisionUpdate } from './validation.ts';

export const controllerRevision: KindDefinition<ControllerRevision> = {
  gvk: { group: 'apps', version: 'v1', kind: 'ControllerRevision' },
  scope: 'Namespaced',
  names: { plural: 'controllerrevisions', singular: 'controllerrevision' },
  validate: validateControllerRevision,
  validateUpdate: validateControllerRevisionUpdate,
  columns,
};
