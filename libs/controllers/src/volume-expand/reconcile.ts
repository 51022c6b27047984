import { compareQuantities, timestamp } from '#api';
import type { PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimStatus } from '#api/types';
import { lookUp } from '#base';
import type { Plan } from '#controller-runtime/contract';
import { localStorage, storageNames } from '#objects';
import type { Told } from '../claim-binder/plan.ts';

export interface Seen {
  claim: PersistentVolumeClaim;
  volume: PersistentVolume | undefined;
}

export type Action =
  | { do: 'growVolume'; volume: PersistentVolume }
  | { do: 'writeClaimStatus'; claim: PersistentVolumeClaim; status: PersistentVolumeClaimStatus }
  | { do: 'tell'; about: PersistentVolumeClaim; event: Told };

/**
 * `k8s.io/kubernetes/pkg/controller/volume/expand` and KEP-1790. Of a local directory the controller has nothing to do but to say how
 * large it is to be: its node gives the room. Volumes of drivers are the driver's own resizer's.
 */
export function reconcile({ claim, volume }: Seen, now: Date): Plan<Action> {
  const wanted = claim.spec.resources?.requests?.storage ?? '0';
  const isSmaller = compareQuantities(claim.status?.capacity?.storage ?? '0', wanted) < 0;
  if (claim.status?.phase !== 'Bound' || !volume || !isSmaller || claim.metadata.deletionTimestamp) return { actions: [] };
  if (volume.spec.claimRef?.uid !== claim.metadata.uid) return { actions: [] };
  const maker = lookUp(volume.metadata.annotations ?? {}, storageNames.provisionedBy);
  if (maker !== localStorage.provisioner) return { actions: [waitsForOthers(claim)] };
  const grown = compareQuantities(volume.spec.capacity?.storage ?? '0', wanted) < 0;
  const status = resizing(claim, wanted, now);
  return {
    actions: [
      ...(grown ? [{ do: 'growVolume', volume: { ...volume, spec: { ...volume.spec, capacity: { storage: wanted } } } } as const] : []),
      ...(status
        ? ([
            { do: 'writeClaimStatus', claim, status },
            { do: 'tell', about: claim, event: { type: 'Normal', reason: 'FileSystemResizeRequired', message: required } },
          ] as const)
        : []),
    ],
  };
}

const required = 'Require file system resize of volume on node';

const waitsForOthers = (about: PersistentVolumeClaim): Action => ({
  do: 'tell',
  about,
  event: { type: 'Normal', reason: 'ExternalExpanding', message: 'waiting for an external controller to expand this PVC' },
});

/** undefined when it says so already. */
function resizing({ status }: PersistentVolumeClaim, wanted: string, now: Date): PersistentVolumeClaimStatus | undefined {
  const type = 'FileSystemResizePending';
  const present = status?.conditions ?? [];
  const isSaid = present.some((condition) => condition.type === type && condition.status === 'True');
  if (isSaid && status?.allocatedResources?.storage === wanted) return undefined;
  const message = 'Waiting for user to (re-)start a pod to finish file system resize of volume on node.';
  const condition = { type, status: 'True', lastTransitionTime: timestamp(now), message };
  return {
    ...status,
    allocatedResources: { ...status?.allocatedResources, storage: wanted },
    allocatedResourceStatuses: { ...status?.allocatedResourceStatuses, storage: 'NodeResizePending' },
    conditions: [...present.filter((each) => each.type !== type && each.type !== 'Resizing'), condition],
  };
}
