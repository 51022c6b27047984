import { lookUp } from '#base';
import { selectorMatches } from '#api';
import type { LabelSelector, Pod } from '#api/types';
import { nodeLabels, untoleratedTaint, wantsNode } from '#objects';
import {
  type Cluster,
  type CycleState,
  type FilterPlugin,
  type NodeInfo,
  type PodInfo,
  type PreFilterPlugin,
  type ScorePlugin,
  success,
  unresolvable,
  unschedulable,
} from '../contract.ts';

/** One entry of `topologySpreadConstraints`, made ready: `matches` says which pods are spread, `counts` which nodes make up domains. */
interface Constraint {
  maxSkew: number;
  topologyKey: string;
  minDomains: number;
  matches: (pod: PodInfo) => boolean;
  counts: (node: NodeInfo) => boolean;
  /** Nobody stated it: then a node need not have its label. */
  isDefault?: true;
}

interface Spread {
  constraint: Constraint;
  /** Matching pods by domain, over the nodes that count. */
  domains: Map<string, number>;
}

/** `spec.topologySpreadConstraints` (KEP-895), and for pods that state none and have a controller: spread over nodes and zones, softly. */
export const podTopologySpread: PreFilterPlugin & FilterPlugin & ScorePlugin = {
  name: 'PodTopologySpread',
  weight: 2,
  requeueOn: [
    { resource: 'Pod', events: ['add', 'update', 'delete'] },
    { resource: 'Node', events: ['add', 'update', 'delete'] },
  ],

  preFilter(state, pod, cluster) {
    const constraints = constraintsOf(pod, 'DoNotSchedule');
    if (constraints.length === 0) return 'skip';
    state.set(filterKey, spreadsOver(constraints, cluster.nodes));
    return undefined;
  },

  filter(state, pod, node) {
    for (const { constraint, domains } of state.get(filterKey) as Spread[]) {
      const domain = lookUp(node.labels, constraint.topologyKey);
      if (domain === undefined) return unresolvable("node(s) didn't match pod topology spread constraints (missing required label)");
      const self = constraint.matches(pod) ? 1 : 0;
      // With fewer domains than minDomains the global minimum counts as 0: KEP-3022.
      const least = domains.size < constraint.minDomains ? 0 : Math.min(...domains.values());
      const skew = (domains.get(domain) ?? 0) + self - (Number.isFinite(least) ? least : 0);
      if (skew > constraint.maxSkew) return unschedulable("node(s) didn't match pod topology spread constraints");
    }
    return success;
  },

  preScore(state, pod, _nodes, cluster) {
    const stated = constraintsOf(pod, 'ScheduleAnyway');
    const constraints = stated.length || pod.pod.spec?.topologySpreadConstraints?.length ? stated : defaultConstraints(pod);
    if (constraints.length === 0) return 'skip';
    state.set(scoreKey, spreadsOver(constraints, cluster.nodes));
    return undefined;
  },

  score(state: CycleState, _pod: PodInfo, node: NodeInfo) {
    let score = 0;
    for (const { constraint, domains } of state.get(scoreKey) as Spread[]) {
      const domain = lookUp(node.labels, constraint.topologyKey);
      if (domain === undefined && constraint.isDefault) continue;
      if (domain === undefined) return outside;
      // The more domains there are, the more one pod in a domain weighs.
      score += (domains.get(domain) ?? 0) * Math.log(domains.size + 2) + (constraint.maxSkew - 1);
    }
    return Math.round(score * 100);
  },

  /** Fewest matching pods is best; a node outside of the domains that a pod states is last, however empty. */
  normalize(scores) {
    const inside = scores.filter((score) => score !== outside);
    const [min, max] = [Math.min(...inside), Math.max(...inside)];
    for (const [i, score] of scores.entries()) {
      if (score === outside) scores[i] = 0;
      else scores[i] = max === 0 ? 100 : Math.floor((100 * (max + min - score)) / max);
    }
  },
};

/** The raw score of a node that lacks a label of a stated constraint: upstream's `invalidScore`. */
const outside = -1;
const filterKey = 'PodTopologySpread/filter';
const scoreKey = 'PodTopologySpread/score';

/**
 * The pod's constraints of one kind: DoNotSchedule for the filter, ScheduleAnyway for the score. Pods on their way out count for neither.
 */
function constraintsOf(info: PodInfo, whenUnsatisfiable: string): Constraint[] {
  return (info.pod.spec?.topologySpreadConstraints ?? [])
    .filter((constraint) => constraint.whenUnsatisfiable === whenUnsatisfiable)
    .map((constraint) => {
      const selector = withLabelKeys(constraint.labelSelector, constraint.matchLabelKeys, info);
      return {
        maxSkew: constraint.maxSkew,
        topologyKey: constraint.topologyKey,
        minDomains: constraint.minDomains ?? 1,
        matches: (other) =>
          other.namespace === info.namespace &&
          !other.pod.metadata.deletionTimestamp &&
          selector !== undefined &&
          selectorMatches(selector, other.labels),
        counts: (node) => nodeCounts(info.pod, node, constraint.nodeAffinityPolicy ?? 'Honor', constraint.nodeTaintsPolicy ?? 'Ignore'),
      };
    });
}

/** KEP-3243: pods count only when they share the pod's own values of these labels. */
function withLabelKeys(
  selector: LabelSelector | undefined,
  keys: readonly string[] | undefined,
  { labels }: PodInfo,
): LabelSelector | undefined {
  const extra = (keys ?? [])
    .filter((key) => lookUp(labels, key) !== undefined)
    .map((key) => ({ key, operator: 'In', values: [lookUp(labels, key)!] }));
  return selector && extra.length ? { ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...extra] } : selector;
}

/** KEP-3094: which nodes make up the domains. */
function nodeCounts(pod: Pod, node: NodeInfo, affinityPolicy: string, taintsPolicy: string): boolean {
  if (affinityPolicy === 'Honor' && !wantsNode(pod.spec, node)) return false;
  return taintsPolicy !== 'Honor' || !untoleratedTaint(pod.spec.tolerations, node.node.spec?.taints);
}

/**
 * Upstream's system defaults (maxSkew 3 over hostname, 5 over zone) apply to pods that a service or controller selects. Here the pods of
 * one controller are what is spread, which needs no look at any selector.
 */
function defaultConstraints(info: PodInfo): Constraint[] {
  if (!info.controllerUid) return [];
  const matches = (other: PodInfo): boolean => other.controllerUid === info.controllerUid && !other.pod.metadata.deletionTimestamp;
  return [
    { maxSkew: 3, topologyKey: nodeLabels.hostname, minDomains: 1, matches, counts: () => true, isDefault: true },
    { maxSkew: 5, topologyKey: nodeLabels.zone, minDomains: 1, matches, counts: () => true, isDefault: true },
  ];
}

/** Counts over all nodes once for a cycle. A domain without a matching pod is there with 0: it is what the others are compared with. */
function spreadsOver(constraints: readonly Constraint[], nodes: Cluster['nodes']): Spread[] {
  return constraints.map((constraint) => {
    const domains = new Map<string, number>();
    for (const node of nodes) {
      const domain = lookUp(node.labels, constraint.topologyKey);
      if (domain === undefined || !constraint.counts(node)) continue;
      let count = domains.get(domain) ?? 0;
      for (const other of node.pods.values()) if (constraint.matches(other)) count++;
      domains.set(domain, count);
    }
    return { constraint, domains };
  });
}
