import type { Role } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { createdAt } from '../columns.ts';
import { rbacGroup, validateRules } from '../validation.ts';

export const role: KindDefinition<Role> = {
  gvk: { group: rbacGroup, version: 'v1', kind: 'Role' },
  scope: 'Namespaced',
  names: { plural: 'roles', singular: 'role' },
  nameRule: 'path-segment',
  validate: ({ rules }) => validateRules(rules, true),
  strategy: { allowCreateOnUpdate: true },
  columns: [createdAt],
};
