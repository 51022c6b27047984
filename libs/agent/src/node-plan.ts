import { timestamp } from '#api';
import type { Node, NodeCondition, NodeStatus } from '#api/types';

/** What the node finds on its host. */
export interface HostReport {
  cpus: number;
  memoryBytes: number;
  ephemeralBytes: number;
  machineId: string;
  bootId: string;
  kernelVersion: string;
  osImage: string;
  architecture: string;
  pressure: { memory: boolean; disk: boolean; pid: boolean };
}

export interface NodeFacts {
  name: string;
  ip: string;
  kubeletPort: number;
  version: string;
  runtimeVersion: string;
}

const MAX_PODS = '110';

/** The Node as an agent registers it. */
export function newNode({ name }: NodeFacts, host: HostReport): Node {
  const standard = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': host.architecture };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { ...standard, 'beta.kubernetes.io/os': 'linux', 'beta.kubernetes.io/arch': host.architecture } },
    spec: {},
  };
}

/** Everything of the status that this node says of itself. */
export function nodeStatus(facts: NodeFacts, host: HostReport, { now, previous }: { now: Date; previous?: NodeStatus }): NodeStatus {
  const amounts = {
    cpu: String(host.cpus),
    memory: `${Math.floor(host.memoryBytes / 1024)}Ki`,
    'ephemeral-storage': `${Math.floor(host.ephemeralBytes / 1024)}Ki`,
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    pods: MAX_PODS,
  };
  return {
    capacity: amounts,
    allocatable: amounts,
    addresses: [
      { type: 'InternalIP', address: facts.ip },
      { type: 'Hostname', address: facts.name },
    ],
    conditions: nodeConditions(host, { now, previous }),
    daemonEndpoints: { kubeletEndpoint: { Port: facts.kubeletPort } },
    nodeInfo: {
      machineID: host.machineId,
      systemUUID: host.machineId,
      bootID: host.bootId,
      kernelVersion: host.kernelVersion,
      osImage: host.osImage,
      containerRuntimeVersion: facts.runtimeVersion,
      kubeletVersion: facts.version,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: host.architecture,
    },
  };
}

function nodeConditions({ pressure }: HostReport, { now, previous }: { now: Date; previous?: NodeStatus }): NodeCondition[] {
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
    pressureOf('MemoryPressure', pressure.memory, 'SufficientMemory'),
    pressureOf('DiskPressure', pressure.disk, 'NoDiskPressure'),
    pressureOf('PIDPressure', pressure.pid, 'SufficientPID'),
    { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' },
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
