import type { Job, Pod } from '#api/types';
import { isSidecar, podCondition } from '#objects';

/** Kept on each pod of a Job until the pod is counted: a pod that is deleted before is not lost (KEP-2307). */
export const trackingFinalizer = 'batch.kubernetes.io/job-tracking';
/** Which index a pod is for; the label has the same name. */
export const indexAnnotation = 'batch.kubernetes.io/job-completion-index';
/** How often the index has failed before this pod, and how often that did not count (KEP-3850). */
export const failuresAnnotation = 'batch.kubernetes.io/job-index-failure-count';
export const ignoredFailuresAnnotation = 'batch.kubernetes.io/job-index-ignored-failure-count';

/** Whether the pod has yet to be counted. */
export const isTracked = ({ metadata }: Pod): boolean => metadata.finalizers?.includes(trackingFinalizer) ?? false;
/** Whether each pod has an index of its own from 0 to completions - 1 (KEP-2214). */
export const isIndexed = ({ spec }: Job): boolean => spec.completionMode === 'Indexed';
/** KEP-2232: pods of a suspended Job go, and none starts. */
export const isSuspended = ({ spec }: Job): boolean => spec.suspend ?? false;
/** KEP-3850: failures are counted for each index and not for the whole Job. */
export const hasLimitPerIndex = ({ spec }: Job): boolean => spec.backoffLimitPerIndex !== undefined;

/** Whoever else is named manages the Job, and its pods (KEP-4368). */
export const managesItself = ({ spec }: Job): boolean =>
  (spec.managedBy ?? 'kubernetes.io/job-controller') === 'kubernetes.io/job-controller';

/** Of an Indexed Job; undefined when the pod has none, or one that the Job does not have (any more). */
export function indexOf(pod: Pod, { spec }: Job): number | undefined {
  const index = wholeNumber(pod.metadata.annotations?.[indexAnnotation]);
  return index !== undefined && index < (spec.completions ?? 0) ? index : undefined;
}

/** Failures of the pod's index before it; 0 for a first pod and for one without the annotation. */
export const failuresOf = ({ metadata }: Pod): number => wholeNumber(metadata.annotations?.[failuresAnnotation]) ?? 0;
export const ignoredFailuresOf = ({ metadata }: Pod): number => wholeNumber(metadata.annotations?.[ignoredFailuresAnnotation]) ?? 0;

/** In 32 bits; anything else may have been written by anybody and counts as nothing. */
function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^\+?\d+$/.test(text)) return undefined;
  const number = Number(text);
  return number < 2 ** 31 ? number : undefined;
}

/** Whether a pod that is going waits for its end before it counts and is replaced (KEP-3939); policies on failures look at ended pods only. */
export const replacesEndedOnly = ({ spec }: Job): boolean => spec.podReplacementPolicy === 'Failed' || spec.podFailurePolicy !== undefined;

/** A pod that goes counts as failed at once: its node may never come back to say so. */
export function isFailed(pod: Pod, job: Job): boolean {
  if (pod.status?.phase === 'Failed') return true;
  return !replacesEndedOnly(job) && pod.metadata.deletionTimestamp !== undefined && pod.status?.phase !== 'Succeeded';
}

/** When the pod came to its end, as well as can be told: by its containers, its readiness, its deletion, its beginning. */
export function finishedMs(pod: Pod): number {
  return (
    finishedByContainers(pod) ?? finishedByReadiness(pod) ?? finishedByDeletion(pod) ?? Date.parse(pod.metadata.creationTimestamp ?? '')
  );
}

function finishedByContainers({ spec, status }: Pod): number | undefined {
  const sidecars = new Set((spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name));
  // Sidecars end after the others.
  const states = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name))];
  const times = states.map(({ state }) => state?.terminated?.finishedAt);
  return times.length === 0 || times.includes(undefined) ? undefined : Math.max(...times.map((time) => Date.parse(time ?? '')));
}

function finishedByReadiness(pod: Pod): number | undefined {
  const ready = podCondition(pod, 'Ready');
  return ready?.status === 'False' && ready.lastTransitionTime ? Date.parse(ready.lastTransitionTime) : undefined;
}

function finishedByDeletion({ metadata }: Pod): number | undefined {
  if (metadata.deletionTimestamp === undefined) return undefined;
  return Date.parse(metadata.deletionTimestamp) - (metadata.deletionGracePeriodSeconds ?? 0) * 1000;
}
