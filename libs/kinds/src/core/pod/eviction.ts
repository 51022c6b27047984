import {
  ApiError,
  badRequest,
  forbidden,
  internalError,
  type KubeObject,
  scaledValue,
  selectorMatches,
  type Status,
  timestamp,
} from '#api';
import type { Eviction, Pod, PodDisruptionBudget } from '#api/types';
import { gvks, isActive, isReady } from '#objects';
import type { KindIo } from '../../contract.ts';
import { isEmptySelector } from '../../rules/labels.ts';

type Preconditions = NonNullable<NonNullable<Eviction['deleteOptions']>['preconditions']>;
const success: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

/** Deletes a pod unless a PodDisruptionBudget would be broken by it: then 429, and the client tries again later. */
export async function evict(pod: Pod, body: KubeObject, io: KindIo, { dryRun }: { dryRun: boolean }): Promise<KubeObject> {
  const eviction = body as Eviction;
  const { namespace = '', name = '' } = pod.metadata;
  if (eviction.metadata?.name && eviction.metadata.name !== name) {
    throw badRequest('name in URL does not match name in Eviction object');
  }
  if (!needsNoBudget(pod)) await spendBudget(pod, io, dryRun);
  const { gracePeriodSeconds, preconditions = {} } = eviction.deleteOptions ?? {};
  const version = dryRun ? preconditions.resourceVersion : await markDisrupted(pod, preconditions, io);
  await io.delete(gvks.Pod, namespace, name, {
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(preconditions.uid && { uid: preconditions.uid }),
    ...(version && { resourceVersion: version }),
    dryRun,
  });
  return success as unknown as KubeObject;
}

/**
 * KEP-3329: says why the pod ends, so that a Job can tell it from a failure; one that is not what the client meant is left alone. Answers
 * the version that the deletion demands: where the client knew the newest, that is the one that the condition has made.
 */
async function markDisrupted({ metadata }: Pod, { uid, resourceVersion }: Preconditions, io: KindIo): Promise<string | undefined> {
  let meant = false;
  const marked = await io.modify<Pod>(gvks.Pod, metadata.namespace ?? '', metadata.name ?? '', (present) => {
    meant = (!uid || uid === present.metadata.uid) && (!resourceVersion || resourceVersion === present.metadata.resourceVersion);
    return meant ? disrupted(present, io.now()) : undefined;
  });
  return resourceVersion && meant ? marked.metadata.resourceVersion : resourceVersion;
}

function disrupted(pod: Pod, now: Date): Pod | undefined {
  const conditions = pod.status?.conditions ?? [];
  if (conditions.some(({ type, status }) => type === 'DisruptionTarget' && status === 'True')) return undefined;
  const lastTransitionTime = timestamp(now);
  const why = { reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' };
  const others = conditions.filter(({ type }) => type !== 'DisruptionTarget');
  return {
    ...pod,
    status: { ...pod.status, conditions: [...others, { type: 'DisruptionTarget', status: 'True', ...why, lastTransitionTime }] },
  };
}

/** What does not serve cannot disrupt. */
const needsNoBudget = (pod: Pod): boolean => !isActive(pod) || pod.status?.phase === 'Pending';

/**
 * Takes one disruption out of the pod's budget, by a write that fails when another eviction was quicker: two cannot spend the same one.
 * Throws ApiError 429; 500 when several budgets choose the pod, as upstream.
 */
async function spendBudget(pod: Pod, io: KindIo, dryRun: boolean): Promise<void> {
  const namespace = pod.metadata.namespace ?? '';
  const budgets = io.list<PodDisruptionBudget>(gvks.PodDisruptionBudget, namespace).filter(({ spec }) => {
    const selector = spec?.selector;
    return selector !== undefined && (isEmptySelector(selector) || selectorMatches(selector, pod.metadata.labels));
  });
  const [budget, ...more] = budgets;
  if (!budget) return;
  if (more.length > 0) {
    throw internalError('This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.');
  }
  if (isUnhealthyAndFree(pod, budget)) return;
  if (budget.status?.observedGeneration === undefined) return refuseUnlessAllowed(budget, io);
  const spend = (present: PodDisruptionBudget): PodDisruptionBudget => decrement(present, pod, io.now());
  if (dryRun) spend(budget);
  else await io.modify<PodDisruptionBudget>(gvks.PodDisruptionBudget, namespace, budget.metadata.name ?? '', spend);
}

/** KEP-3017: a pod that is not Ready anyway may go, always or as long as the others are enough. */
function isUnhealthyAndFree(pod: Pod, { spec, status }: PodDisruptionBudget): boolean {
  if (isReady(pod)) return false;
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const [healthy, desired] = [status?.currentHealthy ?? 0, status?.desiredHealthy ?? 0];
  return healthy >= desired && desired > 0;
}

/** As long as no controller has counted the pods of a budget, they are counted here: a budget protects from its first moment on. */
function refuseUnlessAllowed(budget: PodDisruptionBudget, io: KindIo): void {
  const { selector = {}, minAvailable, maxUnavailable = 0 } = budget.spec ?? {};
  const pods = io
    .list<Pod>(gvks.Pod, budget.metadata.namespace)
    .filter((pod) => isActive(pod) && selectorMatches(selector, pod.metadata.labels));
  const healthy = pods.filter(isReady).length;
  const desired =
    minAvailable === undefined
      ? pods.length - scaledValue(maxUnavailable, pods.length, 'up')
      : scaledValue(minAvailable, pods.length, 'up');
  if (healthy <= desired)
    throw tooMany(`The disruption budget ${budget.metadata.name} needs ${desired} healthy pods and has ${healthy} currently`, 0);
}

/**
 * The budget with one disruption less. The pod is noted with the time, so that the controller does not count it as healthy until it is
 * gone. Throws ApiError 429, 403.
 */
function decrement(budget: PodDisruptionBudget, pod: Pod, now: Date): PodDisruptionBudget {
  const name = budget.metadata.name ?? '';
  const { observedGeneration = 0, disruptionsAllowed = 0, desiredHealthy = 0, currentHealthy = 0 } = budget.status ?? {};
  if (observedGeneration < (budget.metadata.generation ?? 0)) {
    throw tooMany(`The disruption budget ${name} is still being processed by the server.`, 10);
  }
  if (disruptionsAllowed < 0) {
    throw forbidden({ group: 'policy', resource: 'poddisruptionbudgets' }, name, 'pdb disruptions allowed is negative');
  }
  if (disruptionsAllowed === 0) {
    throw tooMany(`The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`, 0);
  }
  const status = { ...budget.status, expectedPods: budget.status?.expectedPods ?? 0, desiredHealthy, currentHealthy };
  const disruptedPods = { ...budget.status?.disruptedPods, [pod.metadata.name ?? '']: timestamp(now) };
  return { ...budget, status: { ...status, disruptionsAllowed: disruptionsAllowed - 1, disruptedPods } };
}

const tooMany = (why: string, retryAfterSeconds: number): ApiError =>
  new ApiError({
    code: 429,
    reason: 'TooManyRequests',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: { causes: [{ reason: 'DisruptionBudget', message: why }], ...(retryAfterSeconds > 0 && { retryAfterSeconds }) },
  });
