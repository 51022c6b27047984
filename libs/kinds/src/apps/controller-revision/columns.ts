import { gvkOf } from '#api';
import type { ControllerRevision } from '#api/types';
import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';

export const columns: readonly Column<ControllerRevision>[] = [
  { name: 'Controller', type: 'string', value: controllerOf },
  { name: 'Revision', type: 'integer', value: ({ revision }) => revision ?? 0 },
  age,
];

/** `daemonset.apps/web` */
function controllerOf({ metadata }: ControllerRevision): string {
  const owner = (metadata.ownerReferences ?? []).find(({ controller }) => controller);
  if (!owner) return '<none>';
  const { group, kind } = gvkOf(owner);
  return `${kind.toLowerCase()}${group ? `.${group}` : ''}/${owner.name}`;
}
