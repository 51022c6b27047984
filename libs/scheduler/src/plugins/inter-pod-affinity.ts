import { lookUp } from '#base';
import { selectorMatches } from '#api';
import type { LabelSelector, PodAffinityTerm } from '#api/types';
import {
  type Cluster,
  type FilterPlugin,
  type PodInfo,
  type PreFilterPlugin,
  type ScorePlugin,
  success,
  unresolvable,
  unschedulable,
} from '../contract.ts';
import { scaleBetween } from '../scale.ts';

/** A term, compiled for its owner: `matches` covers selector, namespaces and namespace selector. */
interface Term {
  topologyKey: string;
  matches: (pod: PodInfo) => boolean;
}

/** Matching pods by `topologyKey=value`. */
type Counts = Map<string, number>;

interface Required {
  affinity: Term[];
  antiAffinity: Term[];
  /** Per required affinity term. */
  affinityCounts: Counts[];
  antiCounts: Counts[];
  /** Domains in which some pod's own required anti-affinity refuses this one. */
  forbidden: Set<string>;
}

const required = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
const filterKey = 'InterPodAffinity/filter';
const scoreKey = 'InterPodAffinity/score';

/** `spec.affinity.podAffinity` and `podAntiAffinity`, both ways: what this pod wants, and what the pods that run refuse. */
export const interPodAffinity: PreFilterPlugin & FilterPlugin & ScorePlugin = {
  name: 'InterPodAffinity',
  weight: 2,
  requeueOn: [
    { resource: 'Pod', events: ['add', 'update', 'delete'] },
    { resource: 'Node', events: ['add', 'update'] },
    { resource: 'Namespace', events: ['add', 'update'] },
  ],

  preFilter(state, pod, cluster) {
    const affinity = (pod.pod.spec?.affinity?.podAffinity?.[required] ?? []).map((term) => compile(term, pod, cluster));
    const antiAffinity = (pod.pod.spec?.affinity?.podAntiAffinity?.[required] ?? []).map((term) => compile(term, pod, cluster));
    const forbidden = forbiddenDomains(pod, cluster);
    if (affinity.length + antiAffinity.length + forbidden.size === 0) return 'skip';
    const needs: Required = {
      affinity,
      antiAffinity,
      affinityCounts: affinity.map((term) => count(term, cluster)),
      antiCounts: antiAffinity.map((term) => count(term, cluster)),
      forbidden,
    };
    state.set(filterKey, needs);
    return undefined;
  },

  filter(state, pod, { labels }) {
    const needs = state.get(filterKey) as Required;
    // The first pod of a group that wants to be together finds no other: it may go anywhere its own terms match itself.
    const first = needs.affinityCounts.every((counts) => counts.size === 0) && needs.affinity.every((term) => term.matches(pod));
    for (const [i, term] of needs.affinity.entries()) {
      const value = lookUp(labels, term.topologyKey);
      if (value === undefined || (!first && !needs.affinityCounts[i]!.get(`${term.topologyKey}=${value}`))) {
        return unresolvable("node(s) didn't match pod affinity rules");
      }
    }
    for (const [i, term] of needs.antiAffinity.entries()) {
      const value = lookUp(labels, term.topologyKey);
      if (value !== undefined && needs.antiCounts[i]!.get(`${term.topologyKey}=${value}`)) {
        return unschedulable("node(s) didn't match pod anti-affinity rules");
      }
    }
    for (const [key, value] of Object.entries(labels)) {
      if (needs.forbidden.has(`${key}=${value}`)) return unschedulable("node(s) didn't satisfy existing pods anti-affinity rules");
    }
    return success;
  },

  preScore(state, pod, _nodes, cluster) {
    const weights = preferredWeights(pod, cluster);
    if (weights.size === 0) return 'skip';
    state.set(scoreKey, weights);
    return undefined;
  },

  score(state, _pod, { labels }) {
    const weights = state.get(scoreKey) as Counts;
    return Object.entries(labels).reduce((sum, [key, value]) => sum + (weights.get(`${key}=${value}`) ?? 0), 0);
  },
  normalize: scaleBetween,
};

