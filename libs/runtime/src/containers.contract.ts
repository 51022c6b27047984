import type { Digest } from '#base';
import type { Image } from './images.contract.ts';
import type { DiskUsage } from './volumes.contract.ts';

/**
 * Containers of one node, through conmon and the OCI runtime. State is on disk and in the kernel: a new instance adopts what runs.
 * `containerRuntimeConformance` holds implementations to it.
 *
 *     create ─▶ created ─ start ─▶ running ◀─ pause, unpause ─▶ paused
 *                  └───── kill ──────┴──── ends, kill ───────────┴──▶ exited ─ remove ─▶ gone
 *
 * What is asked of a container that is not here is refused with 'container-not-found', and of one whose state does not allow it with
 * 'not-running', unless a method says otherwise.
 */
export interface ContainerRuntime {
  /** Pins a network (unless host), IPC and UTS namespace and makes the cgroup. Idempotent by id. */
  createSandbox(sandbox: SandboxSpec): Promise<Sandbox>;
  removeSandbox(id: string): Promise<void>;
  /** In no order, those of former instances too. */
  listSandboxes(): Promise<Sandbox[]>;
  /** Snapshot, bundle and conmon: after it the container exists and is not started. One that is there already stays as it is. */
  create(spec: ContainerSpec): Promise<void>;
  /**
   * Idempotent while it runs. Throws `RuntimeError` 'start-failed' for what has ended, and with runc's words, which people know, for what
   * the OCI runtime says.
   */
  start(id: string): Promise<{ pid: number; startedAt: Date }>;
  /** To its first process. Of what is paused only SIGKILL is heard at once, every other signal when it goes on. */
  kill(id: string, signal: string): Promise<void>;
  /** Idempotent, as `unpause` is. Throws 'not-running' for what is not started. */
  pause(id: string): Promise<void>;
  unpause(id: string): Promise<void>;
  /** Kills when it runs; unmounts; deletes bundle, cgroup and, unless it has `keepLayer`, the upper directory. Idempotent. */
  remove(id: string): Promise<void>;
  /** Deletes what a removed container with `keepLayer` left. Idempotent; refused with 'still-here' before `remove`. */
  removeLayer(id: string): Promise<void>;
  /** Every container of this node, adopted ones too, each as it is now: what was answered does not change any more. */
  list(): Promise<Container[]>;
  get(id: string): Promise<Container | undefined>;
  /** What it was made of. */
  specOf(id: string): Promise<ContainerSpec | undefined>;
  /** Resolves when the container has exited (at once if it has), also because it was removed. Rejects with the signal's reason. */
  wait(id: string, signal?: AbortSignal): Promise<ContainerExit>;
  /** Runs a process in the container. stdin ends when its stream ends. */
  exec(id: string, process: ExecSpec, io: ExecIo): Promise<{ exitCode: number }>;
  /**
   * Lasts until the container ends or the signal aborts. Output is what comes from now on; with `from` what its log has from that byte on,
   * of a container that has ended as well.
   */
  attach(id: string, io: ExecIo, from?: number): Promise<void>;
  /** Of its terminal. Without one it does nothing. */
  resize(id: string, size: TerminalSize): Promise<void>;
  /** Limits of a sandbox's cgroup; those that are not given stay. */
  updateSandbox(id: string, resources: CgroupLimits): Promise<void>;
  /** Live limits. What has ended has none, and none to set. */
  update(id: string, resources: ContainerLimits): Promise<void>;
  stats(id: string): Promise<ContainerStats>;
  /** All that the kernel counts of it. */
  usage(id: string): Promise<ContainerUsage>;
  /** Of all that runs in it, as the host counts. */
  processes(id: string): Promise<number[]>;
  /** Of the container's own layer and of the volumes that its image declares; nothing when it is gone. */
  writableUsage(id: string): Promise<DiskUsage>;
  /** Lets the log be written into a new file at its path, after it was renamed. */
  reopenLog(id: string): Promise<void>;
  /** Figures of any cgroup of this node by path, such as a pod's; all zero when it is gone. */
  cgroupStats(cgroupPath: string): Promise<ContainerStats>;
  /** Makes any cgroup of this node by path, with those above it, and sets what is given. Idempotent. */
  limitCgroup(cgroupPath: string, limits: CgroupLimits): Promise<void>;
  /**
   * A TCP socket inside a sandbox's network namespace, not connected, for `net.Socket({ fd })`: reaches what listens on its loopback
   * only. Throws 'container-not-found' for a sandbox that is not there.
   */
  socketInSandbox(id: string): number;
  /** What of a container's settings this machine can bring about. */
  readonly support: KernelSupport;
}

