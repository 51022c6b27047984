import { lookUp } from '#base';
import type { Pod } from '#api/types';
import { isReady, podDeletionCostAnnotation, readySince } from '#objects';

/** Which pods go first when there are too many: `pkg/controller/controller_utils.go`, ActivePodsWithRanks. */
export function deletionOrder(pods: readonly Pod[], related: readonly Pod[], now: Date): Pod[] {
  const onNode = new Map<string, number>();
  for (const pod of related) onNode.set(pod.spec.nodeName ?? '', (onNode.get(pod.spec.nodeName ?? '') ?? 0) + 1);
  const ranked = pods.map((pod) => ({ pod, rank: onNode.get(pod.spec.nodeName ?? '') ?? 0 }));
  return ranked.toSorted((a, b) => firstDifference(a.pod, b.pod, b.rank - a.rank, now)).map(({ pod }) => pod);
}

const phaseOrder: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

function firstDifference(a: Pod, b: Pod, doubledUp: number, now: Date): number {
  return (
    Number(Boolean(a.spec.nodeName)) - Number(Boolean(b.spec.nodeName)) ||
    phaseOf(a) - phaseOf(b) ||
    Number(isReady(a)) - Number(isReady(b)) ||
    deletionCost(a) - deletionCost(b) ||
    doubledUp ||
    (isReady(a) && isReady(b) ? younger(readySince(a), readySince(b), [a, b], now) : 0) ||
    maxRestarts(b) - maxRestarts(a) ||
    younger(millisOf(a.metadata.creationTimestamp), millisOf(b.metadata.creationTimestamp), [a, b], now)
  );
}

function phaseOf(pod: Pod): number {
  return lookUp(phaseOrder, pod.status?.phase ?? 'Pending') ?? 0;
}

/** `controller.kubernetes.io/pod-deletion-cost`: a 32-bit number, 0 when absent or not one (KEP-2255). */
export function deletionCost(pod: Pod): number {
  const text = pod.metadata.annotations?.[podDeletionCostAnnotation] ?? '';
  if (!/^(0|-?[1-9]\d*)$/.test(text)) return 0;
  const cost = Number(text);
  return Math.abs(cost) < 2 ** 31 ? cost : 0;
}

function maxRestarts(pod: Pod): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map((container) => container.restartCount));
}

function millisOf(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time);
}

/** KEP-2185: ages are compared by their order of magnitude, so that among pods of about the same age chance (the uid) decides. */
function younger(a: number | undefined, b: number | undefined, pods: readonly [Pod, Pod], now: Date): number {
  if (a === b) return 0;
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  const difference = magnitude(now.getTime() - a) - magnitude(now.getTime() - b);
  if (difference !== 0) return difference;
  return (pods[0].metadata.uid ?? '') < (pods[1].metadata.uid ?? '') ? -1 : 1;
}

function magnitude(ageMs: number): number {
  return ageMs > 0 ? Math.floor(Math.log2(ageMs * 1e6)) : -1;
}
