import { type FilterPlugin, type NodeInfo, type PodInfo, type ScorePlugin, success, type Verdict } from '../contract.ts';

/** Requests fit what the node has left. Scoring: LeastAllocated over CPU and memory. */
export const nodeResourcesFit: FilterPlugin & ScorePlugin = {
  name: 'NodeResourcesFit',
  weight: 1,
  requeueOn: [
    { resource: 'Pod', events: ['delete', 'update'] },
    { resource: 'Node', events: ['add', 'update'] },
  ],
  filter: (_state, pod, node) => fit(pod, node),
  score(_state, { scoringRequests }, { allocatable, scoringRequested }) {
    const cpu = left(allocatable.cpuMillis, scoringRequested.cpuMillis + scoringRequests.cpuMillis);
    const memory = left(allocatable.memoryBytes, scoringRequested.memoryBytes + scoringRequests.memoryBytes);
    return Math.floor((cpu + memory) / 2);
  },
};

function left(capacity: number, requested: number): number {
  return capacity === 0 || requested > capacity ? 0 : ((capacity - requested) * 100) / capacity;
}

function fit({ requests }: PodInfo, { allocatable, requested, pods }: NodeInfo): Verdict {
  const reasons: string[] = [];
  let unresolvable = false;
  const check = (name: string, wanted: number, used: number, capacity: number): void => {
    if (wanted === 0 || wanted <= capacity - used) return;
    reasons.push(`Insufficient ${name}`);
    unresolvable ||= wanted > capacity; // no eviction makes the node larger
  };
  if (pods.size + 1 > allocatable.pods) reasons.push('Too many pods');
  check('cpu', requests.cpuMillis, requested.cpuMillis, allocatable.cpuMillis);
  check('memory', requests.memoryBytes, requested.memoryBytes, allocatable.memoryBytes);
  check('ephemeral-storage', requests.ephemeralBytes, requested.ephemeralBytes, allocatable.ephemeralBytes);
  for (const [name, wanted] of requests.others) check(name, wanted, requested.others.get(name) ?? 0, allocatable.others.get(name) ?? 0);
  return reasons.length === 0 ? success : { fits: false, unresolvable, reasons };
}
