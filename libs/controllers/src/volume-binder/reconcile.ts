import type { PersistentVolume, PersistentVolumeClaim } from '#api/types';
import { lookUp } from '#base';
import type { Plan } from '#controller-runtime/contract';
import { localStorage, storageNames } from '#objects';
import { volumePhase } from '../claim-binder/binding.ts';
import type { Told, VolumeStatus } from '../claim-binder/plan.ts';

const { boundByController, provisionedBy } = storageNames;

export interface Seen {
  volume: PersistentVolume;
  /** The one that `spec.claimRef` means: of its name and, where it has one, its uid. As the api-server has it where the cache has none. */
  claim: PersistentVolumeClaim | undefined;
  /** The node that has the directory of a local volume is gone for good: nobody will take it away. */
  isNodeGone: boolean;
}

export type Action =
  | { do: 'writeVolumeStatus'; volume: PersistentVolume; status: VolumeStatus }
  | { do: 'writeVolume'; volume: PersistentVolume }
  | { do: 'deleteVolume'; volume: PersistentVolume }
  | { do: 'tell'; about: PersistentVolume | PersistentVolumeClaim; event: Told };

/** `k8s.io/kubernetes/pkg/controller/volume/persistentvolume`, syncVolume. */
export function reconcile(seen: Seen, now: Date): Plan<Action> {
  const { volume, claim } = seen;
  const reference = volume.spec.claimRef;
  if (volume.metadata.deletionTimestamp && seen.isNodeGone) return { actions: withoutDirectory(volume) };
  // Kept for a claim that is to come, or for nobody.
  if (!reference?.uid) return { actions: inPhase(volume, { phase: 'Available' }, now) };
  if (!claim) return { actions: release(volume, now) };
  if (!claim.spec.volumeName) return ofUnboundClaim(seen, claim);
  if (claim.spec.volumeName === volume.metadata.name) return { actions: inPhase(volume, { phase: 'Bound' }, now) };
  return { actions: ofOtherwiseBound(volume, now) };
}

const inPhase = (volume: PersistentVolume, status: VolumeStatus, now: Date): Action[] => {
  const next = volumePhase(volume, status, now);
  return next ? [{ do: 'writeVolumeStatus', volume, status: next }] : [];
};

/** The claim binder goes on with it; it may have been stopped between the volume and the claim. */
function ofUnboundClaim({ volume }: Seen, claim: PersistentVolumeClaim): Plan<Action> {
  const [mode, wanted] = [volume.spec.volumeMode ?? 'Filesystem', claim.spec.volumeMode ?? 'Filesystem'];
  if (mode === wanted) return { actions: [] };
  const { name } = claim.metadata;
  const toVolume = `Cannot bind PersistentVolume to requested PersistentVolumeClaim "${name}" due to incompatible volumeMode.`;
  const toClaim = `Cannot bind PersistentVolume "${volume.metadata.name}" to requested PersistentVolumeClaim due to incompatible volumeMode.`;
  return {
    actions: [
      { do: 'tell', about: volume, event: { type: 'Warning', reason: 'VolumeMismatch', message: toVolume } },
      { do: 'tell', about: claim, event: { type: 'Warning', reason: 'VolumeMismatch', message: toClaim } },
    ],
  };
}

/** Its claim has another volume: one that was made for it is in nobody's way, any other is free again. */
function ofOtherwiseBound(volume: PersistentVolume, now: Date): Action[] {
  const { annotations = {} } = volume.metadata;
  if (lookUp(annotations, provisionedBy) !== undefined && volume.spec.persistentVolumeReclaimPolicy === 'Delete')
    return release(volume, now);
  return [{ do: 'writeVolume', volume: free(volume) }];
}

/** What a user has said stays said: only the uid goes. */
function free(volume: PersistentVolume): PersistentVolume {
  const { [boundByController]: chosen, ...annotations } = volume.metadata.annotations ?? {};
  const { claimRef, ...spec } = volume.spec;
  if (chosen === undefined) {
    const { uid: _uid, resourceVersion: _version, ...rest } = claimRef ?? {};
    return { ...volume, spec: { ...spec, claimRef: rest } };
  }
  return { ...volume, metadata: { ...volume.metadata, annotations }, spec };
}

/** Its claim is gone: the policy says what becomes of the data. */
function release(volume: PersistentVolume, now: Date): Action[] {
  const phase = volume.status?.phase;
  const released = phase === 'Failed' ? [] : inPhase(volume, { phase: 'Released' }, now);
  if (volume.metadata.deletionTimestamp) return released;
  switch (volume.spec.persistentVolumeReclaimPolicy) {
    case 'Recycle':
      return failed(volume, { reason: 'VolumeFailedRecycle', message: 'No recycler plugin found for the volume!' }, now);
    case 'Delete':
      return [...released, ...remove(volume, now)];
    default:
      return released;
  }
}

function remove(volume: PersistentVolume, now: Date): Action[] {
  const maker = lookUp(volume.metadata.annotations ?? {}, provisionedBy);
  if (maker === localStorage.provisioner) return [{ do: 'deleteVolume', volume }];
  // Whoever else made it removes it.
  if (maker !== undefined || volume.spec.csi) return [];
  const message = `error getting deleter volume plugin for volume "${volume.metadata.name}": no deletable volume plugin matched`;
  return failed(volume, { reason: 'VolumeFailedDelete', message }, now);
}

function failed(volume: PersistentVolume, { reason, message }: { reason: string; message: string }, now: Date): Action[] {
  const actions = inPhase(volume, { phase: 'Failed', message }, now);
  return actions.length === 0 ? [] : [...actions, { do: 'tell', about: volume, event: { type: 'Warning', reason, message } }];
}

function withoutDirectory(volume: PersistentVolume): Action[] {
  const finalizers = (volume.metadata.finalizers ?? []).filter((name) => name !== localStorage.finalizer);
  if (finalizers.length === (volume.metadata.finalizers ?? []).length) return [];
  return [{ do: 'writeVolume', volume: { ...volume, metadata: { ...volume.metadata, finalizers } } }];
}
