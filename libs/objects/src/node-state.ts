import type { Node, NodeCondition } from '#api/types';

type Conditioned = Pick<Node, 'status'>;

/** Undefined also for a node that is not there, so that callers need not ask twice. */
export function nodeCondition(node: Conditioned | undefined, type: string): NodeCondition | undefined {
  return node?.status?.conditions?.find((condition) => condition.type === type);
}

/** False for a node that is not there. */
export function isNodeReady(node: Conditioned | undefined): boolean {
  return nodeCondition(node, 'Ready')?.status === 'True';
}

/** The ranges of a node's pods, the primary one first; [] until it has been given them. */
export function podCidrsOf({ spec }: Pick<Node, 'spec'>): string[] {
  const { podCIDR, podCIDRs = [] } = spec ?? {};
  return podCIDRs.length === 0 && podCIDR ? [podCIDR] : podCIDRs;
}

/** The addresses under which other nodes reach it, the primary one first. */
export function internalIpsOf({ status }: Conditioned): string[] {
  return (status?.addresses ?? []).flatMap(({ type, address }) => (type === 'InternalIP' ? address : []));
}
