import type { Digest } from '#base';

/*
 * Images, layers, snapshots and containers of one node.
 *
 * Terms (OCI image-spec and runtime-spec spell them so)
 *  - **blob**: bytes named by their digest, in the content store.
 *  - **layer**: an immutable diff of the one below it. Stored once as a blob, unpacked once into a directory (`diffID`), shared.
 *  - **image**: a config and an ordered list of layers. Nothing in it changes after the build.
 *  - **snapshot**: a mountable stack: the unpacked layers of an image, read-only, and on top a writable upper directory that is born
 *    and dies with its container.
 *  - **bundle**: the directory that the OCI runtime starts a container from: `config.json` and `rootfs`.
 *  - **sandbox**: what the containers of a pod share: network, IPC and UTS namespaces, and the pod's cgroup.
 */

/** Images of one node. Concurrent pulls of one image are one pull. A crash at any point leaves no half image. */
export interface ImageService {
  /** Resolves a reference (`name`, `name:tag`, `name@digest`; tag `latest` when none) against its registry and makes it ready to run. */
  pull(
    reference: string,
    options?: { credentials?: RegistryCredentials; signal?: AbortSignal; onProgress?: (progress: PullProgress) => void },
  ): Promise<Image>;
  /** The image that the reference or image id names on this node, if it is here. */
  get(reference: string): Promise<Image | undefined>;
  list(): Promise<Image[]>;
  /** Removes the name; layers and blobs that nothing else uses go with `collectGarbage`. */
  remove(reference: string): Promise<void>;
  push(reference: string, options?: { credentials?: RegistryCredentials; signal?: AbortSignal }): Promise<{ digest: Digest }>;
  tag(source: string, target: string): Promise<void>;
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
  sizeBytes: number;
}

/** OCI image-spec, config.md. */
export interface ImageConfig {
  architecture: string;
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
  history?: { created?: string; created_by?: string; comment?: string; empty_layer?: boolean }[];
}

export interface RegistryCredentials {
  username: string;
  password: string;
}

export interface PullProgress {
  layer: Digest;
  doneBytes: number;
  totalBytes: number;
}

/** Writable stacks over images' layers. */
export interface Snapshotter {
  /**
   * Mounts the layers of an image with an upper directory of its own at `target`. Idempotent by `key`. The upper directory of a key
   * that exists already is kept (a container that is started again sees its files).
   */
  mount(key: string, diffIds: readonly Digest[], target: string, options?: { readonly?: boolean }): Promise<void>;
  /** Unmounts and deletes the upper directory. Idempotent. */
  remove(key: string): Promise<void>;
  /** Bytes and inodes in the upper directory. */
  usage(key: string): Promise<{ bytes: number; inodes: number }>;
  /** Keys that exist on disk, whatever process made them. */
  list(): Promise<string[]>;
}

/** The closed set of runtime errors; the agent maps them to container waiting reasons. */
export class RuntimeError extends Error {
  constructor(
    readonly code:
      | 'invalid-image-name'
      | 'image-not-found'
      | 'registry-unavailable'
      | 'unauthorized'
      | 'destination-refused'
      | 'bad-image'
      | 'disk-full'
      | 'container-not-found'
      | 'start-failed'
      | 'exec-failed'
      | 'not-running',
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'RuntimeError';
  }
}

