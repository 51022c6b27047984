import { lookUp } from '#base';
import { quantityMilliValue } from '#api';
import type { Pod } from '#api/types';
import { isReady, isSidecar, podCondition, podTotals } from '#objects';
import type { AutoscalerSettings } from './settings.ts';

/** One pod's value, in thousandths. */
export interface PodValue {
  milli: number;
  at: Date;
  windowMs: number;
}

/** How far a ratio may be from 1 without anything being done. */
export interface Tolerances {
  up: number;
  down: number;
}

export interface Count {
  replicas: number;
  /** What is measured now: percent of the requests, and thousandths a pod. */
  utilization?: number;
  milli: number;
}

interface Measured {
  ratio: number;
  utilization?: number;
  milli: number;
}

export interface Counted {
  pods: readonly Pod[];
  values: ReadonlyMap<string, PodValue>;
  /** '' for what is no resource. */
  resource: string;
  currentReplicas: number;
  tolerances: Tolerances;
  settings: Pick<AutoscalerSettings, 'cpuInitializationMs' | 'initialReadinessDelayMs'>;
  now: Date;
}

export const isWithin = ({ up, down }: Tolerances, ratio: number): boolean => 1 - down <= ratio && ratio <= 1 + up;
const largest = 2 ** 31 - 1;
/** Numbers of replicas have 32 bits. */
export const roundUp = (count: number): number => Math.min(largest, Math.ceil(count));

/** `pkg/controller/podautoscaler/replica_calculator.go`, GetResourceReplicas: by the share of what the pods request. Throws Error. */
export function byUtilization(counted: Counted, target: number, container: string): Count {
  const requests = new Map(counted.pods.map((pod) => [pod.metadata.name ?? '', requestOf(pod, counted.resource, container)]));
  const request = (name: string): number => {
    const of = requests.get(name) ?? 0;
    if (of instanceof Error) throw of;
    return of;
  };
  return countReplicas(counted, {
    check: () => [...requests.keys()].forEach(request),
    measure(values) {
      const known = [...values].filter(([name]) => requests.has(name));
      const used = sum(known.map(([, milli]) => milli));
      const requested = sum(known.map(([name]) => request(name)));
      if (requested === 0) throw new Error('no metrics returned matched known pods');
      const utilization = Math.trunc((used * 100) / requested);
      return { ratio: utilization / target, utilization, milli: Math.trunc(used / known.length) };
    },
    // A target above 100 % is what a missing pod is taken for.
    ofMissing: (name) => Math.trunc((request(name) * Math.max(100, target)) / 100),
  });
}

/** The same, calcPlainMetricReplicas: by the mean of the pods' values. Throws Error. */
export function byAverage(counted: Counted, target: number): Count {
  return countReplicas(counted, {
    check: () => undefined,
    measure(values) {
      const milli = Math.trunc(sum([...values.values()]) / values.size);
      return { ratio: milli / target, milli };
    },
    ofMissing: () => target,
  });
}

interface Measure {
  /** Of all pods, before anything is measured. */
  check: () => void;
  measure: (values: ReadonlyMap<string, number>) => Measured;
  ofMissing: (name: string) => number;
}

/**
 * Pods that are not ready count as idle when that holds back scaling up; pods without a value count as if they did what they should when
 * scaling down, and nothing when scaling up (Kubernetes, "Horizontal Pod Autoscaling", algorithm details).
 */
function countReplicas(counted: Counted, { check, measure, ofMissing }: Measure): Count {
  const { pods, currentReplicas, tolerances } = counted;
  if (pods.length === 0) throw new Error('no pods returned by selector while calculating replica count');
  const { ready, unready, missing, ignored } = groupPods(counted);
  const values = new Map([...counted.values].map(([name, { milli }]) => [name, milli]));
  for (const name of [...ignored, ...unready]) values.delete(name);
  if (values.size === 0) throw new Error('did not receive metrics for targeted pods (pods might be unready)');
  check();
  const { ratio, ...shown } = measure(values);
  const upWithUnready = unready.length > 0 && ratio > 1;
  const stay = { replicas: currentReplicas, ...shown };
  if (!upWithUnready && missing.length === 0) return isWithin(tolerances, ratio) ? stay : { ...shown, replicas: roundUp(ratio * ready) };
  for (const name of missing) {
    if (ratio < 1) values.set(name, ofMissing(name));
    else if (ratio > 1) values.set(name, 0);
  }
  if (upWithUnready) for (const name of unready) values.set(name, 0);
  const { ratio: again } = measure(values);
  const turned = (ratio < 1 && again > 1) || (ratio > 1 && again < 1);
  if (isWithin(tolerances, again) || turned) return stay;
  const replicas = roundUp(again * values.size);
  // More or fewer pods than replicas must not turn the direction either.
  return (again < 1 && replicas > currentReplicas) || (again > 1 && replicas < currentReplicas) ? stay : { ...shown, replicas };
}

