import { timestamp } from '#api';
import type { ContainerImage, Node, NodeCondition, NodeStatus } from '#api/types';
import { localStorage, nodeLabels, oldNodeLabels } from '#objects';
import type { Image } from '#runtime/images.contract';
import type { Amounts, NodeSettings } from './node-settings.ts';
import { type Pressure, thresholdAmount } from './pressure-plan.ts';
import { runtimeHandlers } from './runtime-handlers.ts';

/** What the node finds on its host. */
export interface HostReport {
  cpus: number;
  memoryBytes: number;
  ephemeralBytes: number;
  /** Processes and threads that there can be. */
  pids: number;
  machineId: string;
  bootId: string;
  kernelVersion: string;
  osImage: string;
  architecture: string;
}

export interface NodeFacts {
  name: string;
  ips: readonly string[];
  kubeletPort: number;
  version: string;
  runtimeVersion: string;
  /** Where the built-in storage has its directories. */
  localVolumesDir: string;
}

/** The kubelet's default of `maxPods`. */
const MAX_PODS = '110';
/** `nodeStatusMaxImages`, and how many names of each are listed. */
const MAX_IMAGES = 50;
const MAX_NAMES = 5;

/** What changes from one look to the next, beside the host itself. */
export interface NodeNow {
  now: Date;
  previous?: NodeStatus;
  pressure: ReadonlySet<Pressure>;
  shuttingDown?: boolean;
  images: readonly Pick<Image, 'names' | 'repoDigests' | 'sizeBytes'>[];
  /** Of drivers that attach them: nobody detaches these under the node. */
  volumesInUse: readonly string[];
}

/** The Node as an agent registers it. */
export function newNode({ name, localVolumesDir }: NodeFacts, host: HostReport): Node {
  const standard = new Map<string, string>([
    [nodeLabels.hostname, name],
    [nodeLabels.os, 'linux'],
    [nodeLabels.arch, host.architecture],
  ]);
  const formerly = Object.entries(oldNodeLabels).flatMap(([old, label]) =>
    standard.has(label) ? [[old, standard.get(label)!] as const] : [],
  );
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: Object.fromEntries([...standard, ...formerly]),
      annotations: { [localStorage.pathAnnotation]: localVolumesDir },
    },
    spec: {},
  };
}

/** Everything of the status that this node says of itself. */
export function nodeStatus(facts: NodeFacts, host: HostReport, seen: NodeNow & { settings: AllocatableSettings }): NodeStatus {
  const whole = capacityOf(host, seen.settings);
  const { cpuMillis, memoryBytes, ephemeralBytes } = allocatableOf(host, seen.settings);
  const capacity = {
    cpu: cpuText(whole.cpuMillis),
    memory: `${Math.floor(whole.memoryBytes / 1024)}Ki`,
    'ephemeral-storage': `${Math.floor(whole.ephemeralBytes / 1024)}Ki`,
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    pods: MAX_PODS,
  };
  return {
    capacity,
    allocatable: {
      ...capacity,
      cpu: cpuText(cpuMillis),
      memory: `${Math.floor(memoryBytes / 1024)}Ki`,
      'ephemeral-storage': String(ephemeralBytes),
    },
    addresses: [...facts.ips.map((address) => ({ type: 'InternalIP', address })), { type: 'Hostname', address: facts.name }],
    conditions: nodeConditions(seen),
    daemonEndpoints: { kubeletEndpoint: { Port: facts.kubeletPort } },
    nodeInfo: {
      machineID: host.machineId,
      systemUUID: host.machineId,
      bootID: host.bootId,
      kernelVersion: host.kernelVersion,
      osImage: host.osImage,
      containerRuntimeVersion: facts.runtimeVersion,
      kubeletVersion: facts.version,
      // Deprecated (KEP-4004), and no kube-proxy runs here.
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: host.architecture,
    },
    images: imagesOf(seen.images),
    volumesInUse: [...seen.volumesInUse],
    runtimeHandlers: runtimeHandlers.map((name) => ({
      name,
      features: { recursiveReadOnlyMounts: hasMountSetattr(host.kernelVersion), userNamespaces: false },
    })),
    features: { supplementalGroupsPolicy: true },
  };
}

const cpuText = (millis: number): string => (millis % 1000 === 0 ? String(millis / 1000) : `${millis}m`);

