import type { Pod, Service } from '#api/types';
import type { Clock, Random } from '#base';
import type { Api, EventRecorder, Informer } from '#client/contract';
import type { PodNetwork } from '#network/contract';
import type { ContainerRuntime } from '#runtime/containers.contract';
import type { ImageService } from '#runtime/images.contract';
import type { LogReader } from '#runtime/logs.contract';
import type { Snapshotter } from '#runtime/snapshots.contract';
import type { VolumeMounts } from '#runtime/volumes.contract';
import type { Logger } from '#telemetry';
import type { CsiDrivers } from './csi/csi-drivers.ts';
import type { DownwardFacts } from './environment-plan.ts';
import type { AgentMetrics } from './metrics.ts';
import type { NodeSettings } from './node-settings.ts';
import type { NodeDns } from './pod-files-plan.ts';
import type { Pressure } from './pressure-plan.ts';
import type { ObjectWatches } from './volumes/object-watches.ts';
import type { PodTokens } from './volumes/tokens.ts';
import type { NetworkPolicies } from './workers/network-policies.ts';
import type { StatusWriter } from './workers/status-writer.ts';

/** What every part of an agent works with. */
export interface AgentContext {
  nodeName: string;
  /** The primary one first, then that of the other family. */
  nodeIps: readonly string[];
  rootDir: string;
  cgroupRoot: string;
  dns: NodeDns;
  /** The node's own /etc/hosts, as it was when the agent began. */
  hostHosts: string;
  settings: NodeSettings;
  pressure: () => ReadonlySet<Pressure>;
  /** Of the node, for out-of-memory scores. */
  nodeMemoryBytes: number;
  /** What admission and the downward API count with. */
  nodeAllocatable: DownwardFacts['nodeAllocatable'];
  clock: Clock;
  random: Random;
  logger: Logger;
  api: Api;
  events: EventRecorder;
  images: ImageService;
  runtime: ContainerRuntime;
  network: PodNetwork;
  policies: Pick<NetworkPolicies, 'standing' | 'caughtUp' | 'admit' | 'release'>;
  mounts: VolumeMounts;
  snapshots: Pick<Snapshotter, 'mount' | 'remove'>;
  logs: LogReader;
  services: Pick<Informer<Service>, 'list' | 'synced'>;
  watches: ObjectWatches;
  tokens: PodTokens;
  csi: CsiDrivers;
  /** Where udev names disks by what leads to them: `/dev/disk/by-path`. */
  disksDir: string;
  statuses: StatusWriter;
  metrics: AgentMetrics;
  /** Resolves when every node has taken the pod out of its tables, or after `withinMs`. */
  awaitUnrouted: (pod: Pod, withinMs: number) => Promise<void>;
}
