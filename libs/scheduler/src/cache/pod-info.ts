import { type Quantity, quantityMilliValue, quantityToNumber } from '#api';
import type { Pod } from '#api/types';
import { podTotals, runningContainers } from '#objects';
import type { Amounts, PodInfo } from '../contract.ts';

/** Upstream's `schedutil.DefaultMilliCPURequest` and `DefaultMemoryRequest`: what scoring assumes of a container that requests nothing. */
const assumed = { cpu: '100m', memory: '200Mi' };

/** What plugins ask of a pod, counted once: a cycle looks at every pod of every node. */
export function podInfo(pod: Pod): PodInfo {
  const { namespace = '', name = '', uid = '', labels = {}, ownerReferences = [] } = pod.metadata;
  return {
    pod,
    key: `${namespace}/${name}`,
    uid,
    namespace,
    labels,
    priority: pod.spec?.priority ?? 0,
    requests: amountsOf(podTotals(pod.spec, 'requests')),
    scoringRequests: amountsOf(podTotals(pod.spec, 'requests', assumed)),
    hostPorts: hostPortsOf(pod),
    controllerUid: ownerReferences.find((owner) => owner.controller)?.uid,
  };
}

function hostPortsOf(pod: Pod): PodInfo['hostPorts'] {
  return runningContainers(pod.spec).flatMap((container) =>
    (container.ports ?? [])
      .filter((port) => (port.hostPort ?? 0) > 0)
      .map((port) => ({ ip: port.hostIP || '0.0.0.0', protocol: port.protocol ?? 'TCP', port: port.hostPort! })),
  );
}

/** Reads amounts by name, such as `[['cpu', '100m'], ['memory', '64Mi']]`. */
export function amountsOf(list: Iterable<readonly [string, Quantity | string]>): Amounts {
  const sum = new Sum();
  for (const [name, quantity] of list) {
    const value = quantityToNumber(quantity);
    if (name === 'cpu') sum.cpuMillis = quantityMilliValue(quantity);
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
}
