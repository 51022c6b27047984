import type { KindDefinition } from '../contract.ts';
import { listed } from '../rules/listed.ts';
import { clusterRole } from './cluster-role/kind.ts';
import { clusterRoleBinding } from './cluster-role-binding/kind.ts';
import { role } from './role/kind.ts';
import { roleBinding } from './role-binding/kind.ts';

/** rbac.authorization.k8s.io */
export const rbacKinds: readonly KindDefinition[] = [listed(clusterRole), listed(clusterRoleBinding), listed(role), listed(roleBinding)];
