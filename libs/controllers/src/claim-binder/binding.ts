import { deepEqual, timestamp } from '#api';
import type { ObjectReference, PersistentVolume, PersistentVolumeClaim, StorageClass } from '#api/types';
import { lookUp } from '#base';
import { storageNames } from '#objects';
import type { Action, VolumeStatus } from './plan.ts';

const { bindCompleted, boundByController, selectedNode } = storageNames;

/** The claim's class waits for the first pod, and the scheduler has not spoken yet. */
export function isWaiting({ metadata }: PersistentVolumeClaim, storageClass: StorageClass | undefined): boolean {
  return storageClass?.volumeBindingMode === 'WaitForFirstConsumer' && lookUp(metadata.annotations ?? {}, selectedNode) === undefined;
}

/**
 * First the volume, then the claim: whoever is killed between the two leaves a volume that is kept for the claim, which finds it again.
 * Each write is bound to what was read, so no volume is given away twice.
 */
export function bindVolume(claim: PersistentVolumeClaim, volume: PersistentVolume, now: Date): Action[] {
  const kept = keptFor(volume, claim);
  const bound = boundTo(claim, volume);
  const phase = volumePhase(volume, { phase: 'Bound' }, now);
  const status = boundStatus(claim, volume);
  return [
    ...(kept === volume ? [] : [{ do: 'keepVolume', volume: kept } as const]),
    ...(phase ? [{ do: 'writeVolumeStatus', volume, status: phase } as const] : []),
    ...(bound === claim ? [] : [{ do: 'writeClaim', claim: bound } as const]),
    ...(status ? [{ do: 'writeClaimStatus', claim, status } as const] : []),
  ];
}

export const referenceTo = ({ metadata }: PersistentVolumeClaim): ObjectReference => ({
  kind: 'PersistentVolumeClaim',
  apiVersion: 'v1',
  namespace: metadata.namespace,
  name: metadata.name,
  uid: metadata.uid,
  resourceVersion: metadata.resourceVersion,
});

/** A volume that a user has kept for the claim is not the controller's to give back. */
function keptFor(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume {
  const present = volume.spec.claimRef;
  if (present?.uid === claim.metadata.uid) return volume;
  const annotations = present ? volume.metadata.annotations : { ...volume.metadata.annotations, [boundByController]: 'yes' };
  return { ...volume, metadata: { ...volume.metadata, annotations }, spec: { ...volume.spec, claimRef: referenceTo(claim) } };
}

function boundTo(claim: PersistentVolumeClaim, volume: PersistentVolume): PersistentVolumeClaim {
  const { annotations = {} } = claim.metadata;
  const name = volume.metadata.name;
  if (claim.spec.volumeName === name && lookUp(annotations, bindCompleted) !== undefined) return claim;
  const chosen: Record<string, string> = claim.spec.volumeName === name ? {} : { [boundByController]: 'yes' };
  return {
    ...claim,
    metadata: { ...claim.metadata, annotations: { ...annotations, ...chosen, [bindCompleted]: 'yes' } },
    spec: { ...claim.spec, volumeName: name },
  };
}

/** The size is that of the volume when they came together; after that it is told by who makes the volume grow. */
function boundStatus({ status }: PersistentVolumeClaim, { spec }: PersistentVolume): PersistentVolumeClaim['status'] | undefined {
  const isNew = status?.phase !== 'Bound';
  const next = {
    ...status,
    phase: 'Bound',
    accessModes: spec.accessModes,
    ...((isNew || !status.capacity) && { capacity: { ...spec.capacity } }),
    ...(isNew && spec.volumeAttributesClassName !== undefined && { currentVolumeAttributesClassName: spec.volumeAttributesClassName }),
  };
  return deepEqual(next, status) ? undefined : next;
}

/** undefined when it is in the phase already: what else its status says is not the binder's. KEP-3762: since when it is. */
export function volumePhase({ status }: PersistentVolume, next: VolumeStatus, now: Date): VolumeStatus | undefined {
  if (status?.phase === next.phase) return undefined;
  const { message: _message, ...rest } = status ?? {};
  return { ...rest, ...next, lastPhaseTransitionTime: timestamp(now) };
}
