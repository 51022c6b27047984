import type { Node } from '#api/types';
import type { Strategy } from '../../contract.ts';

/** A node registers itself with its status: unlike other kinds, creation keeps it. */
export const strategy: Strategy<Node> = {
  prepareForUpdate: (next, previous) => ({ ...next, status: previous.status }),
};

export const prepareStatus = (next: Node, previous: Node): Node => ({ ...next, spec: previous.spec });

/** `podCIDR` is the first of `podCIDRs`; what is not set apart for the system is allocatable. */
export function applyNodeDefaults(node: Node): Node {
  const { spec, status } = node;
  const first = spec?.podCIDRs?.[0];
  return {
    ...node,
    spec: {
      ...spec,
      ...(first !== undefined && { podCIDR: first }),
      ...(first === undefined && spec?.podCIDR && { podCIDRs: [spec.podCIDR] }),
    },
    ...(status?.capacity && !status.allocatable && { status: { ...status, allocatable: status.capacity } }),
  };
}
