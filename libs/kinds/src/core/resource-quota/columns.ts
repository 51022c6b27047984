import { lookUp } from '#base';
import type { ResourceQuota } from '#api/types';
import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';

/** `<resource>: <used>/<hard>` of each, in order of their names. */
function shares({ status }: ResourceQuota, chosen: (name: string) => boolean): string {
  const { hard = {}, used = {} } = status ?? {};
  const names = Object.keys(hard).filter(chosen).toSorted();
  return names.map((name) => `${name}: ${lookUp(used, name) ?? '0'}/${lookUp(hard, name)}`).join(', ');
}

const isLimit = (name: string): boolean => name.startsWith('limits.');

export const columns: readonly Column<ResourceQuota>[] = [
  { name: 'Request', type: 'string', value: (quota) => shares(quota, (name) => !isLimit(name)) },
  { name: 'Limit', type: 'string', value: (quota) => shares(quota, isLimit) },
  age as Column<ResourceQuota>,
];
