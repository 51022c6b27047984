import type { Node } from '#api/types';
import { nodeCondition } from '#objects';
import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';

const unknown = '<unknown>';

export const columns: readonly Column<Node>[] = [
  { name: 'Status', type: 'string', value: statusOf },
  { name: 'Roles', type: 'string', value: rolesOf },
  age,
  { name: 'Version', type: 'string', value: ({ status }) => status?.nodeInfo?.kubeletVersion ?? '' },
  { name: 'Internal-IP', type: 'string', priority: 1, value: (node) => addressOf(node, 'InternalIP') },
  { name: 'External-IP', type: 'string', priority: 1, value: (node) => addressOf(node, 'ExternalIP') },
  { name: 'OS-Image', type: 'string', priority: 1, value: ({ status }) => status?.nodeInfo?.osImage || unknown },
  { name: 'Kernel-Version', type: 'string', priority: 1, value: ({ status }) => status?.nodeInfo?.kernelVersion || unknown },
  { name: 'Container-Runtime', type: 'string', priority: 1, value: ({ status }) => status?.nodeInfo?.containerRuntimeVersion || unknown },
];

function statusOf({ spec, status }: Node): string {
  const ready = nodeCondition({ status }, 'Ready');
  const word = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return spec?.unschedulable ? `${word},SchedulingDisabled` : word;
}

const rolePrefix = 'node-role.kubernetes.io/';

/** Any `node-role.kubernetes.io/<role>` label, and the value of `kubernetes.io/role`. */
function rolesOf({ metadata }: Node): string {
  const roles = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(rolePrefix) && key.length > rolePrefix.length) return [key.slice(rolePrefix.length)];
    return key === 'kubernetes.io/role' && value ? [value] : [];
  });
  return roles.length === 0 ? '<none>' : [...new Set(roles)].toSorted().join(',');
}

const addressOf = ({ status }: Node, wanted: string): string =>
  (status?.addresses ?? []).find(({ type }) => type === wanted)?.address ?? '<none>';
