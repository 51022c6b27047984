import type { Random } from '#base';
import type { Cluster, CycleState, Decision, NodeInfo, PodInfo, Refusal, Verdict } from './contract.ts';
import type { Profile } from './plugins/index.ts';

/** Decides where one pod goes. Pure but for `random`, which picks among equally good nodes. */
export function decide(pod: PodInfo, cluster: Cluster, profile: Profile, random: Pick<Random, 'below'>): Decision {
  const state: CycleState = new Map();
  const { fitting, refusals } = filterNodes(pod, cluster, profile, state);
  if (fitting.length === 0) return { placed: false, refusals, nodes: cluster.nodes.length };
  const scores =
    fitting.length === 1 ? new Map<string, ReadonlyMap<string, number>>() : scoreNodes({ pod, cluster, profile, state }, fitting);
  const node = pickBest(fitting, scores, random);
  const [volumes] = profile.reserves.flatMap((plugin) => plugin.reserve(state, node) ?? []);
  return { placed: true, node, feasible: fitting.length, scores, ...(volumes && { volumes }) };
}

/** The nodes that every filter accepts, and for each other node the first plugin that refused it. */
export function filterNodes(
  pod: PodInfo,
  cluster: Cluster,
  profile: Profile,
  state: CycleState,
): { fitting: NodeInfo[]; refusals: Map<string, Refusal> } {
  const skipped = new Set<string>();
  for (const plugin of profile.preFilters) {
    const outcome = plugin.preFilter(state, pod, cluster);
    if (outcome === 'skip') skipped.add(plugin.name);
    else if (outcome && !outcome.fits) return { fitting: [], refusals: refusedEverywhere(plugin.name, outcome, cluster) };
  }
  const filters = profile.filters.filter(({ name }) => !skipped.has(name));
  const fitting: NodeInfo[] = [];
  const refusals = new Map<string, Refusal>();
  nodes: for (const node of cluster.nodes) {
    for (const plugin of filters) {
      const verdict = plugin.filter(state, pod, node);
      if (verdict.fits) continue;
      refusals.set(node.name, { plugin: plugin.name, reasons: verdict.reasons, unresolvable: verdict.unresolvable });
      continue nodes;
    }
    fitting.push(node);
  }
  return { fitting, refusals };
}

function refusedEverywhere(
  plugin: string,
  { reasons, unresolvable }: Extract<Verdict, { fits: false }>,
  { nodes }: Cluster,
): Map<string, Refusal> {
  const refusal: Refusal = { plugin, reasons, unresolvable, ofPod: true };
  return new Map(nodes.map(({ name }) => [name, refusal]));
}

interface Cycle {
  pod: PodInfo;
  cluster: Cluster;
  profile: Profile;
  state: CycleState;
}

/** node → plugin → weighted score. */
function scoreNodes({ pod, cluster, profile, state }: Cycle, nodes: readonly NodeInfo[]): Map<string, Map<string, number>> {
  const result = new Map(nodes.map((node) => [node.name, new Map<string, number>()]));
  for (const plugin of profile.scores) {
    if (plugin.preScore?.(state, pod, nodes, cluster) === 'skip') continue;
    const scores = nodes.map((node) => plugin.score(state, pod, node));
    plugin.normalize?.(scores);
    for (const [i, node] of nodes.entries()) result.get(node.name)!.set(plugin.name, scores[i]! * plugin.weight);
  }
  return result;
}

function pickBest(
  nodes: readonly NodeInfo[],
  scores: ReadonlyMap<string, ReadonlyMap<string, number>>,
  random: Pick<Random, 'below'>,
): string {
  const total = (node: NodeInfo): number => [...(scores.get(node.name)?.values() ?? [])].reduce((sum, score) => sum + score, 0);
  const totals = nodes.map(total);
  const best = Math.max(...totals);
  const equals = nodes.filter((_, i) => totals[i] === best);
  return equals[random.below(equals.length)]!.name;
}
