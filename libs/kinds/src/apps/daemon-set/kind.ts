import type { DaemonSet } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { columns } from './columns.ts';
import { applyDaemonSetDefaults, prepareStatus, strategy } from './strategy.ts';
import { validateDaemonSet, validateDaemonSetStatus, validateDaemonSetUpdate } from './validation.ts';

export const daemonSet: KindDefinition<DaemonSet> = {
  gvk: { group: 'apps', version: 'v1', kind: 'DaemonSet' },
  scope: 'Namespaced',
  names: { plural: 'daemonsets', singular: 'daemonset', shortNames: ['ds'], categories: ['all'] },
  applyDefaults: applyDaemonSetDefaults,
  validate: validateDaemonSet,
  validateUpdate: validateDaemonSetUpdate,
  strategy,
  columns,
  subresources: { status: { do: 'view', part: 'status', prepareForUpdate: prepareStatus, validateUpdate: validateDaemonSetStatus } },
};
