import { deepEqual, type KubeObject, scaledValue, timestamp } from '#api';
import type { Condition, Pod, PodDisruptionBudget, PodDisruptionBudgetStatus } from '#api/types';
import type { Plan } from '#controller-runtime/contract';
import { isReady } from '#objects';

/** An evicted pod that is not going after this long was not deleted after all: `pkg/controller/disruption`, DeletionTimeout. */
const deletionTimeoutMs = 120_000;

/**
 * One budget and the pods under it. `scaleOf` is 'unknown' where a controller is named that cannot be found; a budget whose numbers depend
 * on it then allows nothing.
 */
export interface Seen {
  budget: PodDisruptionBudget;
  /** Those that the selector chooses. */
  pods: readonly Pod[];
  /** The ReplicaSet, ReplicationController or Deployment whose `spec.replicas` says how many of the pod there should be. */
  scaleOf: (pod: Pod) => Scale | Unscalable | 'unmanaged' | 'unknown';
}

/** How many pods one controller should have. Pods of the same uid count it once. */
export interface Scale {
  uid: string;
  replicas: number;
}

/** The resource of a controller that has no scale, such as a Job's. */
export interface Unscalable {
  unscalable: string;
}

/** The status is all that the eviction subresource goes by, so it errs towards 0 disruptions. */
export type Action =
  | { do: 'say'; about: KubeObject; type: 'Normal' | 'Warning'; reason: string; message: string }
  | { do: 'updateStatus'; budget: PodDisruptionBudget };

interface Expected {
  expectedPods: number;
  desiredHealthy: number;
  unmanaged: boolean;
}

/** `pkg/controller/disruption/disruption.go`, trySync: how many pods of a budget may be evicted now. */
export function reconcile({ budget, pods, scaleOf }: Seen, now: Date): Plan<Action> {
  const { metadata, spec, status } = budget;
  const says: Action[] = [];
  const say = (type: 'Normal' | 'Warning', reason: string, message: string, about: KubeObject = budget): void => {
    says.push({ do: 'say', about, type, reason, message });
  };
  if (pods.length === 0) say('Normal', 'NoPods', 'No matching pods found');
  let expected: Expected;
  try {
    expected = expectedOf(budget, pods, scaleOf);
  } catch (err) {
    const { message } = err as Error;
    say('Warning', 'CalculateExpectedPodCountFailed', `Failed to calculate the number of expected pods: ${message}`);
    const failed = { type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message } as const;
    return plan(says, budget, { ...counts(status), disruptionsAllowed: 0, conditions: withCondition(budget, failed, now) });
  }
  if (expected.unmanaged) say('Warning', 'UnmanagedPods', unmanagedWarning(spec?.selector));
  const evicted = Object.entries(status?.disruptedPods ?? {}).filter(([name]) => pods.some((p) => p.metadata.name === name && !isGoing(p)));
  const late = evicted.filter(([, time]) => Date.parse(time) + deletionTimeoutMs <= now.getTime());
  for (const [name] of late) {
    const pod = pods.find((p) => p.metadata.name === name);
    const message = `Pod was expected by PDB ${metadata.namespace}/${metadata.name} to be deleted but it wasn't`;
    if (pod) say('Warning', 'NotDeleted', message, pod);
  }
  const disruptedPods = Object.fromEntries(evicted.filter((entry) => !late.includes(entry)));
  const currentHealthy = pods.filter(
    (pod) => !isGoing(pod) && !Object.hasOwn(disruptedPods, pod.metadata.name ?? '') && isReady(pod),
  ).length;
  const { expectedPods, desiredHealthy } = expected;
  const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0;
  const condition =
    disruptionsAllowed > 0
      ? ({ status: 'True', reason: 'SufficientPods' } as const)
      : ({ status: 'False', reason: 'InsufficientPods' } as const);
  const next: PodDisruptionBudgetStatus = {
    currentHealthy,
    desiredHealthy,
    expectedPods,
    disruptionsAllowed,
    ...(Object.keys(disruptedPods).length > 0 && { disruptedPods }),
    conditions: withCondition(budget, { type: 'DisruptionAllowed', message: '', ...condition }, now),
  };
  const waits = Object.values(disruptedPods).map((time) => Date.parse(time) + deletionTimeoutMs - now.getTime());
  return { ...plan(says, budget, next), ...(waits.length > 0 && { requeueAfterMs: Math.min(...waits) }) };
}

const isGoing = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;

/**
 * How many pods there should be, and how many of them must stay healthy. Percentages and `maxUnavailable` need to know what the pods'
 * controllers want; a number in `minAvailable` does not. Throws an Error when that cannot be told.
 */
function expectedOf({ spec }: PodDisruptionBudget, pods: readonly Pod[], scaleOf: Seen['scaleOf']): Expected {
  const { minAvailable, maxUnavailable } = spec ?? {};
  if (maxUnavailable === undefined && typeof minAvailable !== 'string')
    return { expectedPods: pods.length, desiredHealthy: minAvailable ?? 0, unmanaged: false };
  const scales = new Map<string, number>();
  let unmanaged = false;
  for (const pod of pods) {
    const scale = scaleOf(pod);
    if (scale === 'unmanaged') unmanaged = true;
    else if (scale === 'unknown') throw new Error(`found no controllers for pod "${pod.metadata.name}"`);
    else if ('unscalable' in scale) throw new Error(`${scale.unscalable} does not implement the scale subresource`);
    else scales.set(scale.uid, scale.replicas);
  }
  const expectedPods = [...scales.values()].reduce((sum, replicas) => sum + replicas, 0);
  const desiredHealthy =
    maxUnavailable === undefined
      ? scaledValue(minAvailable ?? 0, expectedPods, 'up')
      : Math.max(0, expectedPods - scaledValue(maxUnavailable, expectedPods, 'up'));
  return { expectedPods, desiredHealthy, unmanaged };
}

const unmanagedWarning = (selector: object | undefined): string =>
  `Pods selected by this PodDisruptionBudget (selector: ${JSON.stringify(selector)}) were found to be unmanaged. As a result, the status of ` +
  'the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" ' +
  'field of the PDB to an integer value.';

const counts = (status: PodDisruptionBudgetStatus | undefined): PodDisruptionBudgetStatus => ({
  ...status,
  currentHealthy: status?.currentHealthy ?? 0,
  desiredHealthy: status?.desiredHealthy ?? 0,
  expectedPods: status?.expectedPods ?? 0,
});

/** The transition time moves only with the status (API conventions, "Typical status properties"). */
function withCondition({ metadata, status }: PodDisruptionBudget, next: Omit<Condition, 'lastTransitionTime'>, now: Date): Condition[] {
  const all = status?.conditions ?? [];
  const before = all.find(({ type }) => type === next.type);
  const lastTransitionTime = before?.status === next.status ? before.lastTransitionTime : timestamp(now);
  const condition = { ...next, lastTransitionTime, ...(metadata.generation !== undefined && { observedGeneration: metadata.generation }) };
  return [...all.filter(({ type }) => type !== next.type), condition as Condition];
}

function plan(says: readonly Action[], budget: PodDisruptionBudget, next: PodDisruptionBudgetStatus): Plan<Action> {
  const { generation } = budget.metadata;
  const status = { ...next, ...(generation !== undefined && { observedGeneration: generation }) };
  if (deepEqual(status, budget.status)) return { actions: says };
  return { actions: [...says, { do: 'updateStatus', budget: { ...budget, status } }] };
}
