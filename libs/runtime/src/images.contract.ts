import type { Digest } from '#base';

/** Images of one node. Concurrent pulls of one image are one pull. A crash at any point leaves no half image. */
export interface ImageService {
  /** Resolves a reference (`name`, `name:tag`, `name@digest`; tag `latest` when none) against its registry and makes it ready to run. */
  pull(
    reference: string,
    options?: {
      credentials?: RegistryCredentials;
      signal?: AbortSignal;
      /** Of each layer, in the order in which it happens; who joins a pull that runs first hears how far it has come. */
      onProgress?: (progress: PullProgress) => void;
      /** Of an index, the image for another platform than this machine's. */
      platform?: Platform;
      /** The image gets no name here, and goes with the next garbage collection unless somebody holds it. */
      unnamed?: boolean;
    },
  ): Promise<Image>;
  /** The image that the reference or image id names on this node, if it is here. */
  get(reference: string): Promise<Image | undefined>;
  /** In no order; images that have lost their names too, until garbage collection forgets them. */
  list(): Promise<Image[]>;
  /** Removes the name; layers and blobs that nothing else uses go with `collectGarbage`. */
  remove(reference: string): Promise<void>;
  /** Uploads what the registry does not have, the manifest last. Throws 'image-not-found' for what is not here, and what `pull` throws. */
  push(
    reference: string,
    /** `compression`: of layers that were built here and have not been packed yet; gzip, which every client reads, unless told otherwise. */
    options?: {
      credentials?: RegistryCredentials;
      signal?: AbortSignal;
      compression?: 'gzip' | 'zstd';
      /** Of each layer, by its diffID. */
      onProgress?: (progress: PushProgress) => void;
    },
    /** Of the manifest. */
  ): Promise<{ digest: Digest; sizeBytes: number }>;
  /** `target` names this image from now on, whatever it named before. */
  tag(source: string, target: string): Promise<void>;
  /**
   * What is here stays here from now on, also when the machine goes down. Without it an image that was pulled or built since the last
   * call may be lost then, but never half there.
   */
  sync(): Promise<void>;
  /** Keeps an image, with a name or without, until `remove` of its id. Throws 'image-not-found'. */
  pin(id: Digest): Promise<void>;
  /** Deletes what no image, no snapshot and no running pull uses; answers how many bytes that were. */
  collectGarbage(): Promise<{ removedBytes: number }>;
}

export interface Image {
  /** Digest of the config: the image id. */
  id: Digest;
  /** Normalized names with tags on this node, e.g. `registry.berth.local:5000/demo:v1`. */
  names: string[];
  /** `name@sha256:…` as pulled or pushed. */
  repoDigests: string[];
  config: ImageConfig;
  /** Bottom first. */
  diffIds: Digest[];
  /** Of its blobs, packed as they are: config and layers. */
  sizeBytes: number;
  /** Its node does not take it away by itself. */
  pinned?: boolean;
}

/** OCI image-spec, config.md. */
export interface ImageConfig {
  architecture: string;
  variant?: string;
  os: string;
  author?: string;
  created?: string;
  config?: {
    User?: string;
    Env?: string[];
    Entrypoint?: string[];
    Cmd?: string[];
    WorkingDir?: string;
    Volumes?: Record<string, Record<string, never>>;
    ExposedPorts?: Record<string, Record<string, never>>;
    Labels?: Record<string, string>;
    StopSignal?: string;
    /** The three that Docker adds; kept for those who read them, Kubernetes does not. Durations are nanoseconds. */
    Healthcheck?: { Test: string[]; Interval?: number; Timeout?: number; StartPeriod?: number; StartInterval?: number; Retries?: number };
    Shell?: string[];
    OnBuild?: string[];
  };
  rootfs: { type: 'layers'; diff_ids: Digest[] };
  history?: { created?: string; created_by?: string; author?: string; comment?: string; empty_layer?: boolean }[];
}

/**
 * For the registry itself (RFC 7617), or for the token service that it names. Without a name the password is a token to get others with
 * (`identitytoken` of docker's configuration), as in containerd.
 */
export interface RegistryCredentials {
  username: string;
  password: string;
}

/** By GOOS and GOARCH names (OCI image-spec, image-index.md, "platform"). */
export interface Platform {
  os: string;
  architecture: string;
  variant?: string;
}

/**
 * `exists`: nothing to do. `verifying`: all its bytes are here. `extracting`: its files are being made, which goes on while it comes in.
 * `done`: proven and unpacked.
 */
export type PullStatus = 'queued' | 'exists' | 'downloading' | 'verifying' | 'extracting' | 'done';

export interface PushProgress {
  layer: Digest;
  status: 'queued' | 'exists' | 'pushing' | 'done';
  doneBytes: number;
  totalBytes: number;
}

/** Of one layer's blob, packed as it is. `doneBytes` counts what an earlier pull, which broke off, has left. */
export interface PullProgress {
  layer: Digest;
  status: PullStatus;
  doneBytes: number;
  totalBytes: number;
}
