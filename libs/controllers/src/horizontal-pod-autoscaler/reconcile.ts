import { deepEqual, timestamp } from '#api';
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerCondition,
  HorizontalPodAutoscalerStatus,
  MetricStatus,
  Pod,
  Scale,
} from '#api/types';
import type { Resource } from '#client/contract';
import type { Plan } from '#controller-runtime/contract';
import { type Memory, settle, settlePlainly, stepped } from './behavior.ts';
import { type Fetched, type Proposal, proposalsOf } from './proposals.ts';
import type { AutoscalerSettings } from './settings.ts';

/** One autoscaler, what it scales, and what was measured of it. */
export interface Seen {
  hpa: HorizontalPodAutoscaler;
  target: { scale: Scale; resource: Resource } | { error: string };
  /** That the scale's selector chooses. */
  pods: readonly Pod[];
  /** Why the selector cannot be used. */
  selectorProblem?: { event: string; message: string; condition: Said };
  fetched: readonly Fetched[];
  /** Undefined: it is seen for the first time. */
  memory: Memory | undefined;
  settings: AutoscalerSettings;
}

interface Said {
  reason: string;
  message: string;
}

export type Action =
  | { do: 'say'; hpa: HorizontalPodAutoscaler; type: 'Normal' | 'Warning'; reason: string; message: string }
  | { do: 'remember'; hpa: HorizontalPodAutoscaler; memory: Memory }
  /** `status` holds if it succeeds but for what `rescaled` adds, `failed` if it does not. */
  | Rescale
  | { do: 'updateStatus'; hpa: HorizontalPodAutoscaler; status: HorizontalPodAutoscalerStatus };

export interface Rescale {
  do: 'rescale';
  hpa: HorizontalPodAutoscaler;
  target: { scale: Scale; resource: Resource };
  from: number;
  to: number;
  why: string;
  status: HorizontalPodAutoscalerStatus;
  memory: Memory;
  toZero: 'on' | 'off' | undefined;
}

type Conditions = readonly HorizontalPodAutoscalerCondition[];

/** Whether metrics are needed at all: what is outside of its bounds, or turned off, is put right without. */
export function needsMetrics(hpa: HorizontalPodAutoscaler, scale: Scale, settings: Pick<AutoscalerSettings, 'scaleToZero'>): boolean {
  const current = scale.spec.replicas ?? 0;
  if (current === 0) return wakes(hpa, settings);
  return current <= hpa.spec.maxReplicas && current >= (hpa.spec.minReplicas ?? 1);
}

/** KEP-2021: who was scaled to zero by this controller comes back by it; who was by somebody else stays away. */
function wakes(hpa: HorizontalPodAutoscaler, { scaleToZero }: Pick<AutoscalerSettings, 'scaleToZero'>): boolean {
  const was = scaleToZero && hpa.status?.conditions?.some(({ type, status }) => type === 'ScaledToZero' && status === 'True');
  return Boolean(was) && ((hpa.spec.minReplicas ?? 1) !== 0 || fromOutside(hpa));
}

const fromOutside = ({ spec }: HorizontalPodAutoscaler): boolean =>
  (spec.metrics ?? []).some(({ type }) => type === 'Object' || type === 'External');

/** `pkg/controller/podautoscaler/horizontal.go`, reconcileAutoscaler. */
export function reconcile(seen: Seen, now: Date): Plan<Action> {
  return { actions: new Round(seen, now).actions(), requeueAfterMs: seen.settings.syncPeriodMs };
}

/** One look at one autoscaler: conditions and events come together on the way. */
class Round {
  private conditions: Conditions;
  private readonly said: Action[] = [];
  private memory: Memory;

  constructor(
    private readonly seen: Seen,
    private readonly now: Date,
  ) {
    const { hpa, target, memory } = seen;
    this.conditions = hpa.status?.conditions ?? [];
    const current = 'scale' in target ? (target.scale.spec.replicas ?? 0) : 0;
    // What there was when it was first seen counts as a wish: nothing is taken away at once.
    this.memory = memory ?? { recommendations: [{ replicas: current, atMs: now.getTime() }], added: [], removed: [] };
  }

