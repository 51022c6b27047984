import { quantityToNumber } from '#api';
import type { Container, Pod } from '#api/types';
import type { Amounts, PodInfo } from '../contract.ts';

/** Upstream's `schedutil.DefaultMilliCPURequest` and `DefaultMemoryRequest`: what scoring assumes of a container that requests nothing. */
const assumedCpuMillis = 100;
const assumedMemoryBytes = 200 * 1024 * 1024;

export function podInfo(pod: Pod): PodInfo {
  const { namespace = '', name = '', uid = '', labels = {}, ownerReferences = [] } = pod.metadata;
  return {
    pod,
    key: `${namespace}/${name}`,
    uid,
    namespace,
    labels,
    priority: pod.spec?.priority ?? 0,
    requests: podRequests(pod, { assume: false }),
    scoringRequests: podRequests(pod, { assume: true }),
    hostPorts: hostPortsOf(pod),
    controllerUid: ownerReferences.find((owner) => owner.controller)?.uid,
  };
}

function hostPortsOf(pod: Pod): PodInfo['hostPorts'] {
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? []).filter(isSidecar)];
  return containers.flatMap((container) =>
    (container.ports ?? [])
      .filter((port) => (port.hostPort ?? 0) > 0)
      .map((port) => ({ ip: port.hostIP || '0.0.0.0', protocol: port.protocol ?? 'TCP', port: port.hostPort! })),
  );
}

function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

/**
 * Containers and sidecars run together; an init container runs with the sidecars that were started before it. KEP-753 "Resources
 * calculation for scheduling and pod admission".
 */
function podRequests(pod: Pod, { assume }: { assume: boolean }): Amounts {
  const running = new Sum();
  for (const container of pod.spec?.containers ?? []) running.add(containerRequests(container, assume));
  const sidecars = new Sum();
  const peak = new Sum();
  for (const container of pod.spec?.initContainers ?? []) {
    const requests = containerRequests(container, assume);
    if (isSidecar(container)) {
      sidecars.add(requests);
      running.add(requests);
      peak.atLeast(sidecars);
    } else {
      const together = new Sum();
      together.add(sidecars);
      together.add(requests);
      peak.atLeast(together);
    }
  }
  running.atLeast(peak);
  if (pod.spec?.resources?.requests) running.replace(amountsOf(pod.spec.resources.requests), pod.spec.resources.requests);
  if (pod.spec?.overhead) running.add(amountsOf(pod.spec.overhead));
  return running;
}

function containerRequests(container: Container, assume: boolean): Amounts {
  const requests = container.resources?.requests ?? {};
  const amounts = amountsOf(requests);
  if (!assume) return amounts;
  return {
    ...amounts,
    cpuMillis: requests.cpu === undefined ? assumedCpuMillis : amounts.cpuMillis,
    memoryBytes: requests.memory === undefined ? assumedMemoryBytes : amounts.memoryBytes,
  };
}

/** Reads a resource list such as `{ cpu: '100m', memory: '64Mi' }`. */
export function amountsOf(list: Readonly<Record<string, string>>): Amounts {
  const sum = new Sum();
  for (const [name, quantity] of Object.entries(list)) {
    const value = quantityToNumber(quantity);
    if (name === 'cpu') sum.cpuMillis = Math.ceil(value * 1000 - 1e-6);
    else if (name === 'memory') sum.memoryBytes = value;
    else if (name === 'ephemeral-storage') sum.ephemeralBytes = value;
    else if (name !== 'pods') sum.others.set(name, value);
  }
  return sum;
}

/** Amounts that are added up in place. */
export class Sum implements Amounts {
  cpuMillis = 0;
  memoryBytes = 0;
  ephemeralBytes = 0;
  readonly others = new Map<string, number>();

  add(more: Amounts, sign: 1 | -1 = 1): void {
    this.cpuMillis += sign * more.cpuMillis;
    this.memoryBytes += sign * more.memoryBytes;
    this.ephemeralBytes += sign * more.ephemeralBytes;
    for (const [name, value] of more.others) this.others.set(name, (this.others.get(name) ?? 0) + sign * value);
  }

  /** KEP-2837: what the pod asks for as a whole stands for the sum of its containers, resource by resource. */
  replace(whole: Amounts, named: Readonly<Record<string, string>>): void {
    if (named.cpu !== undefined) this.cpuMillis = whole.cpuMillis;
    if (named.memory !== undefined) this.memoryBytes = whole.memoryBytes;
    for (const [name, value] of whole.others) this.others.set(name, value);
  }

  atLeast(other: Amounts): void {
    this.cpuMillis = Math.max(this.cpuMillis, other.cpuMillis);
    this.memoryBytes = Math.max(this.memoryBytes, other.memoryBytes);
    this.ephemeralBytes = Math.max(this.ephemeralBytes, other.ephemeralBytes);
    for (const [name, value] of other.others) this.others.set(name, Math.max(this.others.get(name) ?? 0, value));
  }
}
