import type { RuntimeClass } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { columns } from './columns.ts';
import { validateRuntimeClass, validateRuntimeClassUpdate } from './validation.ts';
import { runtimeClassWarnings } from './warnings.ts';

export const runtimeClass: KindDefinition<RuntimeClass> = {
  gvk: { group: 'node.k8s.io', version: 'v1', kind: 'RuntimeClass' },
  scope: 'Cluster',
  names: { plural: 'runtimeclasses', singular: 'runtimeclass' },
  validate: validateRuntimeClass,
  validateUpdate: validateRuntimeClassUpdate,
  strategy: { allowUnconditionalUpdate: false, warnings: runtimeClassWarnings },
  columns,
};