  actions(): Action[] {
    const { hpa, target, settings } = this.seen;
    if ('error' in target) {
      this.say('Warning', 'FailedGetScale', target.error);
      const message = `the HPA controller was unable to get the target's current scale: ${target.error}`;
      this.set('AbleToScale', 'False', { reason: 'FailedGetScale', message });
      return this.done({ ...hpa.status, conditions: this.conditions });
    }
    const message = "the HPA controller was able to get the target's current scale";
    this.set('AbleToScale', 'True', { reason: 'SucceededGetScale', message });
    const current = target.scale.spec.replicas ?? 0;
    const { maxReplicas, minReplicas = 1 } = hpa.spec;
    if (needsMetrics(hpa, target.scale, settings)) return this.byMetrics(target, current);
    if (current === 0) {
      const disabled = 'scaling is disabled since the replica count of the target is zero';
      this.set('ScalingActive', 'False', { reason: 'ScalingDisabled', message: disabled });
      return this.end(target, { current, desired: 0, why: '', metrics: [] });
    }
    return current > maxReplicas
      ? this.end(target, { current, desired: maxReplicas, why: 'Current number of replicas above Spec.MaxReplicas', metrics: [] })
      : this.end(target, { current, desired: minReplicas, why: 'Current number of replicas below Spec.MinReplicas', metrics: [] });
  }

  private byMetrics(target: Rescale['target'], current: number): Action[] {
    const { hpa } = this.seen;
    const computed = this.compute(target.scale, current);
    if ('error' in computed) {
      this.say('Warning', 'FailedComputeMetricsReplicas', computed.error);
      return this.done(this.status(current, hpa.status?.desiredReplicas ?? 0, computed.metrics));
    }
    const { minReplicas = 1 } = hpa.spec;
    const why =
      computed.replicas > current ? `${computed.metric} above target` : computed.replicas < current ? 'All metrics below target' : '';
    let desired = this.settled(current, computed.replicas);
    if (current === 0 && desired < minReplicas) desired = minReplicas;
    return this.end(target, { current, desired, why, metrics: computed.metrics });
  }

  /** `computeReplicasForMetrics`: the most that any metric asks for; one that is missing keeps from going down. */
  private compute(
    scale: Scale,
    current: number,
  ): { replicas: number; metric: string; metrics: MetricStatus[] } | { error: string; metrics: MetricStatus[] } {
    const { hpa, selectorProblem } = this.seen;
    if (selectorProblem) {
      this.say('Warning', selectorProblem.event, selectorProblem.message);
      this.set('ScalingActive', 'False', selectorProblem.condition);
      return { error: selectorProblem.message, metrics: [] };
    }
    const proposals = proposalsOf({ ...this.seen, scale }, this.now);
    const metrics = proposals.map((proposal) => ('status' in proposal ? proposal.status : { type: '' }));
    const failures = proposals.flatMap((proposal) => ('failure' in proposal ? [proposal.failure] : []));
    for (const { reason, message } of failures) this.say('Warning', reason, message);
    const best = proposals
      .filter(isComputed)
      .reduce<Computed | undefined>((most, each) => (!most || each.replicas > most.replicas ? each : most), undefined);
    const [first] = failures;
    if (first && (!best || best.replicas < current)) {
      this.set('ScalingActive', 'False', {
        reason: first.reason,
        message: `the HPA was unable to compute the replica count: ${first.message}`,
      });
      const count = hpa.spec.metrics?.length ?? 0;
      return { error: `invalid metrics (${failures.length} invalid out of ${count}), first error is: ${first.whole}`, metrics };
    }
    const { replicas = 0, metric = '' } = best ?? {};
    const message = `the HPA was able to successfully calculate a replica count from ${metric}`;
    this.set('ScalingActive', 'True', { reason: 'ValidMetricFound', message });
    return { replicas, metric, metrics };
  }

  private settled(current: number, desired: number): number {
    const { hpa, settings } = this.seen;
    const { minReplicas: min = 1, maxReplicas: max, behavior } = hpa.spec;
    const wish = { current, desired, min, max };
    const at = { nowMs: this.now.getTime(), windowMs: settings.downscaleStabilizationMs };
    const { replicas, memory, able, limited } = behavior
      ? settle(wish, this.memory, { ...at, behavior })
      : settlePlainly(wish, this.memory, at);
    this.memory = memory;
    this.set('AbleToScale', 'True', able);
    this.set('ScalingLimited', limited.is ? 'True' : 'False', limited);
    return replicas;
  }

  private end(
    target: Rescale['target'],
    { current, desired, why, metrics }: { current: number; desired: number; why: string; metrics: MetricStatus[] },
  ): Action[] {
    const { hpa, settings } = this.seen;
    if (desired === current) return this.done(this.status(current, current, metrics));
    const toZero = current > 0 && desired === 0 && hpa.spec.minReplicas === 0 && fromOutside(hpa) ? 'on' : 'off';
    const rescale: Rescale = {
      do: 'rescale',
      hpa,
      target,
      from: current,
      to: desired,
      why,
      status: this.status(current, desired, metrics),
      memory: this.memory,
      toZero: settings.scaleToZero ? toZero : undefined,
    };
    return [...this.said, rescale];
  }

