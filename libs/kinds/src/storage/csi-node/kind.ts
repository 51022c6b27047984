import type { CSINode } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { age } from '../../rules/columns.ts';
import { validateCsiNode, validateCsiNodeUpdate } from './validation.ts';

export const csiNode: KindDefinition<CSINode> = {
  gvk: { group: 'storage.k8s.io', version: 'v1', kind: 'CSINode' },
  scope: 'Cluster',
  names: { plural: 'csinodes', singular: 'csinode' },
  validate: validateCsiNode,
  validateUpdate: validateCsiNodeUpdate,
  strategy: { allowUnconditionalUpdate: false, returnsDeleted: true },
  columns: [{ name: 'Drivers', type: 'integer', value: ({ spec }) => spec.drivers?.length ?? 0 }, age],
};