interface Groups {
  ready: number;
  unready: string[];
  missing: string[];
  ignored: string[];
}

/** `groupPods`. */
export function groupPods({
  pods,
  values,
  resource,
  settings,
  now,
}: Pick<Counted, 'pods' | 'values' | 'resource' | 'settings' | 'now'>): Groups {
  const groups: Groups = { ready: 0, unready: [], missing: [], ignored: [] };
  for (const pod of pods) {
    const name = pod.metadata.name ?? '';
    const value = values.get(name);
    if (pod.metadata.deletionTimestamp || pod.status?.phase === 'Failed') groups.ignored.push(name);
    else if (pod.status?.phase === 'Pending') groups.unready.push(name);
    else if (!value) groups.missing.push(name);
    else if (resource === 'cpu' && isUnready(pod, value, { settings, now })) groups.unready.push(name);
    else groups.ready++;
  }
  return groups;
}

/** Whether a pod's processor says nothing of its load yet. */
function isUnready(pod: Pod, { at, windowMs }: PodValue, { settings, now }: Pick<Counted, 'settings' | 'now'>): boolean {
  const condition = podCondition(pod, 'Ready');
  if (!condition || !pod.status?.startTime) return true;
  const notReady = condition.status === 'False';
  const started = Date.parse(pod.status.startTime);
  const changed = Date.parse(condition.lastTransitionTime ?? '') || 0;
  // While it begins: not ready, or no whole window since it was.
  if (started + settings.cpuInitializationMs > now.getTime()) return notReady || at.getTime() < changed + windowMs;
  // Later: not ready, and it has never been.
  return notReady && started + settings.initialReadinessDelayMs > changed;
}

/** What the pod, or one container of it, asks for; an Error says why that cannot be told. */
function requestOf(pod: Pod, resource: string, container: string): number | Error {
  const { name } = pod.metadata;
  if (container === '' && Object.keys(pod.spec.resources?.requests ?? {}).length > 0) {
    const whole = podTotals(pod.spec, 'requests').get(resource);
    return whole ? quantityMilliValue(whole) : new Error(`missing pod-level request for ${resource} in Pod ${name}`);
  }
  const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? []).filter(isSidecar)];
  const chosen = container === '' ? all : all.filter((each) => each.name === container);
  if (chosen.length === 0) return new Error(`container ${container} not found in Pod ${name}`);
  const requestsOf = ({ resources }: (typeof all)[number]): string | undefined => lookUp(resources?.requests, resource);
  const without = chosen.find((each) => requestsOf(each) === undefined);
  if (without) return new Error(`missing request for ${resource} in container ${without.name} of Pod ${name}`);
  return sum(chosen.map((each) => quantityMilliValue(requestsOf(each) ?? '0')));
}

/** `getUsageRatioReplicaCount`: of a value that is not the pods' own. From zero, every whole part of the target asks for a pod. Throws Error. */
export function byRatio(
  ratio: number,
  { pods, currentReplicas, tolerances }: Pick<Counted, 'pods' | 'currentReplicas' | 'tolerances'>,
): number {
  if (currentReplicas === 0) return roundUp(ratio);
  if (isWithin(tolerances, ratio)) return currentReplicas;
  if (pods.length === 0) throw new Error('unable to calculate ready pods: no pods returned by selector while calculating replica count');
  const ready = pods.filter((pod) => pod.status?.phase === 'Running' && isReady(pod)).length;
  return roundUp(ratio * ready);
}

/** `Get…PerPodMetricReplicas`: a value shared by all pods. */
export function byShare(milli: number, target: number, statusReplicas: number, tolerances: Tolerances): Count {
  const shared = Math.ceil(milli / statusReplicas);
  const ratio = milli / (target * statusReplicas);
  // Of no pods there is no share to tell.
  const shown = statusReplicas === 0 ? 0 : shared;
  if (isWithin(tolerances, ratio)) return { replicas: statusReplicas, milli: shown };
  return { replicas: roundUp(milli / target), milli: shown };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
