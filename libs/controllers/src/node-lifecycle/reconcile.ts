import type { Lease, Node, NodeCondition, Pod, Taint } from '#api/types';
import { podCondition } from '#objects';
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
  | { do: 'setConditions'; node: Node; conditions: NodeCondition[]; wasReady: boolean }
  | { do: 'setTaints'; node: Node; taints: readonly Taint[] }
  | { do: 'markPodNotReady'; pod: Pod };

/** One round of watching over nodes: who is silent, what that means for its pods, and which taints say so. */
export function reconcile(seen: Seen, now: Date): { actions: Action[]; memory: Memory } {
  const heard = new Map<string, Heard>();
  const actions: Action[] = [];
  const judged = seen.nodes.map((node) => {
    const name = node.metadata.name ?? '';
    const last = hear(node, seen.lease(name), seen.memory.heard.get(name), seen.nowMs);
    heard.set(name, last);
    const conditions = silentConditions(node, last, seen.grace, { now, nowMs: seen.nowMs });
    if (!conditions) return node;
    actions.push({ do: 'setConditions', node, conditions, wasReady: readyCondition(node)?.status === 'True' });
    return { ...node, status: { ...node.status, conditions } };
  });

  const lastEvictionMs = new Map(seen.memory.lastEvictionMs);
  const rates = evictionRates(judged, seen.rates);
  judged.forEach((node, i) => {
    const status = readyCondition(node)?.status;
    if (status === 'Unknown') {
      for (const pod of seen.podsOn(node.metadata.name ?? '')) {
        if (podCondition(pod, 'Ready')?.status === 'True') actions.push({ do: 'markPodNotReady', pod });
      }
    }
    const evict =
      status !== undefined && status !== 'True' && mayEvict(rates.get(zoneOf(node)) ?? 0, lastEvictionMs.get(zoneOf(node)), seen.nowMs);
    const taints = wantedTaints(node, evict, now);
    if (taints === node.spec.taints || (taints.length === 0 && !node.spec.taints?.length)) return;
    if (evict && taints.some((t) => t.effect === 'NoExecute' && !node.spec.taints?.includes(t)))
      lastEvictionMs.set(zoneOf(node), seen.nowMs);
    actions.push({ do: 'setTaints', node: seen.nodes[i]!, taints });
  });
  return { actions, memory: { heard, lastEvictionMs } };
}

/** One node at a time, at the zone's rate. */
function mayEvict(rate: number, lastMs: number | undefined, nowMs: number): boolean {
  return rate > 0 && (lastMs === undefined || nowMs - lastMs >= 1000 / rate);
}
