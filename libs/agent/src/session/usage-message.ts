import type { nodeSession } from '#proto';
import type { Usage, UsageOfNode } from '../stats/usage-plan.ts';

/** As it goes over the wire. */
export const usageMessage = ({ takenAt, node, pods }: UsageOfNode): nodeSession.UsageReport => ({
  takenAt: takenAt.toISOString(),
  node: node && amounts(node),
  pods: pods.map(({ containers, ...pod }) => ({
    ...pod,
    containers: containers.map(({ name, usage }) => ({ name, usage: amounts(usage) })),
  })),
});

const amounts = ({ cpuNanoCores, memoryBytes, windowMs }: Usage): nodeSession.Usage => ({
  cpuNanoCores: BigInt(cpuNanoCores),
  memoryBytes: BigInt(memoryBytes),
  windowMs,
});
