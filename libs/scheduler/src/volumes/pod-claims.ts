import type { PersistentVolumeClaim, Pod, StorageClass, Volume } from '#api/types';
import { lookUp } from '#base';
import { claimClassOf, storageNames } from '#objects';
import type { PodInfo, Storage } from '../contract.ts';

/** The claims of a pod by what is to be done for them. */
export interface PodClaims {
  /** With a volume. */
  bound: readonly PersistentVolumeClaim[];
  /** Their class waits for the pod: each with its class. */
  delayed: readonly { claim: PersistentVolumeClaim; storageClass: StorageClass }[];
}

export type FoundClaims = PodClaims | { why: string };

const { bindCompleted } = storageNames;

/** The claim that a volume of a pod comes from: of an ephemeral one it is made, and named after both (KEP-1698). */
export function claimNameOf({ metadata }: Pod, { name, persistentVolumeClaim, ephemeral }: Volume): string | undefined {
  return ephemeral ? `${metadata.name}-${name}` : persistentVolumeClaim?.claimName;
}

export const hasClaims = ({ pod }: PodInfo): boolean =>
  pod.spec.volumes?.some(({ persistentVolumeClaim, ephemeral }) => persistentVolumeClaim ?? ephemeral) ?? false;

/** `pkg/scheduler/framework/plugins/volumebinding`, podHasPVCs and GetPodVolumeClaims, in their words. */
export function claimsOf({ pod, namespace }: PodInfo, storage: Storage): FoundClaims {
  const bound: PersistentVolumeClaim[] = [];
  const delayed: { claim: PersistentVolumeClaim; storageClass: StorageClass }[] = [];
  let immediate = false;
  for (const volume of pod.spec.volumes ?? []) {
    const name = claimNameOf(pod, volume);
    if (name === undefined) continue;
    const claim = storage.claim(namespace, name);
    const why = claim ? unusable(claim, pod, volume) : missing(volume, name);
    if (why !== undefined || !claim) return { why: why ?? '' };
    if (isBound(claim)) bound.push(claim);
    else {
      const storageClass = storage.storageClass(claimClassOf(claim) ?? '');
      if (storageClass?.volumeBindingMode === 'WaitForFirstConsumer' && !claim.spec.volumeName) delayed.push({ claim, storageClass });
      else immediate = true;
    }
  }
  return immediate ? { why: 'pod has unbound immediate PersistentVolumeClaims' } : { bound, delayed };
}

const missing = ({ ephemeral }: Volume, name: string): string =>
  ephemeral
    ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
    : `persistentvolumeclaim "${name}" not found`;

function unusable({ metadata, spec, status }: PersistentVolumeClaim, pod: Pod, { ephemeral }: Volume): string | undefined {
  const { name, namespace } = metadata;
  if (status?.phase === 'Lost') return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${spec.volumeName}"`;
  if (metadata.deletionTimestamp) return `persistentvolumeclaim "${name}" is being deleted`;
  const isOwner = metadata.ownerReferences?.some(({ controller, uid }) => controller && uid === pod.metadata.uid);
  if (!ephemeral || isOwner) return undefined;
  return `PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`;
}

export const isBound = ({ metadata, spec }: PersistentVolumeClaim): boolean =>
  Boolean(spec.volumeName) && lookUp(metadata.annotations ?? {}, bindCompleted) !== undefined;
