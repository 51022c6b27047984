import type { PersistentVolumeClaim, Pod } from '#api/types';
import type { Plan } from '#controller-runtime/contract';
import { storageNames } from '#objects';
import { claimNameOf, isMadeFor } from '../volumes/claim-users.ts';
import { type FinalizerAction, withFinalizer, withoutFinalizer } from '../volumes/finalizers.ts';

export interface Seen {
  claim: PersistentVolumeClaim;
  /** Those that name the claim; of a claim that is to go, as the api-server has them. */
  pods: readonly Pod[];
}

export type Action = FinalizerAction<PersistentVolumeClaim>;

/** `k8s.io/kubernetes/pkg/controller/volume/pvcprotection`: a claim stays as long as a pod on a node names it. */
export function reconcile({ claim, pods }: Seen): Plan<Action> {
  const finalizer = storageNames.claimProtection;
  if (!claim.metadata.deletionTimestamp) return withFinalizer(claim, finalizer);
  return pods.some((pod) => isUsing(pod, claim)) ? { actions: [] } : withoutFinalizer(claim, finalizer);
}

/** A pod without a node will get none: nobody starts it with a claim that is to go. An ended one still holds it. */
export function isUsing(pod: Pod, claim: PersistentVolumeClaim): boolean {
  if (!pod.spec.nodeName) return false;
  return (pod.spec.volumes ?? []).some((volume) => {
    if (claimNameOf(pod, volume) !== claim.metadata.name) return false;
    return !volume.ephemeral || (!isShutDown(pod) && isMadeFor(pod, claim));
  });
}

/** What it ran is gone, and it waits only for its finalizers. */
const isShutDown = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0;
