import type { PersistentVolume, PersistentVolumeClaim, VolumeAttributesClass } from '#api/types';
import type { Plan } from '#controller-runtime/contract';
import { storageNames } from '#objects';
import { type FinalizerAction, withFinalizer, withoutFinalizer } from '../volumes/finalizers.ts';

export interface Seen {
  attributesClass: VolumeAttributesClass;
  claims: readonly PersistentVolumeClaim[];
  volumes: readonly PersistentVolume[];
}

export type Action = FinalizerAction<VolumeAttributesClass>;

/** KEP-3751, `k8s.io/kubernetes/pkg/controller/volume/vacprotection`: a class stays as long as a claim asks for it or a volume has it. */
export function reconcile({ attributesClass, claims, volumes }: Seen): Plan<Action> {
  const finalizer = storageNames.attributesClassProtection;
  const { name, deletionTimestamp } = attributesClass.metadata;
  if (!deletionTimestamp) return withFinalizer(attributesClass, finalizer);
  const isUsed =
    claims.some(({ spec, status }) =>
      [
        spec.volumeAttributesClassName,
        status?.currentVolumeAttributesClassName,
        status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
      ].includes(name),
    ) || volumes.some(({ spec }) => spec.volumeAttributesClassName === name);
  return isUsed ? { actions: [] } : withoutFinalizer(attributesClass, finalizer);
}
