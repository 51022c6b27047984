import type { Node } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { columns } from './columns.ts';
import { applyNodeDefaults, prepareStatus, strategy } from './strategy.ts';
import { validateNode, validateNodeStatus, validateNodeUpdate } from './validation.ts';

export const node: KindDefinition<Node> = {
  gvk: { group: '', version: 'v1', kind: 'Node' },
  scope: 'Cluster',
  names: { plural: 'nodes', singular: 'node', shortNames: ['no'] },
  applyDefaults: applyNodeDefaults,
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  strategy,
  columns,
  selectableFields: { 'spec.unschedulable': ({ spec }) => String(spec?.unschedulable ?? false) },
  subresources: {
    status: { do: 'view', part: 'status', prepareForUpdate: prepareStatus, validateUpdate: validateNodeStatus },
    proxy: { do: 'connect', shape: 'relay', methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] },
  },
};
