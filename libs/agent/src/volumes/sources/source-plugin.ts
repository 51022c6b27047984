import type { Pod } from '#api/types';
import type { HostNode, Upkeep, VolumeNode } from '../volume-plugin.ts';
import type { SourceKind, VolumeRecord } from '../volume-record.ts';

/*
 * What is mounted for a pod from a source of its own life: that of a PersistentVolume, or one that the pod names itself. Each kind is one
 * file here and its line in `index.ts`. Its type of volume wrote the record before; it is all that `tearDown` gets.
 */

/** What was mounted, or may have been. */
export interface LeftVolume<K extends SourceKind = SourceKind> {
  record: VolumeRecord<K>;
  /** The volume's own place in the pod's directory. */
  directory: string;
}

export interface MountedVolume<K extends SourceKind = SourceKind> extends LeftVolume<K> {
  pod: Pod;
}

export interface SourcePlugin<K extends SourceKind = SourceKind> {
  readonly kind: K;
  /** `fsGroup` of the pod is given the files (Kubernetes, "Configure volume permission and ownership change policy"). */
  ownsFiles?(volume: MountedVolume<K>, node: VolumeNode): Promise<boolean>;
  /** As of `VolumePlugin`. */
  setUp(volume: MountedVolume<K>, node: VolumeNode): Promise<Upkeep | void>;
  /** Brings it up to date: credentials, for one. Without it nothing ever changes. */
  refresh?(volume: MountedVolume<K>, node: VolumeNode): Promise<Upkeep | void>;
  /** Where its files are: `directory` unless told otherwise. */
  boundAt?(volume: LeftVolume<K>, node: HostNode): string;
  /** A block volume's device. Without it the kind has no block volumes. */
  device?(volume: LeftVolume<K>, node: HostNode): string;
  /** Lets the volume have `bytes`, after it has grown where it lies. Without it there is nothing for a node to do. */
  expand?(volume: MountedVolume<K>, bytes: number, node: VolumeNode): Promise<void>;
  /** Undoes `setUp`, however much of it was done. Idempotent. */
  tearDown(volume: LeftVolume<K>, node: HostNode): Promise<void>;
}
