import { deepEqual, type OwnerReference } from '#api';
import type { PersistentVolumeClaim, Pod, StatefulSet } from '#api/types';
import { controllerReference } from '#controller-runtime';
import { gvks } from '#objects';
import { claimName } from './claims.ts';
import { ordinalOf } from './identity.ts';

/** By name; of the namespace of the set. */
export type Claims = ReadonlyMap<string, PersistentVolumeClaim>;

/** Whether an ordinal is one of those that the set has. */
export function isInRange({ spec }: StatefulSet, ordinal: number): boolean {
  const { replicas = 1, ordinals } = spec;
  const start = ordinals?.start ?? 0;
  return ordinal >= start && ordinal < start + replicas;
}

/** The claims of a pod that are there. */
export const claimsOfPod = ({ spec }: StatefulSet, pod: string, claims: Claims): PersistentVolumeClaim[] =>
  (spec.volumeClaimTemplates ?? []).flatMap(({ metadata }) => claims.get(claimName(metadata.name ?? '', pod)) ?? []);

/** A pod that waits, since somebody has deleted a claim under it, gets it anew. */
export const lacksClaims = (set: StatefulSet, pod: Pod, claims: Claims): boolean =>
  pod.status?.phase === 'Pending' &&
  !pod.metadata.deletionTimestamp &&
  claimsOfPod(set, pod.metadata.name ?? '', claims).length < (set.spec.volumeClaimTemplates ?? []).length;

/**
 * Claims whose owners are not what the policy of the set says, with those that it says (KEP-1847): what is to go with the set is owned by
 * it, what goes when the set becomes smaller by the pod that goes, and the garbage collector does the rest.
 */
export function ownedAnew(set: StatefulSet, pods: readonly Pod[], claims: Claims): PersistentVolumeClaim[] {
  const { whenDeleted, whenScaled } = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  return pods.flatMap((pod) => {
    const isLeaving = !isInRange(set, ordinalOf(set, pod) ?? -1) && whenScaled === 'Delete';
    const owners = [
      ...(whenDeleted === 'Delete' && !isLeaving ? [controllerReference(set, gvks.StatefulSet)] : []),
      ...(isLeaving ? [controllerReference(pod, gvks.Pod)] : []),
    ];
    const candidates = new Set([set.metadata.uid, pod.metadata.uid]);
    return claimsOfPod(set, pod.metadata.name ?? '', claims).flatMap((claim) => {
      const present = claim.metadata.ownerReferences ?? [];
      const others = present.filter(({ uid }) => !candidates.has(uid));
      // What somebody else controls is theirs.
      const wanted: OwnerReference[] = others.some(({ controller }) => controller) ? others : [...others, ...owners];
      return deepEqual(present, wanted) ? [] : [{ ...claim, metadata: { ...claim.metadata, ownerReferences: wanted } }];
    });
  });
}
