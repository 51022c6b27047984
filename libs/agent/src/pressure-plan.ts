import { formatQuantity, quantityOf, quantityValue } from '#api';
import type { Pod } from '#api/types';
import { isCritical, podTotals } from '#objects';
import type { Signal, Threshold } from './node-settings.ts';

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
}

/** In the signal's own unit: bytes, inodes or process ids. */
export const thresholdAmount = ({ value }: Threshold, capacity: number): number =>
  'share' in value ? Math.floor(value.share * capacity) : value.amount;

/** What there is less of than there should be; memory first, since it cannot wait. */
export function shortages(thresholds: readonly Threshold[], levels: Levels): Shortage[] {
  return thresholds
    .map((threshold) => {
      const { available, capacity } = levels[threshold.signal];
      return { signal: threshold.signal, ...meanings[threshold.signal], threshold: thresholdAmount(threshold, capacity), available };
    })
    .filter(({ threshold, available }) => available < threshold)
    .toSorted((a, b) => Number(b.resource === 'memory') - Number(a.resource === 'memory'));
}

/** A pod that may be evicted. */
export interface Candidate {
  pod: Pod;
  /** Of the scarce resource. */
  used: number;
  /** By container, as far as that is known. */
  containers: readonly { name: string; used: number }[];
}

/** Who goes first: those beyond their requests, by priority, by how far they are beyond. Process ids are not requested: by priority, by number. */
export function evictionOrder({ resource }: Shortage, candidates: readonly Candidate[]): Candidate[] {
  const over = ({ pod, used }: Candidate): number => used - (resource === 'pids' ? 0 : requested(pod, resource));
  return candidates
    .filter(({ pod }) => !isCritical(pod))
    .toSorted(
      (a, b) =>
        (resource === 'pids' ? 0 : Number(over(b) > 0) - Number(over(a) > 0)) ||
        (a.pod.spec.priority ?? 0) - (b.pod.spec.priority ?? 0) ||
        over(b) - over(a),
    );
}

/** Inodes are not requested by anybody; who asked for storage is measured by that. */
function requested(pod: Pod, resource: Shortage['resource']): number {
  return quantityValue(podTotals(pod.spec, 'requests').get(resource === 'memory' ? 'memory' : 'ephemeral-storage') ?? '0');
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
