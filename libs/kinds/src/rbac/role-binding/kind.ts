import type { RoleBinding } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { bindingColumns } from '../columns.ts';
import { rbacGroup, validateBinding, validateBindingUpdate, withBindingDefaults } from '../validation.ts';

export const roleBinding: KindDefinition<RoleBinding> = {
  gvk: { group: rbacGroup, version: 'v1', kind: 'RoleBinding' },
  scope: 'Namespaced',
  names: { plural: 'rolebindings', singular: 'rolebinding' },
  nameRule: 'path-segment',
  applyDefaults: withBindingDefaults,
  validate: (binding) => validateBinding(binding, { namespaced: true }),
  validateUpdate: validateBindingUpdate,
  strategy: { allowCreateOnUpdate: true },
  columns: bindingColumns,
};
