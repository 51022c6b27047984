import { gvkOf } from '#api';
import type { Job, Pod } from '#api/types';
import { controllerOf } from '#controller-runtime';
import type { Plan } from '#controller-runtime/contract';
import { isJobFinished } from '#objects';
import { isTracked, managesItself } from '../job/job-pods.ts';

/** One pod that still has the finalizer of Jobs. */
export interface Seen {
  pod: Pod;
  /** That the pod names as its controller, if it is there. */
  job: Job | undefined;
}

/** Takes the finalizer away; the pod itself stays for the garbage collector or its owner. */
export interface Action {
  do: 'untrackPod';
  pod: Pod;
}

/** `pkg/controller/job/job_controller.go`, syncOrphanPod: a pod that no Job will count any more must not be kept from going. */
export function reconcile({ pod, job }: Seen): Plan<Action> {
  const owner = controllerOf(pod);
  const ofJob = owner && owner.kind === 'Job' && gvkOf(owner).group === 'batch';
  const counted = owner && (!ofJob || (job && (!managesItself(job) || !isJobFinished(job))));
  return { actions: isTracked(pod) && !counted ? [{ do: 'untrackPod', pod }] : [] };
}
