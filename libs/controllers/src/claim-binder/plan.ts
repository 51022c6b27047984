import type {
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  PersistentVolumeClaimStatus,
  PersistentVolumeStatus,
  StorageClass,
} from '#api/types';

export type VolumeStatus = PersistentVolumeStatus;

export interface Told {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

/** All that the binding of one claim depends on. */
export interface Seen {
  claim: PersistentVolumeClaim;
  /** The one that `spec.volumeName` names. */
  volume: PersistentVolume | undefined;
  /** Those that may be free for it, and those that are kept for it. */
  volumes: readonly PersistentVolume[];
  /** The one that it names, if it is there. */
  storageClass: StorageClass | undefined;
  /** What a claim without a class gets. */
  defaultClass: StorageClass | undefined;
  /** Names of pods that use it and have no node yet. */
  waitingPods: readonly string[];
  /** The node that the scheduler chose, if it is there. */
  node: Node | undefined;
}

export type Action =
  /** Keeps the volume for the claim: from here on nobody else gets it. */
  | { do: 'keepVolume'; volume: PersistentVolume }
  | { do: 'writeVolumeStatus'; volume: PersistentVolume; status: VolumeStatus }
  | { do: 'writeClaim'; claim: PersistentVolumeClaim }
  | { do: 'writeClaimStatus'; claim: PersistentVolumeClaim; status: PersistentVolumeClaimStatus }
  | { do: 'makeVolume'; claim: PersistentVolumeClaim; volume: PersistentVolume }
  | { do: 'tell'; about: PersistentVolumeClaim; event: Told };
