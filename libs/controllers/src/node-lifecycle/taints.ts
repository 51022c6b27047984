import { lookUp } from '#base';
import { timestamp } from '#api';
import type { Node, Taint } from '#api/types';
import { taintKeys } from '#objects';
import { readyCondition } from './health.ts';

const { notReady, unreachable, unschedulable } = taintKeys;

/** Condition → status → taint key: `pkg/controller/nodelifecycle`, nodeConditionToTaintKeyStatusMap. */
const byCondition: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: notReady, Unknown: unreachable },
  MemoryPressure: { True: taintKeys.memoryPressure },
  DiskPressure: { True: taintKeys.diskPressure },
  NetworkUnavailable: { True: taintKeys.networkUnavailable },
  PIDPressure: { True: taintKeys.pidPressure },
};
const scheduling = new Set([unschedulable, ...Object.values(byCondition).flatMap((keys) => Object.values(keys))]);

/** The taints that the node is to have; the same list when nothing changes. `evict` says whether its pods may be driven off now. */
export function wantedTaints(node: Node, evict: boolean, now: Date): readonly Taint[] {
  const present = node.spec.taints ?? [];
  const wanted = [
    ...schedulingKeys(node).map((key): Taint => ({ key, effect: 'NoSchedule' })),
    ...executionKeys(node, evict, present).map((key): Taint => ({ key, effect: 'NoExecute' })),
  ];
  const foreign = present.filter((taint) => !isOurs(taint));
  const kept = wanted.map((taint) => present.find((p) => sameTaint(p, taint)) ?? { ...taint, timeAdded: timestamp(now) });
  const next = [...foreign, ...kept];
  return next.length === present.length && present.every((taint) => next.some((other) => sameTaint(taint, other))) ? present : next;
}

function isOurs({ key, effect }: Taint): boolean {
  if (effect === 'NoSchedule') return scheduling.has(key);
  return effect === 'NoExecute' && (key === notReady || key === unreachable);
}

function sameTaint(a: Taint, b: Taint): boolean {
  return a.key === b.key && a.effect === b.effect;
}

function schedulingKeys(node: Node): string[] {
  const keys = (node.status?.conditions ?? []).map((condition) => lookUp(lookUp(byCondition, condition.type), condition.status));
  return [...keys.filter((key) => key !== undefined), ...(node.spec.unschedulable ? [unschedulable] : [])];
}

/** Ready nodes lose the taint at once; the others get it when their turn has come, and keep it. */
function executionKeys(node: Node, evict: boolean, present: readonly Taint[]): string[] {
  const key = lookUp(byCondition.Ready, readyCondition(node)?.status ?? '');
  if (!key) return [];
  const had = present.some((taint) => taint.effect === 'NoExecute' && (taint.key === notReady || taint.key === unreachable));
  return evict || had ? [key] : [];
}
