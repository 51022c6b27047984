import type { HorizontalPodAutoscalerBehavior, HPAScalingRules } from '#api/types';

/** What the controller remembers of one autoscaler; another that takes over begins anew. */
export interface Memory {
  recommendations: readonly { replicas: number; atMs: number }[];
  /** Pods that were added and taken away, for the policies' periods. */
  added: readonly Step[];
  removed: readonly Step[];
}

interface Step {
  change: number;
  atMs: number;
}

export interface Wish {
  current: number;
  desired: number;
  min: number;
  max: number;
}

export interface Settled {
  replicas: number;
  memory: Memory;
  /** Of the condition AbleToScale. */
  able: Reason;
  /** Of the condition ScalingLimited, and whether it is. */
  limited: Reason & { is: boolean };
}

interface Reason {
  reason: string;
  message: string;
}

const ready: Reason = { reason: 'ReadyForNewScale', message: 'recommended size matches current size' };
const stabilizedDown: Reason = {
  reason: 'ScaleDownStabilized',
  message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
};
const stabilizedUp: Reason = {
  reason: 'ScaleUpStabilized',
  message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
};
const tooFast: Reason = { reason: 'ScaleUpLimit', message: 'the desired replica count is increasing faster than the maximum scale rate' };
const tooFastDown: Reason = {
  reason: 'ScaleDownLimit',
  message: 'the desired replica count is decreasing faster than the maximum scale rate',
};
const tooMany: Reason = { reason: 'TooManyReplicas', message: 'the desired replica count is more than the maximum replica count' };
const tooFew: Reason = { reason: 'TooFewReplicas', message: 'the desired replica count is less than the minimum replica count' };
const inRange: Reason = { reason: 'DesiredWithinRange', message: 'the desired count is within the acceptable range' };

/** `normalizeDesiredReplicas`: without a behavior the highest wish of the window holds, and at most twice as many come at once, or four. */
export function settlePlainly(wish: Wish, memory: Memory, { nowMs, windowMs }: { nowMs: number; windowMs: number }): Settled {
  const recent = memory.recommendations.filter(({ atMs }) => atMs >= nowMs - windowMs);
  const stabilized = Math.max(wish.desired, ...recent.map(({ replicas }) => replicas));
  const fastest = Math.max(2 * wish.current, 4);
  const [most, why] = wish.max > fastest ? [fastest, tooFast] : [wish.max, tooMany];
  const [replicas, reason] = stabilized < wish.min ? [wish.min, tooFew] : stabilized > most ? [most, why] : [stabilized, inRange];
  return {
    replicas,
    memory: { ...memory, recommendations: [...recent, { replicas: wish.desired, atMs: nowMs }] },
    able: stabilized === wish.desired ? ready : stabilizedDown,
    limited: { ...reason, is: replicas !== stabilized },
  };
}

interface Behaved {
  behavior: HorizontalPodAutoscalerBehavior;
  nowMs: number;
  /** Of scaling down where the behavior names none. */
  windowMs: number;
}

/** `normalizeDesiredReplicasWithBehaviors`: the stabilization windows first, the policies then. */
export function settle(wish: Wish, memory: Memory, { behavior: { scaleUp = {}, scaleDown = {} }, nowMs, windowMs }: Behaved): Settled {
  const upMs = (scaleUp.stabilizationWindowSeconds ?? 0) * 1000;
  const downMs = scaleDown.stabilizationWindowSeconds === undefined ? windowMs : scaleDown.stabilizationWindowSeconds * 1000;
  const since = (ms: number): number[] => memory.recommendations.flatMap(({ replicas, atMs }) => (atMs > nowMs - ms ? [replicas] : []));
  const lowest = Math.min(wish.desired, ...since(upMs));
  const highest = Math.max(wish.desired, ...since(downMs));
  const stabilized = Math.min(Math.max(wish.current, lowest), highest);
  const kept = memory.recommendations.filter(({ atMs }) => atMs >= nowMs - Math.max(upMs, downMs));
  const [replicas, reason] = limitRate({ ...wish, desired: stabilized }, memory, { scaleUp, scaleDown, nowMs });
  return {
    replicas,
    memory: { ...memory, recommendations: [...kept, { replicas: wish.desired, atMs: nowMs }] },
    able: stabilized === wish.desired ? ready : wish.desired >= wish.current ? stabilizedUp : stabilizedDown,
    limited: { ...reason, is: replicas !== stabilized },
  };
}

type Rules = Required<Pick<HorizontalPodAutoscalerBehavior, 'scaleUp' | 'scaleDown'>> & { nowMs: number };

/** `convertDesiredReplicasWithBehaviorRate`. */
function limitRate({ current, desired, min, max }: Wish, memory: Memory, { scaleUp, scaleDown, nowMs }: Rules): [number, Reason] {
  if (desired > current) {
    const limit = Math.max(current, limitOf(scaleUp, { current, memory, nowMs, up: true }));
    const [most, why] = max > limit ? [limit, tooFast] : [max, tooMany];
    if (desired > most) return [most, why];
  } else if (desired < current) {
    const limit = Math.min(current, limitOf(scaleDown, { current, memory, nowMs, up: false }));
    const [least, why] = min < limit ? [limit, tooFastDown] : [min, tooFew];
    if (desired < least) return [least, why];
  }
  return [desired, inRange];
}

/** The number that the policies allow from what there was at the beginning of each one's period. */
function limitOf(
  rules: HPAScalingRules,
  { current, memory, nowMs, up }: { current: number; memory: Memory; nowMs: number; up: boolean },
): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const proposals = (rules.policies ?? []).map(({ type, value, periodSeconds }) => {
    const within = (steps: readonly Step[]): number =>
      steps.reduce((total, { change, atMs }) => (atMs > nowMs - periodSeconds * 1000 ? total + change : total), 0);
    const before = current - within(memory.added) + within(memory.removed);
    if (type === 'Pods') return up ? before + value : before - value;
    // Up it is rounded so that a small number can grow at all.
    return up ? Math.ceil(before * (1 + value / 100)) : Math.trunc(before * (1 - value / 100));
  });
  if (proposals.length === 0) return current;
  const furthest = (rules.selectPolicy === 'Min') !== up;
  return furthest ? Math.max(...proposals) : Math.min(...proposals);
}

/** After a change of the scale: what no policy looks back to any more is forgotten. */
export function stepped(
  memory: Memory,
  { from, to, nowMs }: { from: number; to: number; nowMs: number },
  behavior: HorizontalPodAutoscalerBehavior,
): Memory {
  const kept = (steps: readonly Step[], { policies = [] }: HPAScalingRules = {}): Step[] => {
    const longestMs = Math.max(0, ...policies.map(({ periodSeconds }) => periodSeconds)) * 1000;
    return steps.filter(({ atMs }) => atMs >= nowMs - longestMs);
  };
  const both = longest(behavior);
  const [added, removed] = [kept(memory.added, both), kept(memory.removed, both)];
  return to > from
    ? { ...memory, added: [...added, { change: to - from, atMs: nowMs }], removed }
    : { ...memory, added, removed: [...removed, { change: from - to, atMs: nowMs }] };
}

/** Each direction's policies look at both kinds of steps. */
const longest = ({ scaleUp, scaleDown }: HorizontalPodAutoscalerBehavior): HPAScalingRules => ({
  policies: [...(scaleUp?.policies ?? []), ...(scaleDown?.policies ?? [])],
});