export interface SandboxSpec {
  id: string;
  hostname: string;
  /** From the hierarchy's root, beginning with '/'. The containers' groups lie below it. */
  cgroupPath: string;
  /** The node's own network namespace: there is no `netnsPath` then. */
  hostNetwork: boolean;
  /** Whose name it has; the host's with the host's network, else its own, unless told otherwise. */
  uts?: 'own' | 'host';
  /** Ids of sandboxes whose namespaces it has instead of its own; with `ipc` goes their /dev/shm. They live on with whoever joined them. */
  joins?: { network?: string; ipc?: string };
  /** Kept on disk, for whoever looks for it after a restart. */
  labels: Record<string, string>;
  /** Of the sandbox's namespaces; set before any container begins. */
  sysctls?: Record<string, string>;
  /** Of /dev/shm; 64 MiB unless told otherwise. */
  shmBytes?: number;
  /** Limits of the pod's cgroup. */
  resources?: CgroupLimits;
}

export interface Sandbox {
  id: string;
  labels: Record<string, string>;
  /** Path that can be entered or moved links into; undefined with the host's network. */
  netnsPath: string | undefined;
}

/** All that makes a container, decided: nothing is looked up in the pod any more. */
export interface ContainerSpec {
  id: string;
  sandboxId: string;
  name: string;
  labels: Record<string, string>;
  image: Image;
  /** Whole argument vector; entrypoint and command of the image are already merged in. */
  args: string[];
  env: string[];
  /** '' is the root. */
  cwd: string;
  /** As `USER` in a Dockerfile or `runAsUser`: name, number, `name:group`; resolved against the image's passwd and group files. */
  user: string;
  /** Numbers, or names of the image's group file. */
  supplementalGroups?: (number | string)[];
  /** Only those, none that the image's group file lists for the user. */
  strictGroups?: boolean;
  mounts: Mount[];
  /** Beside those that every container has. */
  devices?: Device[];
  /** Of the cgroup, beside those of `devices`: OCI runtime-spec, "Allowed Device list". */
  deviceRules?: DeviceRule[];
  rlimits?: Rlimit[];
  /** Of its own cgroup, which lies in the sandbox's: the narrower of the two counts. */
  resources: ContainerLimits;
  readonlyRootfs: boolean;
  /** All capabilities that this process has, the host's devices, every system call, and nothing of /proc masked. */
  privileged: boolean;
  capabilities: { add: string[]; drop: string[] };
  /** prctl(2), PR_SET_NO_NEW_PRIVS: no program that it executes gains privileges. */
  noNewPrivileges: boolean;
  seccomp: 'default' | 'unconfined' | { path: string };
  /** Instead of those that every container has (`protected-paths.contract.ts`). */
  maskedPaths?: readonly string[];
  readonlyPaths?: readonly string[];
  /** Its own, the pod's, the host's, or that of a process: the first one of another container. */
  pidNamespace: 'container' | 'sandbox' | 'host' | { ofProcess: number };
  hostIpc?: boolean;
  /** Of its own, whether the hierarchy would have it (cgroup v2) or not. */
  cgroupNamespace?: 'private' | 'host';
  annotations?: Record<string, string>;
  /** Nothing is mounted at /dev/shm. */
  noShm?: boolean;
  /** A terminal, which has one output for both. */
  tty: boolean;
  /** It has an input that can be attached to. */
  stdin: boolean;
  /** Its input ends with the first that was attached. */
  stdinOnce?: boolean;
  /** In the CRI log format (`logs.contract.ts`). */
  logPath: string;
  /** proc_pid_oom_score_adj(5); never below what this process may give. */
  oomScoreAdj?: number;
  stopSignal?: string;
  terminationMessagePath?: string;
  /** What it writes outlives it, and machines that go down: a container made by the same id goes on with it. */
  keepLayer?: boolean;
}

/** What a container finds at `destination`. `source` is a path of the host, and of no meaning for a tmpfs. */
export interface Mount {
  source: string;
  destination: string;
  readonly: boolean;
  /** What is mounted below it is read-only too (mount_setattr(2)); only with `readonly`. */
  recursiveReadonly?: boolean;
  /** What is mounted below the source is not there. */
  nonRecursive?: boolean;
  /** 'private' unless told otherwise (mount_namespaces(7)). */
  propagation?: 'private' | 'rslave' | 'rshared';
  /** 'bind' unless told otherwise. */
  type?: 'bind' | 'tmpfs';
  options?: string[];
}

/** Limits of a cgroup v2, of a container or of a whole sandbox; what is not said is not limited. OCI runtime-spec, "Control groups". */
export interface CgroupLimits {
  /** 1024 a CPU; a weight among its siblings, which counts when there is not enough for all. */
  cpuShares?: number;
  /** Of each period; less than 0 is no limit. */
  cpuQuotaUs?: number;
  /** 100 ms unless told otherwise. */
  cpuPeriodUs?: number;
  memoryLimitBytes?: number;
  /** Processes and threads. */
  pidsLimit?: number;
}

