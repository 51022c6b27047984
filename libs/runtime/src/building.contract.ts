import type { Digest } from '#base';
import type { Image, ImageConfig } from './images.contract.ts';

/** What `RUN` needs from the runtime: one process over a stack of layers, its changes kept as a directory (the upper layer). */
export interface BuildRunner {
  run(step: {
    args: string[];
    /** What the process finds beside the files of the layers, and no layer ever has. */
    mounts?: readonly BuildMount[];
    env: string[];
    cwd: string;
    user: string;
    /** `none`: nothing but its own loopback. The host's unless told otherwise. */
    network?: 'none';
    /** All capabilities, no filter of system calls, nothing masked: `RUN --security=insecure`. */
    insecure?: boolean;
    bounds?: BuildBounds;
    lower: readonly Digest[];
    upper: string;
    /** What the process prints, standard output and error in one, as it comes. */
    output: (text: string) => void;
    signal?: AbortSignal;
  }): Promise<{ exitCode: number }>;
}

/** `target` is the process's own path; what is missing of it is made, and gone again afterwards. */
export type BuildMount = { target: string } & (
  | { kind: 'bind'; source: string; readOnly: boolean }
  | { kind: 'tmpfs'; sizeBytes?: number }
  /** Kept in memory, never on a disk. */
  | { kind: 'file'; content: Uint8Array; mode: number; uid: number; gid: number }
);

/** Of each process of a build; what is not given is not bounded. */
export interface BuildBounds {
  limits?: { memoryLimitBytes?: number; cpuShares?: number; cpuQuotaUs?: number; cpuPeriodUs?: number; pidsLimit?: number };
  /** Processors that the process may run on: `0-2,4`. */
  cpus?: string;
  ulimits?: readonly { name: string; soft: number; hard: number }[];
  /** Of /dev/shm; 64 MiB unless told otherwise. */
  shmBytes?: number;
  /** `name:address`, for /etc/hosts. */
  extraHosts?: readonly string[];
}

/** A layer that is in the content store and unpacked. */
export interface BuiltLayer {
  /** Digest of the plain archive. */
  diffId: Digest;
  /** As a manifest lists it. */
  descriptor: { mediaType: string; digest: Digest; size: number };
}

/** Keeps garbage collection away from what a build uses, until all is given back. */
export interface LayerHolder {
  /** Also of what is not here yet. */
  hold(digests: readonly Digest[]): Promise<void>;
  release(): void;
}

/** What a builder makes images with, on the machine that keeps them. */
export interface ImageBuilding {
  /** Holds nothing at first. */
  holder(): LayerHolder;
  /** Layers of an image that is here, bottom first. Throws 'image-not-found'. */
  layersOf(imageId: Digest): Promise<BuiltLayer[]>;
  /**
   * Makes a layer of an overlay upper directory. Equal content gives an equal digest: entries are sorted and every time of change is
   * `timestampSeconds`. undefined when the directory holds no change.
   */
  commitLayer(upper: string, options: { timestampSeconds: number; holder?: LayerHolder }): Promise<BuiltLayer | undefined>;
  /** Makes a layer of a (packed) tar archive as it is: its diffID is the digest of the plain archive. Throws 'bad-image' and 'disk-full'. */
  addLayer(archive: AsyncIterable<Buffer>): Promise<BuiltLayer>;
  /** Keeps garbage collection away from layers until the answer is called. Throws 'bad-image' when one has gone before. */
  hold(layers: readonly BuiltLayer[]): Promise<() => void>;
  /** True when the layer has not been collected as garbage since. */
  hasLayer(layer: BuiltLayer): Promise<boolean>;
  /** Makes an image and gives it the names, which leave whatever image had them. `pinned`: see `ImageService.pin`. */
  commitImage(image: { config: ImageConfig; layers: readonly BuiltLayer[]; names: readonly string[]; pinned?: boolean }): Promise<Image>;
  /** One name for images of several platforms. Answers this machine's, else the first. */
  commitIndex(images: readonly Image[], names: readonly string[]): Promise<Image>;
  /** The archive of a layer, plain or packed, as often as one likes. */
  readLayer(layer: BuiltLayer): Promise<() => AsyncIterable<Buffer>>;
  /** A fresh upper directory; the caller calls `remove`. */
  newUpper(): Promise<{ path: string; remove: () => Promise<void> }>;
  /**
   * Unpacks a (packed) tar archive into an empty directory. Throws 'bad-image' for broken and hostile ones. Answers its hard links to
   * files that it has not, which whoever knows the place that it goes to may find there.
   */
  unpackArchive(archive: AsyncIterable<Buffer>, directory: string): Promise<{ path: string; target: string }[]>;
  /** Copies extended attributes that belong to an image (file capabilities) from one path to another. */
  copyAttributes(from: string, to: string): void;
  /** Mounts layers (bottom first), with an upper directory or read-only, for as long as `use` runs. */
  withRoot<T>(lower: readonly Digest[], upper: string | undefined, use: (root: string) => Promise<T>): Promise<T>;
}
