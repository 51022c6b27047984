import type { ClusterRole } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { createdAt } from '../columns.ts';
import { rbacGroup, validateClusterRole } from '../validation.ts';

export const clusterRole: KindDefinition<ClusterRole> = {
  gvk: { group: rbacGroup, version: 'v1', kind: 'ClusterRole' },
  scope: 'Cluster',
  names: { plural: 'clusterroles', singular: 'clusterrole' },
  nameRule: 'path-segment',
  validate: validateClusterRole,
  strategy: { allowCreateOnUpdate: true },
  columns: [createdAt],
};