/** Of one container's cgroup. */
export interface ContainerLimits extends CgroupLimits {
  /** Memory and swap together; -1 is no limit. */
  memorySwapBytes?: number;
  /** What it is pressed back to when memory is short. */
  memoryReservationBytes?: number;
  memorySwappiness?: number;
  /** Instead of being killed its processes wait for memory. */
  oomKillDisabled?: boolean;
  /** `0-1,3` */
  cpus?: string;
  memoryNodes?: string;
  cpuRealtimePeriodUs?: number;
  cpuRealtimeRuntimeUs?: number;
  blockIo?: BlockIoLimits;
}

/** Devices by their paths on the node. */
export interface BlockIoLimits {
  /** 10 to 1000. */
  weight?: number;
  weights: { path: string; weight: number }[];
  readBps: DeviceRate[];
  writeBps: DeviceRate[];
  readIops: DeviceRate[];
  writeIops: DeviceRate[];
}

export interface DeviceRate {
  path: string;
  /** A second. */
  rate: number;
}

/** A device node of the node, and where the container finds it. */
export interface Device {
  source: string;
  path: string;
  /** Of `r`, `w` and `m`, which is mknod(2). */
  access: string;
}

/** Which devices a container may use: all of a type, a major or a minor number where none is given. */
export interface DeviceRule {
  type: 'a' | 'b' | 'c';
  major?: number;
  minor?: number;
  access: string;
}

/** getrlimit(2): `nofile`; -1 is unlimited. */
export interface Rlimit {
  name: string;
  soft: number;
  hard: number;
}

export interface KernelSupport {
  cgroupVersion: 1 | 2;
  /** Limits of the kernel's control groups that may be missing. */
  swapLimit: boolean;
  swappiness: boolean;
  oomKillDisable: boolean;
  cpuRealtime: boolean;
  blockIoWeight: boolean;
  blockIoRates: boolean;
  /** Numbers of processors and memory nodes: `0-1`. */
  cpus: string;
  memoryNodes: string;
  /** Capabilities that can be given on. */
  capabilities: readonly string[];
}

/** Numbers as the container counts; `groups` has all of them, the own one too. */
export interface ProcessUser {
  uid: number;
  gid: number;
  groups: number[];
}

export interface Container {
  id: string;
  sandboxId: string;
  name: string;
  labels: Record<string, string>;
  imageId: Digest;
  state: 'created' | 'running' | 'paused' | 'exited';
  /** Of its first process, as the host counts; undefined once that has ended. */
  pid?: number;
  createdAt: Date;
  startedAt?: Date;
  exit?: ContainerExit;
  logPath: string;
  /** As it was asked for; SIGTERM where it was not. */
  stopSignal?: string;
  /** Of its first process. */
  user?: ProcessUser;
}

/**
 * How its first process ended. `exitCode` is 128 and the signal's number where one ended it; `oomKilled`: it failed, and the kernel had
 * killed something in it for want of memory.
 */
export interface ContainerExit {
  exitCode: number;
  finishedAt: Date;
  oomKilled: boolean;
}

/** `env` comes on top of the container's own; `cwd` and `user` are the container's own unless told otherwise. */
export interface ExecSpec {
  args: string[];
  env?: string[];
  cwd?: string;
  user?: string;
  tty: boolean;
  /** With all capabilities that can be given on. */
  privileged?: boolean;
}

export interface TerminalSize {
  columns: number;
  rows: number;
}

export interface ExecIo {
  stdin?: NodeJS.ReadableStream;
  stdout?: NodeJS.WritableStream;
  stderr?: NodeJS.WritableStream;
  /** Terminal sizes as they change. */
  resize?: AsyncIterable<TerminalSize>;
  signal?: AbortSignal;
  /** Of an exec: called once when its process has begun, with its id as the host counts. */
  begun?: (pid: number) => void;
}

/** Of a cgroup, with all below it. Times count from its making; the working set is what is used less the inactive page cache. */
export interface ContainerStats {
  cpuUsageNs: number;
  memoryUsageBytes: number;
  memoryWorkingSetBytes: number;
  memoryRssBytes: number;
  pageFaults: number;
  majorPageFaults: number;
  pids: number;
  oomEvents: number;
}

/** Times count from the container's start. What has no `limit` is not limited. */
export interface ContainerUsage {
  cpu: {
    totalNs: number;
    userNs: number;
    systemNs: number;
    /** Of each processor, where the kernel counts them apart (cgroup v1). */
    perCpuNs?: number[];
    periods: number;
    throttledPeriods: number;
    throttledNs: number;
  };
  memory: { usageBytes: number; maxUsageBytes: number; failures: number; limit?: number; stats: Record<string, number> };
  pids: { current: number; limit?: number };
  io: { bytes: BlockIoFigure[]; operations: BlockIoFigure[] };
  networks: NetworkUsage[];
}

export interface BlockIoFigure {
  major: number;
  minor: number;
  /** `Read`, `Write` … */
  op: string;
  value: number;
}

/** Of one link. */
export interface NetworkUsage {
  name: string;
  received: LinkFigures;
  sent: LinkFigures;
}

export interface LinkFigures {
  bytes: number;
  packets: number;
  errors: number;
  dropped: number;
}
