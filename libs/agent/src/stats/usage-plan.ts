import type { ContainerStats } from '#runtime/containers.contract';
import type { ContainerReading, Reading } from './meter.ts';

/** What was used between two readings: the mean of the processor, and the memory at the end. */
export interface Usage {
  cpuNanoCores: number;
  memoryBytes: number;
  windowMs: number;
}

export interface UsageOfNode {
  takenAt: Date;
  node?: Usage;
  pods: readonly UsageOfPod[];
}

export interface UsageOfPod {
  namespace: string;
  pod: string;
  podUid: string;
  containers: readonly { name: string; usage: Usage }[];
}

/** A container that is younger than a reading counts from its start, once it is as old as this: metrics-server, `storage/pod.go`. */
const leastAgeMs = 10_000;

/** As metrics-server: a container needs two readings, and a pod with one that has not is left out. */
export function usageBetween(before: Reading | undefined, now: Reading): UsageOfNode {
  // Of what ran before the first reading nothing is known.
  if (!before) return { takenAt: now.at, pods: [] };
  const known = new Map(before.pods.flatMap(({ containers }) => containers.map((container) => [container.id, container] as const)));
  const windowMs = now.atMs - before.atMs;
  const node = usageOf(before.node, now.node, windowMs);
  const pods = now.pods.flatMap(({ pod: { metadata }, uid, containers }): UsageOfPod[] => {
    const used = containers.map((container) => ({
      name: container.name,
      usage: usageOfContainer(container, known.get(container.id), now, windowMs),
    }));
    if (used.length === 0 || !used.every(isKnown)) return [];
    return [{ namespace: metadata.namespace ?? '', pod: metadata.name ?? '', podUid: uid, containers: used }];
  });
  return { takenAt: now.at, ...(node && { node }), pods };
}

const isKnown = (used: { name: string; usage: Usage | undefined }): used is { name: string; usage: Usage } => used.usage !== undefined;

function usageOfContainer(
  container: ContainerReading,
  before: ContainerReading | undefined,
  now: Reading,
  windowMs: number,
): Usage | undefined {
  if (before) return usageOf(before.figures, container.figures, windowMs);
  const ageMs = now.at.getTime() - container.startedAt.getTime();
  return ageMs >= leastAgeMs ? usageOf({ cpuUsageNs: 0 }, container.figures, ageMs) : undefined;
}

/** Undefined where the counter has gone back: then it is another group. */
export function usageOf(before: Pick<ContainerStats, 'cpuUsageNs'>, now: ContainerStats, windowMs: number): Usage | undefined {
  const usedNs = now.cpuUsageNs - before.cpuUsageNs;
  if (windowMs <= 0 || usedNs < 0) return undefined;
  return { cpuNanoCores: Math.round((usedNs * 1000) / windowMs), memoryBytes: now.memoryWorkingSetBytes, windowMs: Math.round(windowMs) };
}
