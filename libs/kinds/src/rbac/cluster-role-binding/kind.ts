import type { ClusterRoleBinding } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { bindingColumns } from '../columns.ts';
import { rbacGroup, validateBinding, validateBindingUpdate, withBindingDefaults } from '../validation.ts';

export const clusterRoleBinding: KindDefinition<ClusterRoleBinding> = {
  gvk: { group: rbacGroup, version: 'v1', kind: 'ClusterRoleBinding' },
  scope: 'Cluster',
  names: { plural: 'clusterrolebindings', singular: 'clusterrolebinding' },
  nameRule: 'path-segment',
  applyDefaults: withBindingDefaults,
  validate: (binding) => validateBinding(binding, { namespaced: false }),
  validateUpdate: validateBindingUpdate,
  strategy: { allowCreateOnUpdate: true },
  columns: bindingColumns,
};