export type AllocatableSettings = Pick<NodeSettings, 'machineShare' | 'reserved' | 'evictionHard'>;
export type Machine = Pick<HostReport, 'cpus' | 'memoryBytes' | 'ephemeralBytes' | 'pids'>;

/** What of the machine is the node's. */
export function capacityOf(machine: Machine, { machineShare }: Pick<NodeSettings, 'machineShare'>): Amounts {
  const part = (whole: number): number => Math.floor(whole * machineShare);
  return {
    cpuMillis: part(machine.cpus * 1000),
    memoryBytes: part(machine.memoryBytes),
    ephemeralBytes: part(machine.ephemeralBytes),
    pids: part(machine.pids),
  };
}

/** What all pods together can have at most: capacity, less what is reserved. */
export function enforcedOf(machine: Machine, settings: Pick<NodeSettings, 'machineShare' | 'reserved'>): Amounts {
  const capacity = capacityOf(machine, settings);
  const left = (name: keyof Amounts): number => Math.max(0, capacity[name] - settings.reserved[name]);
  return { cpuMillis: left('cpuMillis'), memoryBytes: left('memoryBytes'), ephemeralBytes: left('ephemeralBytes'), pids: left('pids') };
}

/** Kubernetes, "Node Allocatable": capacity, less what is reserved, less what may not be used up. */
export function allocatableOf(machine: Machine, settings: AllocatableSettings): Amounts {
  const capacity = capacityOf(machine, settings);
  const enforced = enforcedOf(machine, settings);
  const kept = (signal: 'memory.available' | 'nodefs.available', of: number): number => {
    const threshold = settings.evictionHard.find((each) => each.signal === signal);
    return threshold ? thresholdAmount(threshold, of) : 0;
  };
  return {
    ...enforced,
    memoryBytes: Math.max(0, enforced.memoryBytes - kept('memory.available', capacity.memoryBytes)),
    ephemeralBytes: Math.max(0, enforced.ephemeralBytes - kept('nodefs.available', capacity.ephemeralBytes)),
  };
}

/** mount_setattr(2) came with Linux 5.12; without it nothing is read-only all the way down (KEP-3857). */
function hasMountSetattr(kernelVersion: string): boolean {
  const [major = 0, minor = 0] = kernelVersion.split('.').map((part) => Number.parseInt(part, 10));
  return major > 5 || (major === 5 && minor >= 12);
}

/** The largest, since those are worth scheduling by. */
function imagesOf(images: NodeNow['images']): ContainerImage[] {
  return images
    .map(({ names, repoDigests, sizeBytes }) => ({ names: [...repoDigests, ...names].slice(0, MAX_NAMES), sizeBytes }))
    .filter(({ names }) => names.length > 0)
    .toSorted((a, b) => b.sizeBytes - a.sizeBytes || (a.names[0]! < b.names[0]! ? -1 : 1))
    .slice(0, MAX_IMAGES);
}

function nodeConditions({ pressure, shuttingDown, now, previous }: NodeNow): NodeCondition[] {
  const pressureOf = (type: string, under: boolean, what: string): Omit<NodeCondition, 'lastHeartbeatTime'> =>
    under
      ? {
          type,
          status: 'True',
          reason: `KubeletHas${what.replace('Sufficient', 'Insufficient').replace('No', '')}`,
          message: `kubelet has ${words(what, true)}`,
        }
      : { type, status: 'False', reason: `KubeletHas${what}`, message: `kubelet has ${words(what, false)}` };
  const conditions = [
    pressureOf('MemoryPressure', pressure.has('MemoryPressure'), 'SufficientMemory'),
    pressureOf('DiskPressure', pressure.has('DiskPressure'), 'NoDiskPressure'),
    pressureOf('PIDPressure', pressure.has('PIDPressure'), 'SufficientPID'),
    shuttingDown
      ? { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: 'node is shutting down' }
      : { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' },
  ];
  return conditions.map((condition) => {
    const before = previous?.conditions?.find((c) => c.type === condition.type);
    const same = before?.status === condition.status && before.lastTransitionTime;
    return { ...condition, lastHeartbeatTime: timestamp(now), lastTransitionTime: same ? before.lastTransitionTime : timestamp(now) };
  });
}

function words(what: string, under: boolean): string {
  if (what === 'SufficientMemory') return under ? 'insufficient memory available' : 'sufficient memory available';
  if (what === 'NoDiskPressure') return under ? 'disk pressure' : 'no disk pressure';
  return under ? 'insufficient PID available' : 'sufficient PID available';
}