  private status(currentReplicas: number, desiredReplicas: number, currentMetrics: MetricStatus[]): HorizontalPodAutoscalerStatus {
    const { lastScaleTime } = this.seen.hpa.status ?? {};
    return statusOf({ currentReplicas, desiredReplicas, currentMetrics, conditions: this.conditions, lastScaleTime });
  }

  private done(status: Partial<Omit<HorizontalPodAutoscalerStatus, 'conditions'>> & { conditions?: Conditions }): Action[] {
    const { hpa } = this.seen;
    const next = statusOf(status);
    const same = deepEqual(statusOf(hpa.status ?? {}), next);
    return [
      ...this.said,
      { do: 'remember', hpa, memory: this.memory },
      ...(same ? [] : [{ do: 'updateStatus', hpa, status: next } as const]),
    ];
  }

  private say(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.said.push({ do: 'say', hpa: this.seen.hpa, type, reason, message });
  }

  private set(type: string, status: string, said: Said): void {
    this.conditions = withCondition(this.conditions, { type, status, ...said }, this.now);
  }
}

type Computed = Extract<Proposal, { replicas: number }>;
const isComputed = (proposal: Proposal): proposal is Computed => 'replicas' in proposal;

/** What is empty is left out, so that two that say the same are equal. */
function statusOf(
  status: Partial<Omit<HorizontalPodAutoscalerStatus, 'conditions'>> & { conditions?: Conditions },
): HorizontalPodAutoscalerStatus {
  const { currentReplicas = 0, desiredReplicas = 0, currentMetrics, conditions, lastScaleTime } = status;
  return {
    ...(lastScaleTime && { lastScaleTime }),
    currentReplicas,
    desiredReplicas,
    ...(currentMetrics?.length && { currentMetrics }),
    ...(conditions?.length && { conditions: [...conditions] }),
  };
}

/** The time is that of the last change of `status`. */
function withCondition(
  conditions: Conditions,
  { type, status, reason, message }: { type: string; status: string } & Said,
  now: Date,
): Conditions {
  const before = conditions.find((each) => each.type === type);
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : timestamp(now);
  const next = { type, status, lastTransitionTime, reason, message };
  return before ? conditions.map((each) => (each === before ? next : each)) : [...conditions, next];
}

/** After the scale was written. */
export function rescaled({ hpa, from, to, why, status, memory, toZero }: Rescale, now: Date): Action[] {
  const done = { reason: 'SucceededRescale', message: `the HPA controller was able to update the target scale to ${to}` };
  const zero =
    toZero === 'on'
      ? { status: 'True', reason: 'ScaledToZero', message: 'the HPA controller scaled the workload to zero' }
      : { status: 'False', reason: 'NotScaledToZero', message: 'the HPA controller did not scale the workload to zero' };
  const able = withCondition(status.conditions ?? [], { type: 'AbleToScale', status: 'True', ...done }, now);
  const conditions = toZero ? withCondition(able, { type: 'ScaledToZero', ...zero }, now) : able;
  const { behavior } = hpa.spec;
  return [
    { do: 'say', hpa, type: 'Normal', reason: 'SuccessfulRescale', message: `New size: ${to}; reason: ${why}` },
    { do: 'remember', hpa, memory: behavior ? stepped(memory, { from, to, nowMs: now.getTime() }, behavior) : memory },
    { do: 'updateStatus', hpa, status: statusOf({ ...status, conditions, lastScaleTime: timestamp(now) }) },
  ];
}

/** After it could not be. */
export function notRescaled({ hpa, to, why, status, memory }: Rescale, error: string, now: Date): Action[] {
  const message = `the HPA controller was unable to update the target scale: ${error}`;
  const conditions = withCondition(
    status.conditions ?? [],
    { type: 'AbleToScale', status: 'False', reason: 'FailedUpdateScale', message },
    now,
  );
  return [
    { do: 'say', hpa, type: 'Warning', reason: 'FailedRescale', message: `New size: ${to}; reason: ${why}; error: ${error}` },
    { do: 'remember', hpa, memory },
    { do: 'updateStatus', hpa, status: statusOf({ ...status, desiredReplicas: hpa.status?.desiredReplicas ?? 0, conditions }) },
  ];
}