/** Containers of one node, through conmon and the OCI runtime. State is on disk and in the kernel: a new instance adopts what runs. */
export interface ContainerRuntime {
  /** Pins a network (unless host), IPC and UTS namespace and makes the cgroup. Idempotent by id. */
  createSandbox(sandbox: SandboxSpec): Promise<Sandbox>;
  removeSandbox(id: string): Promise<void>;
  listSandboxes(): Promise<Sandbox[]>;
  /** Snapshot, bundle and conmon: after it the container exists and is not started. */
  create(spec: ContainerSpec): Promise<void>;
  /** Throws `RuntimeError` 'start-failed' with runc's words, which people know, for what the OCI runtime says. */
  start(id: string): Promise<{ pid: number; startedAt: Date }>;
  kill(id: string, signal: string): Promise<void>;
  pause(id: string): Promise<void>;
  unpause(id: string): Promise<void>;
  /** Kills when it runs; unmounts; deletes bundle, upper directory and cgroup. Idempotent. */
  remove(id: string): Promise<void>;
  /** Every container of this node, adopted ones too. */
  list(): Promise<Container[]>;
  get(id: string): Promise<Container | undefined>;
  /** Resolves when the container has exited (at once if it has). */
  wait(id: string, signal?: AbortSignal): Promise<ContainerExit>;
  /** Runs a process in the container. stdin ends when its stream ends. */
  exec(id: string, process: ExecSpec, io: ExecIo): Promise<{ exitCode: number }>;
  attach(id: string, io: ExecIo): Promise<void>;
  /** Limits of a sandbox's cgroup; those that are not given stay. */
  updateSandbox(id: string, resources: Resources): Promise<void>;
  /** Live limits. */
  update(id: string, resources: Resources): Promise<void>;
  stats(id: string): Promise<ContainerStats>;
  /** Bytes on disk of the container's own layer and of the volumes that its image declares; 0 when it is gone. */
  writableBytes(id: string): Promise<number>;
  /** Lets the log be written into a new file at its path, after it was renamed. */
  reopenLog(id: string): Promise<void>;
  /** Figures of any cgroup of this node by path, such as a pod's; all zero when it is gone. */
  cgroupStats(cgroupPath: string): Promise<ContainerStats>;
  /** A TCP socket inside a sandbox's network namespace, not connected, for `net.Socket({ fd })`: reaches what listens on its loopback only. */
  socketInSandbox(id: string): number;
}

/** What volumes need of the kernel. */
export interface VolumeMounts {
  /** Idempotent: a tmpfs that is there already stays with what is in it. */
  tmpfs(target: string, options: { sizeBytes?: number; mode: number }): void;
  /** Detaches; what is not mounted is no error. */
  unmount(target: string): Promise<void>;
  /** Bytes that a file or directory takes on disk, as du(1) counts them; none where nothing is. */
  diskUsage(path: string): Promise<number>;
  /** Everything mounted at or below a directory, deepest first. */
  mountsBelow(directory: string): string[];
  /**
   * Binds a path inside `root` to `target`, following links only inside `root`, whatever changes them meanwhile. Makes a directory where
   * nothing is. A former bind is replaced: what is bound is what the path leads to now.
   */
  bindWithin(root: string, path: string, target: string): void;
  /** The text of a small file inside `root`, found as `bindWithin` finds it; undefined when there is none. Throws for what is no file. */
  readWithin(root: string, path: string): string | undefined;
  /** Whether a path leads through a link of /proc such as `/proc/1/root`, and so out of what this node sees, or where it may not look. */
  leadsAway(path: string): boolean;
}

/** Lines of container logs (CRI log format), in batches as they are read. A log that does not exist is empty. */
export interface LogReader {
  read(path: string, options?: LogOptions): AsyncIterable<LogLine[]>;
}

export interface LogOptions {
  follow?: boolean;
  /** Begin at this byte of the file. */
  offset?: number;
  tailLines?: number;
  sinceTime?: Date;
  /** Both unless told otherwise. */
  stream?: LogLine['stream'];
  /** When it resolves, following ends after what is left has been read. */
  ended?: Promise<void>;
  signal?: AbortSignal;
}

export interface LogLine {
  /** RFC 3339 with nanoseconds. */
  time: string;
  stream: 'stdout' | 'stderr';
  /** No newline follows: the line goes on in the next one. */
  partial: boolean;
  text: Buffer;
}

export interface SandboxSpec {
  id: string;
  hostname: string;
  cgroupPath: string;
  hostNetwork: boolean;
  labels: Record<string, string>;
  sysctls?: Record<string, string>;
  /** Limits of the pod's cgroup. */
  resources?: Resources;
}

export interface Sandbox {
  id: string;
  labels: Record<string, string>;
  /** Path that can be entered or moved links into; undefined with the host's network. */
  netnsPath: string | undefined;
}

