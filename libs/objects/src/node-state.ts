import type { Node, NodeCondition } from '#api/types';

type Conditioned = Pick<Node, 'status'>;

export function nodeCondition(node: Conditioned | undefined, type: string): NodeCondition | undefined {
  return node?.status?.conditions?.find((condition) => condition.type === type);
}

/** False for a node that is not there. */
export function isNodeReady(node: Conditioned | undefined): boolean {
  return nodeCondition(node, 'Ready')?.status === 'True';
}