/**
 * Without namespaces and without a selector of them a term is about its owner's own namespace; an empty namespace selector is about all of
 * them (API reference, PodAffinityTerm). No label selector matches no pod.
 */
function compile(term: PodAffinityTerm, owner: PodInfo, cluster: Cluster): Term {
  const namespaces = new Set(term.namespaces?.length || term.namespaceSelector ? term.namespaces : [owner.namespace]);
  const inNamespace = (namespace: string): boolean =>
    namespaces.has(namespace) ||
    (term.namespaceSelector !== undefined && selectorMatches(term.namespaceSelector, cluster.namespaceLabels(namespace) ?? {}));
  const selector = withLabelKeys(term, owner);
  return {
    topologyKey: term.topologyKey,
    matches: (pod) => selector !== undefined && inNamespace(pod.namespace) && selectorMatches(selector, pod.labels),
  };
}

/** KEP-3633: `matchLabelKeys` and `mismatchLabelKeys` compare with the owner's own labels. */
function withLabelKeys(
  { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] }: PodAffinityTerm,
  { labels }: PodInfo,
): LabelSelector | undefined {
  const expression = (operator: string) => (key: string) => {
    const value = lookUp(labels, key);
    return value === undefined ? [] : [{ key, operator, values: [value] }];
  };
  const extra = [...matchLabelKeys.flatMap(expression('In')), ...mismatchLabelKeys.flatMap(expression('NotIn'))];
  if (!labelSelector || extra.length === 0) return labelSelector;
  return { ...labelSelector, matchExpressions: [...(labelSelector.matchExpressions ?? []), ...extra] };
}

/** Matching pods in each domain of the term's topology key. Nodes without the label are in no domain. */
function count(term: Term, cluster: Cluster): Counts {
  const counts: Counts = new Map();
  for (const node of cluster.nodes) {
    const value = lookUp(node.labels, term.topologyKey);
    if (value === undefined) continue;
    for (const pod of node.pods.values()) if (term.matches(pod)) bump(counts, `${term.topologyKey}=${value}`, 1);
  }
  return counts;
}

/** Anti-affinity holds both ways: a pod that runs and refuses this one keeps it out of its domain. */
function forbiddenDomains(pod: PodInfo, cluster: Cluster): Set<string> {
  const domains = new Set<string>();
  for (const node of cluster.nodes) {
    for (const other of node.pods.values()) {
      for (const term of other.pod.spec?.affinity?.podAntiAffinity?.[required] ?? []) {
        const value = lookUp(node.labels, term.topologyKey);
        if (value !== undefined && compile(term, other, cluster).matches(pod)) domains.add(`${term.topologyKey}=${value}`);
      }
    }
  }
  return domains;
}

/** How much each domain draws or repels the pod, as `topologyKey=value`; what pods that run prefer about it counts as well. */
function preferredWeights(pod: PodInfo, cluster: Cluster): Counts {
  const weights: Counts = new Map();
  const wanted = (info: PodInfo) => [
    ...(info.pod.spec?.affinity?.podAffinity?.[preferred] ?? []).map(({ weight, podAffinityTerm }) => ({ weight, term: podAffinityTerm })),
    ...(info.pod.spec?.affinity?.podAntiAffinity?.[preferred] ?? []).map(({ weight, podAffinityTerm }) => ({
      weight: -weight,
      term: podAffinityTerm,
    })),
  ];
  const own = wanted(pod).map(({ weight, term }) => ({ weight, term: compile(term, pod, cluster) }));
  for (const node of cluster.nodes) {
    for (const other of node.pods.values()) {
      for (const { weight, term } of own) {
        const value = lookUp(node.labels, term.topologyKey);
        if (value !== undefined && term.matches(other)) bump(weights, `${term.topologyKey}=${value}`, weight);
      }
      for (const { weight, term } of wanted(other)) {
        const value = lookUp(node.labels, term.topologyKey);
        if (value !== undefined && compile(term, other, cluster).matches(pod)) bump(weights, `${term.topologyKey}=${value}`, weight);
      }
    }
  }
  return weights;
}

function bump(counts: Counts, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
