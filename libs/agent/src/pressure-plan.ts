import { formatQuantity, quantityOf, quantityValue } from '#api';
import type { Pod } from '#api/types';
import { isCritical, podTotals } from '#objects';
import type { Amount, Amounts, NodeSettings, Signal, SoftThreshold, Threshold } from './node-settings.ts';

/** What is left of something, and all there is of it: bytes, inodes, process ids. */
export interface Level {
  available: number;
  capacity: number;
}
export type Levels = Readonly<Record<Signal, Level>>;

/** Conditions of the Node, by their types. */
export type Pressure = 'MemoryPressure' | 'DiskPressure' | 'PIDPressure';

/** Kubernetes, "Node-pressure Eviction", node conditions and resources of the signals. */
const meanings: Record<Signal, { pressure: Pressure; resource: 'memory' | 'ephemeral-storage' | 'inodes' | 'pids' }> = {
  'memory.available': { pressure: 'MemoryPressure', resource: 'memory' },
  'nodefs.available': { pressure: 'DiskPressure', resource: 'ephemeral-storage' },
  'nodefs.inodesFree': { pressure: 'DiskPressure', resource: 'inodes' },
  'imagefs.available': { pressure: 'DiskPressure', resource: 'ephemeral-storage' },
  'imagefs.inodesFree': { pressure: 'DiskPressure', resource: 'inodes' },
  'pid.available': { pressure: 'PIDPressure', resource: 'pids' },
};

/** A threshold that is crossed; amounts in the signal's own unit. */
export interface Shortage {
  signal: Signal;
  pressure: Pressure;
  resource: (typeof meanings)[Signal]['resource'];
  threshold: number;
  available: number;
  /** Of a soft threshold: pods get the time that they ask for, at most the maximum of the node. */
  soft?: boolean;
}

/** In the signal's own unit: bytes, inodes or process ids. */
export const thresholdAmount = ({ value }: { value: Amount }, capacity: number): number =>
  'share' in value ? Math.floor(value.share * capacity) : value.amount;

export type EvictionSettings = Pick<NodeSettings, 'evictionHard' | 'evictionSoft' | 'minimumReclaim'>;

/** Thresholds that are crossed, and since when (monotonic milliseconds). */
export type Crossed = ReadonlyMap<Threshold, number>;

/**
 * Which thresholds are crossed now: one that was crossed `before` still is until the minimum to be reclaimed is there as well
 * (Kubernetes, "Node-pressure Eviction", minimum eviction reclaim).
 */
export function crossedThresholds(settings: EvictionSettings, levels: Levels, before: Crossed, nowMs: number): Crossed {
  const isShort = (threshold: Threshold): boolean => {
    const { available, capacity } = levels[threshold.signal];
    const reclaim = before.has(threshold) ? settings.minimumReclaim.get(threshold.signal) : undefined;
    return available < thresholdAmount(threshold, capacity) + (reclaim ? thresholdAmount({ value: reclaim }, capacity) : 0);
  };
  const short = [...settings.evictionHard, ...settings.evictionSoft].filter(isShort);
  return new Map(short.map((threshold) => [threshold, before.get(threshold) ?? nowMs]));
}

/** The conditions that these make, whatever their grace periods. */
export const pressuresOf = (crossed: Crossed): Pressure[] => [...crossed.keys()].map(({ signal }) => meanings[signal].pressure);

/** What has been short for longer than its grace period; memory first, since it cannot wait, and hard thresholds before soft ones. */
export function shortages(crossed: Crossed, levels: Levels, nowMs: number): Shortage[] {
  return [...crossed]
    .filter(([threshold, sinceMs]) => !isSoft(threshold) || nowMs - sinceMs >= threshold.graceMs)
    .map(([threshold]): Shortage => {
      const { available, capacity } = levels[threshold.signal];
      const amount = thresholdAmount(threshold, capacity);
      const soft = isSoft(threshold) && { soft: true };
      return { signal: threshold.signal, ...meanings[threshold.signal], threshold: amount, available, ...soft };
    })
    .toSorted((a, b) => Number(b.resource === 'memory') - Number(a.resource === 'memory'));
}

const isSoft = (threshold: Threshold): threshold is SoftThreshold => 'graceMs' in threshold;

/** What a node that has a part of its machine finds: as much as the machine has left, and not more than its pods leave of their part. */
export function levelsOfNode(
  machine: Levels,
  { capacity, enforced, used }: { capacity: Amounts; enforced: Amounts; used: { memoryWorkingSetBytes: number; pids: number } },
): Levels {
  return {
    ...machine,
    'memory.available': {
      available: Math.min(machine['memory.available'].available, enforced.memoryBytes - used.memoryWorkingSetBytes),
      capacity: capacity.memoryBytes,
    },
    'pid.available': { available: Math.min(machine['pid.available'].available, enforced.pids - used.pids), capacity: capacity.pids },
  };
}

/** A pod that may be evicted. */
export interface Candidate {
  pod: Pod;
  /** Of the scarce resource. */
  used: number;
  /** By container, where that is told. */
  containers: readonly { name: string; used: number }[];
}

/** Who goes first: those beyond their requests, by priority, by how far they are beyond. Process ids are not requested: by priority, by number. */
export function evictionOrder({ resource }: Shortage, candidates: readonly Candidate[]): Candidate[] {
  const over = ({ pod, used }: Candidate): number => used - requested(pod, resource);
  return candidates
    .filter(({ pod }) => !isCritical(pod))
    .toSorted(
      (a, b) =>
        (resource === 'pids' ? 0 : Number(over(b) > 0) - Number(over(a) > 0)) ||
        (a.pod.spec.priority ?? 0) - (b.pod.spec.priority ?? 0) ||
        over(b) - over(a),
    );
}

/** Of memory or storage; inodes and process ids are requested by nobody. */
function requested(pod: Pod, resource: Shortage['resource']): number {
  return quantityValue(podTotals(pod.spec, 'requests').get(resource) ?? '0');
}

/** In the kubelet's words. */
export function evictionMessage({ resource, threshold, available }: Shortage, { pod, containers }: Candidate): string {
  const amount = (bytes: number): string => formatQuantity(quantityOf(Math.max(0, Math.round(bytes)), 'BinarySI'));
  const greedy = containers.flatMap(({ name, used }) => {
    const request = pod.spec.containers.find((c) => c.name === name)?.resources?.requests?.[resource] ?? '0';
    return used > quantityValue(request)
      ? [`Container ${name} was using ${amount(used)}, request is ${request}, has larger consumption of ${resource}. `]
      : [];
  });
  return [
    `The node was low on resource: ${resource}. `,
    `Threshold quantity: ${amount(threshold)}, available: ${amount(available)}. `,
    ...greedy,
  ].join('');
}
