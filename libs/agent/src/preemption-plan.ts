import { quantityMilliValue, quantityValue } from '#api';
import type { Pod } from '#api/types';
import { isCritical, podTotals, type QosClass, qosClassOf, type Usage } from '#objects';

/** What one resource of a node has to give, and what is wanted of it. */
export interface Check {
  name: string;
  requested: number;
  used: number;
  capacity: number;
}

/** `pkg/kubelet/preemption`: what becomes of those that make room. */
export const preempted = { reason: 'Preempting', message: 'Preempted in order to admit critical pod' } as const;

/** Resource → what is still missing of it. */
type Missing = ReadonlyMap<string, number>;

/** CPU in thousandths, the rest as it is. */
export function amountOf(amounts: Usage, name: string): number {
  const amount = amounts.get(name) ?? '0';
  return name === 'cpu' ? quantityMilliValue(amount) : quantityValue(amount);
}

/**
 * Whom a node ends for a critical pod that was bound to it, undefined where that is not enough: as few as possible, and of the best quality
 * of service only those that the others cannot spare. `pkg/kubelet/preemption`, getPodsToPreempt.
 */
export function podsToPreempt(pod: Pod, others: readonly Pod[], short: readonly Check[]): Pod[] | undefined {
  const candidates = others.filter((other) => isPreemptable(pod, other));
  const ofClass = (qos: QosClass): Pod[] => candidates.filter((other) => qosClassOf(other) === qos);
  const missing: Missing = new Map(short.map(({ name, requested, used, capacity }) => [name, used + requested - capacity]));
  const [bestEffort, burstable, guaranteed] = [ofClass('BestEffort'), ofClass('Burstable'), ofClass('Guaranteed')];
  if (without(missing, candidates).size > 0) return undefined;
  const best = nearest(guaranteed, without(missing, [...bestEffort, ...burstable]));
  const middle = nearest(burstable, without(missing, [...bestEffort, ...best]));
  const least = nearest(bestEffort, without(missing, [...middle, ...best]));
  return [...least, ...middle, ...best];
}

/** `HandleAdmissionFailure`, when there are not enough of them. */
export function nobodyToPreempt(short: readonly Check[]): { reason: string; message: string } {
  const missing = short.map(({ name, requested, used, capacity }) => `(res: ${name}, q: ${used + requested - capacity}), `).join('');
  const why = `preemption: error finding a set of pods to preempt: no set of running pods found to reclaim resources: [${missing}]`;
  return { reason: 'UnexpectedAdmissionError', message: `Unexpected error while attempting to recover from admission failure: ${why}` };
}

/** `kubetypes.Preemptable`: a critical pod makes room for those alone that are more so. */
function isPreemptable(pod: Pod, other: Pod): boolean {
  return !isCritical(other) || (pod.spec.priority ?? 0) > (other.spec.priority ?? 0);
}

function requestOf({ spec }: Pod, name: string): number {
  return name === 'pods' ? 1 : amountOf(podTotals(spec, 'requests'), name);
}

function without(missing: Missing, pods: readonly Pod[]): Missing {
  const left = [...missing].map(([name, amount]): [string, number] => [
    name,
    pods.reduce((rest, pod) => rest - requestOf(pod, name), amount),
  ]);
  return new Map(left.filter(([, amount]) => amount > 0));
}

/** The one that leaves least to be found, again and again; of two alike the smaller one. */
function nearest(pods: readonly Pod[], missing: Missing): Pod[] {
  const chosen: Pod[] = [];
  for (let left = missing; left.size > 0; left = without(left, chosen.slice(-1))) {
    const rest = pods.filter((pod) => !chosen.includes(pod));
    chosen.push(rest.reduce((best, pod) => (isNearer(pod, best, left) ? pod : best)));
  }
  return chosen;
}

function isNearer(a: Pod, b: Pod, missing: Missing): boolean {
  const distance = (pod: Pod): number =>
    [...missing].reduce((sum, [name, amount]) => sum + Math.max(0, (amount - requestOf(pod, name)) / amount) ** 2, 0);
  const [ofA, ofB] = [distance(a), distance(b)];
  if (ofA !== ofB) return ofA < ofB;
  const differing = ['memory', 'cpu'].find((name) => requestOf(a, name) !== requestOf(b, name));
  return differing === undefined || requestOf(a, differing) < requestOf(b, differing);
}
