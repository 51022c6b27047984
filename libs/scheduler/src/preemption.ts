import { withoutPods } from './cache/cluster-cache.ts';
import type { Cluster, Decision, NodeInfo, PodInfo } from './contract.ts';
import { filterNodes } from './cycle.ts';
import type { Profile } from './plugins/index.ts';

/** `none` carries upstream's words for the event. */
export type Preemption = { node: string; victims: readonly PodInfo[] } | { none: string };

/**
 * The node on which evicting pods of lower priority makes room with the least harm: lowest priority of the highest victim, then the
 * smallest sum of priorities, then the fewest victims, then the node that was looked at first. Pure.
 */
export function preempt(
  pod: PodInfo,
  cluster: Cluster,
  profile: Profile,
  refusals: Extract<Decision, { placed: false }>['refusals'],
): Preemption {
  const total = cluster.nodes.length;
  if (pod.pod.spec?.preemptionPolicy === 'Never') {
    return { none: `preemption: 0/${total} nodes are available: ${total} Preemption is not helpful for scheduling.` };
  }
  const candidates = cluster.nodes.filter((node) => refusals.get(node.name)?.unresolvable === false);
  const options = candidates.flatMap((node) => {
    const victims = victimsOn(node, pod, cluster, profile);
    return victims ? [{ node: node.name, victims }] : [];
  });
  const best = options.toSorted((a, b) => compareHarm(a.victims, b.victims))[0];
  if (best) return best;
  const reasons = [
    ...(candidates.length ? [`${candidates.length} No preemption victims found for incoming pod`] : []),
    ...(total > candidates.length ? [`${total - candidates.length} Preemption is not helpful for scheduling`] : []),
  ];
  return { none: `preemption: 0/${total} nodes are available: ${reasons.join(', ')}.` };
}

/** The fewest and least important pods whose absence lets `pod` fit; undefined when none does. */
function victimsOn(node: NodeInfo, pod: PodInfo, cluster: Cluster, profile: Profile): readonly PodInfo[] | undefined {
  const lower = [...node.pods.values()].filter((other) => other.priority < pod.priority);
  if (lower.length === 0) return undefined;
  const fitsWithout = (victims: ReadonlySet<PodInfo>): boolean => {
    const changed: Cluster = {
      nodes: cluster.nodes.map((other) => (other === node ? withoutPods(node, victims) : other)),
      namespaceLabels: (name) => cluster.namespaceLabels(name),
      storage: cluster.storage,
    };
    return filterNodes(pod, changed, profile, new Map()).fitting.some(({ name }) => name === node.name);
  };
  const victims = new Set(lower);
  if (!fitsWithout(victims)) return undefined;
  // The most important are spared first, as long as the pod still fits.
  for (const candidate of lower.toSorted((a, b) => b.priority - a.priority || startedAt(a).localeCompare(startedAt(b)))) {
    victims.delete(candidate);
    if (!fitsWithout(victims)) victims.add(candidate);
  }
  return [...victims];
}

/** Among pods of one priority the one that runs longest is spared first. */
function startedAt({ pod }: PodInfo): string {
  return pod.status?.startTime ?? pod.metadata.creationTimestamp ?? '';
}

/**
 * Upstream's pickOneNodeForPreemption, without disruption budgets. Priorities are made positive first, so that fewer negative ones do not
 * weigh more than many.
 */
function compareHarm(a: readonly PodInfo[], b: readonly PodInfo[]): number {
  const highest = (pods: readonly PodInfo[]): number => Math.max(...pods.map(({ priority }) => priority));
  const sum = (pods: readonly PodInfo[]): number => pods.reduce((total, { priority }) => total + priority + 2 ** 31, 0);
  return highest(a) - highest(b) || sum(a) - sum(b) || a.length - b.length;
}
