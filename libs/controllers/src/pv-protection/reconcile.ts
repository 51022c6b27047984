import type { PersistentVolume } from '#api/types';
import type { Plan } from '#controller-runtime/contract';
import { storageNames } from '#objects';
import { type FinalizerAction, withFinalizer, withoutFinalizer } from '../volumes/finalizers.ts';

export type Seen = PersistentVolume;
export type Action = FinalizerAction<PersistentVolume>;

/** `k8s.io/kubernetes/pkg/controller/volume/pvprotection`: a volume stays as long as a claim is bound to it. */
export function reconcile(volume: Seen): Plan<Action> {
  const finalizer = storageNames.volumeProtection;
  if (!volume.metadata.deletionTimestamp) return withFinalizer(volume, finalizer);
  return volume.status?.phase === 'Bound' ? { actions: [] } : withoutFinalizer(volume, finalizer);
}
