import type { PriorityClass } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { columns } from './columns.ts';
import { validatePriorityClass, validatePriorityClassUpdate } from './validation.ts';

export const priorityClass: KindDefinition<PriorityClass> = {
  gvk: { group: 'scheduling.k8s.io', version: 'v1', kind: 'PriorityClass' },
  scope: 'Cluster',
  names: { plural: 'priorityclasses', singular: 'priorityclass', shortNames: ['pc'] },
  validate: validatePriorityClass,
  validateUpdate: validatePriorityClassUpdate,
  strategy: { generationOf: () => undefined },
  columns,
};
