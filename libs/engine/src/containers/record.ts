import type { Digest } from '#base';
import type { PortMap } from '../networks/ports.ts';
import type { Config, EndpointSettings, HostConfig } from './settings.ts';

/** What is known of a container for as long as it is there; on disk before anybody hears of it. */
export interface ContainerRecord {
  /** 64 hexadecimal digits. */
  id: string;
  /** Without the slash that the API shows it with. */
  name: string;
  created: string;
  imageId: Digest;
  config: Config;
  hostConfig: HostConfig;
  /** By the name of the network. */
  endpoints: Record<string, EndpointConfig>;
  /** Where its ports are published, while it runs. */
  published?: PortMap;
  /** Program and arguments, of entrypoint and command. */
  path: string;
  args: string[];
  mounts: MountPoint[];
  state: SavedState;
  /** It is a pod's, not the engine's: shown here, and changed by the cluster alone. Never on disk. */
  pod?: PodMark;
}

/** What was asked for in one network. */
export type EndpointConfig = Partial<EndpointSettings> & { NetworkID?: string };

export interface PodMark {
  /** `namespace/name` */
  name: string;
  phase: 'created' | 'running' | 'paused' | 'exited';
  pid: number;
  logPath: string;
}

/** As `inspect` shows it. */
export interface MountPoint {
  Type: 'bind' | 'volume' | 'tmpfs';
  /** Of a volume. */
  Name?: string;
  Source: string;
  Destination: string;
  Driver?: string;
  Mode: string;
  RW: boolean;
  Propagation: string;
  /** A volume that was made for this container alone, and goes with it. */
  anonymous?: boolean;
  /** Without what is mounted below it. */
  nonRecursive?: boolean;
  /** What is mounted below it is read-only too. */
  recursiveReadonly?: boolean;
  /** Not filled from the image. */
  noCopy?: boolean;
  /** Of a tmpfs. */
  options?: string[];
}

export interface SavedState {
  /** `running`: it was started, and nobody has seen it end. */
  status: 'created' | 'running' | 'exited';
  startedAt: string;
  finishedAt: string;
  exitCode: number;
  error: string;
  oomKilled: boolean;
  /** By its restart policy. */
  restartCount: number;
  /** Somebody asked it to stop: the restart policy leaves it alone. */
  stopped: boolean;
  /** Of one that is checked, once it was started. */
  health?: Health;
  /** Where this run's output begins in the log. */
  logOffset: number;
}

export type HealthStatus = 'starting' | 'healthy' | 'unhealthy';

/** As `inspect` shows it. */
export interface Health {
  Status: HealthStatus;
  FailingStreak: number;
  /** The last ones. */
  Log: HealthResult[];
}

export interface HealthResult {
  Start: string;
  End: string;
  /** 0 is healthy; -1: the check could not be run, or took too long. */
  ExitCode: number;
  Output: string;
}

/** Go's zero time, which clients know as never. */
export const NEVER = '0001-01-01T00:00:00Z';

export const bornState = (): SavedState => ({
  status: 'created',
  startedAt: NEVER,
  finishedAt: NEVER,
  exitCode: 0,
  error: '',
  oomKilled: false,
  restartCount: 0,
  stopped: false,
  logOffset: 0,
});

/** Bytes of what it wrote, and of all that it sees. */
export interface ContainerSizes {
  SizeRw: number;
  SizeRootFs: number;
}