export interface ContainerSpec {
  id: string;
  sandboxId: string;
  name: string;
  labels: Record<string, string>;
  image: Image;
  /** Whole argument vector; entrypoint and command of the image are already merged in. */
  args: string[];
  env: string[];
  cwd: string;
  /** As `USER` in a Dockerfile or `runAsUser`: name, number, `name:group`; resolved against the image's passwd and group files. */
  user: string;
  supplementalGroups?: number[];
  /** Only those, none that the image's group file lists for the user. */
  strictGroups?: boolean;
  mounts: Mount[];
  resources: Resources;
  readonlyRootfs: boolean;
  privileged: boolean;
  capabilities: { add: string[]; drop: string[] };
  noNewPrivileges: boolean;
  seccomp: 'default' | 'unconfined' | { path: string };
  maskedPaths?: 'default' | 'unmasked';
  /** Its own, the pod's, the host's, or that of a process: the first one of another container. */
  pidNamespace: 'container' | 'sandbox' | 'host' | { ofProcess: number };
  hostIpc?: boolean;
  tty: boolean;
  stdin: boolean;
  stdinOnce?: boolean;
  logPath: string;
  oomScoreAdj?: number;
  stopSignal?: string;
  terminationMessagePath?: string;
}

export interface Mount {
  source: string;
  destination: string;
  readonly: boolean;
  /** What is mounted below it is read-only too (mount_setattr(2)); only with `readonly`. */
  recursiveReadonly?: boolean;
  propagation?: 'private' | 'rslave' | 'rshared';
  /** 'bind' unless told otherwise. */
  type?: 'bind' | 'tmpfs';
  options?: string[];
}

export interface Resources {
  cpuShares?: number;
  cpuQuotaUs?: number;
  cpuPeriodUs?: number;
  memoryLimitBytes?: number;
  pidsLimit?: number;
}

export interface Container {
  id: string;
  sandboxId: string;
  name: string;
  labels: Record<string, string>;
  imageId: Digest;
  state: 'created' | 'running' | 'paused' | 'exited';
  pid?: number;
  createdAt: Date;
  startedAt?: Date;
  exit?: ContainerExit;
  logPath: string;
}

export interface ContainerExit {
  exitCode: number;
  finishedAt: Date;
  oomKilled: boolean;
}

export interface ExecSpec {
  args: string[];
  env?: string[];
  cwd?: string;
  user?: string;
  tty: boolean;
}

export interface ExecIo {
  stdin?: NodeJS.ReadableStream;
  stdout?: NodeJS.WritableStream;
  stderr?: NodeJS.WritableStream;
  /** Terminal sizes as they change. */
  resize?: AsyncIterable<{ columns: number; rows: number }>;
  signal?: AbortSignal;
}

export interface ContainerStats {
  cpuUsageNs: number;
  memoryUsageBytes: number;
  memoryWorkingSetBytes: number;
  memoryRssBytes: number;
  pids: number;
  oomEvents: number;
}

/** What `RUN` needs from the runtime: one process over a stack of layers, its changes kept as a directory (the upper layer). */
export interface BuildRunner {
  run(step: {
    args: string[];
    /** A program that the process finds at a path below /dev and that no layer has. */
    script?: { path: string; content: string };
    env: string[];
    cwd: string;
    user: string;
    /** `none`: nothing but its own loopback. The host's unless told otherwise. */
    network?: 'none';
    lower: readonly Digest[];
    upper: string;
    output: (text: string) => void;
    signal?: AbortSignal;
  }): Promise<{ exitCode: number }>;
}

/** A layer that is in the content store and unpacked. */
export interface BuiltLayer {
  /** Digest of the plain archive. */
  diffId: Digest;
  /** As a manifest lists it. */
  descriptor: { mediaType: string; digest: Digest; size: number };
}

/** What a builder makes images with, on the machine that keeps them. */
export interface ImageBuilding {
  /** Layers of an image that is here, bottom first. Throws 'image-not-found'. */
  layersOf(imageId: Digest): Promise<BuiltLayer[]>;
  /**
   * Makes a layer of an overlay upper directory. Equal content gives an equal digest: entries are sorted and every time of change is
   * `timestampSeconds`. undefined when the directory holds no change.
   */
  commitLayer(upper: string, options: { timestampSeconds: number }): Promise<BuiltLayer | undefined>;
  /** True when the layer has not been collected as garbage since. */
  hasLayer(layer: BuiltLayer): Promise<boolean>;
  /** Makes an image and gives it the names, which leave whatever image had them. */
  commitImage(image: { config: ImageConfig; layers: readonly BuiltLayer[]; names: readonly string[] }): Promise<Image>;
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
