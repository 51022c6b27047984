import type { KindDefinition } from '../../contract.ts';
import type { ConfigMap } from '#api/types';
import { columns } from './columns.ts';
import { validateConfigMap, validateConfigMapUpdate } from './validation.ts';

export const configMap: KindDefinition<ConfigMap> = {
  gvk: { group: '', version: 'v1', kind: 'ConfigMap' },
  scope: 'Namespaced',
  names: { plural: 'configmaps', singular: 'configmap', shortNames: ['cm'] },
  validate: validateConfigMap,
  validateUpdate: validateConfigMapUpdate,
  updateRulesFirst: true,
  columns,
};
