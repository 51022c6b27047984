import type { Pod, Volume } from '#api/types';
import type { AgentContext } from '../context.ts';
import type { DownwardFacts } from '../environment-plan.ts';
import type { PodObjects } from './pod-objects.ts';
import type { PodTokens } from './tokens.ts';

/*
 * Volumes of pods. Each type of volume (a field of core/v1 VolumeSource, such as `emptyDir`) is served by one plugin: a file in `types/`
 * and its line in `types/index.ts`.
 *
 * The life of a volume: `setUp` before any container of its pod starts; `boundAt` at each start of a container that mounts it; `refresh`
 * whenever something that the pod is made from has changed, or when its time has come; `tearDown` when the pod's containers have ended for
 * good and nothing is bound from the volume any more. An agent that was started anew sets up again what it finds set up.
 */

export type VolumeType = Exclude<keyof Volume, 'name'>;

export type VolumeSource<T extends VolumeType> = NonNullable<Volume[T]>;

/** One volume of one pod. */
export interface PodVolume<T extends VolumeType> {
  pod: Pod;
  name: string;
  source: VolumeSource<T>;
  /** The place on this node that is the volume's own; nothing makes or deletes it but its plugin. */
  directory: string;
  /** The file that says what was mounted there, of volumes that are taken away by it: `volume-record.ts`. */
  recordFile: string;
}

/** What plugins work with. Whichever needs more of the agent widens the `Pick`. */
export interface VolumeNode
  extends Pick<AgentContext, 'mounts' | 'clock' | 'api' | 'rootDir' | 'nodeName' | 'logger' | 'csi' | 'disksDir' | 'snapshots' | 'events'> {
  tokens: Pick<PodTokens, 'get'>;
  /** ConfigMaps and Secrets of the pod's namespace. Whatever was read from here once tells of its changes. */
  objects: Pick<PodObjects, 'configMap' | 'secret'>;
  facts: () => DownwardFacts;
}

/** Of the node alone: for what is taken away when the pod is no more. */
export type HostNode = Omit<VolumeNode, 'objects' | 'facts'>;

/** When the volume has to be refreshed though nothing that it is made from has changed; undefined: never. */
export interface Upkeep {
  renewAtMs?: number;
}

/** One type of volume. What differs between pods is in its arguments: a plugin keeps nothing. */
export interface VolumePlugin<T extends VolumeType = VolumeType> {
  /** Claims every volume that has this field. */
  readonly type: T;
  /** Containers may not write into it, whatever their mount says. */
  isReadOnly?(volume: PodVolume<T>): boolean;
  /** How it is bound into containers, beside what their mounts say: mount(8). */
  readonly mountOptions?: readonly string[];
  /** Why no node of this kind serves such a source, in the kubelet's words; asked before `setUp`. Pure. */
  refusal?(source: VolumeSource<T>): string | undefined;
  /** Idempotent. Throws with the kubelet's words when it cannot be made now; it is then tried again. */
  setUp(volume: PodVolume<T>, node: VolumeNode): Promise<Upkeep | void>;
  /** Brings the content to what it is made from now; when that cannot be read the content stays as it was, and this throws. */
  refresh?(volume: PodVolume<T>, node: VolumeNode): Promise<Upkeep | void>;
  /** What is bound into containers: `directory` unless told otherwise. Throws when it may not be given to them any more. */
  boundAt?(volume: PodVolume<T>, node: VolumeNode): string;
  /** The block device that containers get of it (`volumeDevices`), as a path of the node. Throws for what is no block volume. */
  device?(volume: PodVolume<T>, node: VolumeNode): string;
  /** Undoes `setUp`, however much of it was done. Idempotent. What is not the pod's own is left alone. */
  tearDown(volume: PodVolume<T>, node: VolumeNode): Promise<void>;
}
