import type { Pod } from '#api/types';
import type { DownwardFacts } from './environment-plan.ts';
import { podTotal } from './resources-plan.ts';

const MAX_PODS = 110;

/** The node's last word on a pod that was bound to it: two schedulers, or a cache behind its time, may have given away more than there is. */
export function admit(
  pod: Pod,
  others: readonly Pod[],
  allocatable: DownwardFacts['nodeAllocatable'],
): { reason: string; message: string } | undefined {
  const checks = [
    { name: 'cpu', requested: podTotal(pod, 'requests', 'cpu'), used: sum(others, 'cpu'), capacity: allocatable.cpuMillis },
    {
      name: 'memory',
      requested: podTotal(pod, 'requests', 'memory') / 1000,
      used: sum(others, 'memory') / 1000,
      capacity: allocatable.memoryBytes,
    },
    { name: 'pods', requested: 1, used: others.length, capacity: MAX_PODS },
  ];
  const short = checks.find(({ requested, used, capacity }) => requested > 0 && used + requested > capacity);
  if (!short) return undefined;
  const { name, requested, used, capacity } = short;
  return {
    reason: `OutOf${name}`,
    message: `Pod was rejected: Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  };
}

const sum = (pods: readonly Pod[], name: string): number => pods.reduce((total, pod) => total + podTotal(pod, 'requests', name), 0);
