import type { IPAddress } from '#api/types';
import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';

export const columns: readonly Column<IPAddress>[] = [{ name: 'ParentRef', type: 'string', value: parentShown }, age];

/** `services/default/web`, `gateways.gateway.networking.k8s.io/infra/edge`. */
function parentShown({ spec }: IPAddress): string {
  if (!spec.parentRef) return '<none>';
  const { group, resource, namespace, name } = spec.parentRef;
  return [group ? `${resource}.${group}` : resource, ...(namespace ? [namespace] : []), name].join('/');
}
