import type { Lease, Node, NodeCondition, Pod, Taint } from '#api/types';
import { isReady } from '#objects';
import { type Grace, type Heard, hear, readyCondition, silentConditions } from './health.ts';
import { wantedTaints } from './taints.ts';
import { type EvictionRates, evictionRates, zoneOf } from './zones.ts';

export interface Seen {
  nodes: readonly Node[];
  lease(node: string): Lease | undefined;
  podsOn(node: string): readonly Pod[];
  /** What the last round knew. */
  memory: Memory;
  grace: Grace;
  rates: EvictionRates;
  nowMs: number;
}

export interface Memory {
  heard: ReadonlyMap<string, Heard>;
  /** When the last node of a zone had its turn. */
  lastEvictionMs: ReadonlyMap<string, number>;
}

export type Action =
  | { do: 'tellRegistered'; node: Node }
  | { do: 'markPodNotReady'; pod: Pod }
  /** What is to be different about a node. `fell`: it was ready until now. */
  | { do: 'updateNode'; node: Node; conditions?: NodeCondition[]; taints?: readonly Taint[]; fell: boolean };

/** One round of watching over nodes: who is silent, what that means for its pods, and which taints say so. */
export function reconcile(seen: Seen, now: Date): { actions: Action[]; memory: Memory } {
  const { nodes, memory, nowMs } = seen;
  const heard = new Map<string, Heard>();
  const silent = new Map<Node, NodeCondition[]>();
  const judged = nodes.map((node) => {
    const name = node.metadata.name ?? '';
    const last = hear(node, seen.lease(name), memory.heard.get(name), nowMs);
    heard.set(name, last);
    const conditions = silentConditions(node, last, seen.grace, { now, nowMs });
    if (!conditions) return node;
    silent.set(node, conditions);
    return { ...node, status: { ...node.status, conditions } };
  });
  const lastEvictionMs = new Map(memory.lastEvictionMs);
  const rates = evictionRates(judged, seen.rates);
  const actions: Action[] = [];
  nodes.forEach((node, i) => {
    const [name, conditions] = [node.metadata.name ?? '', silent.get(node)];
    if (!memory.heard.has(name)) actions.push({ do: 'tellRegistered', node });
    const taints = taintsInTurn(judged[i]!, { rates, lastEvictionMs, now, nowMs });
    const fell = conditions !== undefined && readyCondition(node)?.status === 'True';
    if (conditions || taints) actions.push({ do: 'updateNode', node, fell, ...(conditions && { conditions }), ...(taints && { taints }) });
    if (readyCondition(judged[i]!)?.status !== 'Unknown') return;
    for (const pod of seen.podsOn(name)) if (isReady(pod)) actions.push({ do: 'markPodNotReady', pod });
  });
  return { actions, memory: { heard, lastEvictionMs } };
}

/** The taints that a node is to have; undefined when it has them. Notes in `lastEvictionMs` when it was the one whose pods are driven off. */
function taintsInTurn(
  node: Node,
  {
    rates,
    lastEvictionMs,
    now,
    nowMs,
  }: { rates: ReadonlyMap<string, number>; lastEvictionMs: Map<string, number>; now: Date; nowMs: number },
): readonly Taint[] | undefined {
  const [zone, status, present] = [zoneOf(node), readyCondition(node)?.status, node.spec.taints];
  const evict = status !== undefined && status !== 'True' && mayEvict(rates.get(zone) ?? 0, lastEvictionMs.get(zone), nowMs);
  const taints = wantedTaints(node, evict, now);
  if (taints === present || (taints.length === 0 && !present?.length)) return undefined;
  if (evict && taints.some((taint) => taint.effect === 'NoExecute' && !present?.includes(taint))) lastEvictionMs.set(zone, nowMs);
  return taints;
}

/** One node at a time, at the zone's rate. */
function mayEvict(rate: number, lastMs: number | undefined, nowMs: number): boolean {
  return rate > 0 && (lastMs === undefined || nowMs - lastMs >= 1000 / rate);
}
