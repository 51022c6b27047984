import type { Decision, Refusal } from './contract.ts';

/** Upstream's message of a `FailedScheduling` event: how many nodes failed on what, e.g. `0/3 nodes are available: 3 Insufficient cpu.` */
export function explainRefusals({ nodes, refusals }: Extract<Decision, { placed: false }>, preemption?: string): string {
  if (nodes === 0) return 'no nodes available to schedule pods';
  const [first] = refusals.values();
  // What is wrong with the pod is said once, not of each node.
  const counts = first?.ofPod ? first.reasons.join(', ') : histogram(refusals);
  return `0/${nodes} nodes are available: ${counts}.${preemption ? ` ${preemption}` : ''}`;
}

/** A node that fails on several resources counts for each of them, so the numbers may add up to more than the nodes. */
function histogram(refusals: ReadonlyMap<string, Refusal>): string {
  const counts = new Map<string, number>();
  for (const { reasons } of refusals.values()) for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .toSorted()
    .join(', ');
}
