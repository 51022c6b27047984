import { quantityMilliValue, quantityValue } from '#api';
import type { Container, Pod, ResourceRequirements } from '#api/types';
import type { Resources } from '#runtime/contract';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/** Kubernetes, "Pod Quality of Service Classes": cpu and memory only, all containers, init ones too. */
export function qosClass(pod: Pod): QosClass {
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  const values = containers.flatMap(({ resources }) =>
    (['cpu', 'memory'] as const).map((name) => {
      const limit = amount(resources?.limits?.[name]);
      return { request: amount(resources?.requests?.[name]) || limit, limit };
    }),
  );
  if (values.every(({ request, limit }) => request === 0 && limit === 0)) return 'BestEffort';
  return values.every(({ request, limit }) => limit > 0 && request === limit) ? 'Guaranteed' : 'Burstable';
}

const amount = (text: string | undefined): number => (text ? quantityMilliValue(text) : 0);

/** The pod's cgroup below the node's: as the kubelet's cgroupfs driver names them. */
export function podCgroupPath(root: string, pod: Pod): string {
  const qos = qosClass(pod);
  return `${root}/kubepods${qos === 'Guaranteed' ? '' : `/${qos.toLowerCase()}`}/pod${pod.metadata.uid}`;
}

const CPU_PERIOD_US = 100_000;
const MIN_SHARES = 2;
const MIN_QUOTA_US = 1000;

/** 1024 shares a CPU; never below the kernel's least. */
export const cpuShares = (milli: number): number =>
  milli <= 0 ? MIN_SHARES : Math.min(262_144, Math.max(MIN_SHARES, Math.floor((milli * 1024) / 1000)));
const cpuQuotaUs = (milli: number): number => Math.max(MIN_QUOTA_US, Math.floor((milli * CPU_PERIOD_US) / 1000));

export function containerResources(resources: ResourceRequirements | undefined): Resources {
  const cpuLimit = amount(resources?.limits?.['cpu']);
  const cpuRequest = amount(resources?.requests?.['cpu']) || cpuLimit;
  const memory = resources?.limits?.['memory'];
  return {
    cpuShares: cpuShares(cpuRequest),
    ...(cpuLimit > 0 && { cpuQuotaUs: cpuQuotaUs(cpuLimit), cpuPeriodUs: CPU_PERIOD_US }),
    ...(memory && quantityValue(memory) > 0 && { memoryLimitBytes: quantityValue(memory) }),
  };
}

/** Limits of the pod as a whole: of the sum of its containers or the largest init container, where every container has one. */
export function podResources(pod: Pod): Resources {
  const total = (kind: 'requests' | 'limits', name: string): number => podTotal(pod, kind, name);
  const everyHas = (name: string): boolean =>
    [...(pod.spec.initContainers ?? []), ...pod.spec.containers].every((c) => amount(c.resources?.limits?.[name]) > 0);
  const requests = total('requests', 'cpu') || (everyHas('cpu') ? total('limits', 'cpu') : 0);
  return {
    cpuShares: cpuShares(requests),
    ...(everyHas('cpu') && { cpuQuotaUs: cpuQuotaUs(total('limits', 'cpu')), cpuPeriodUs: CPU_PERIOD_US }),
    ...(everyHas('memory') && { memoryLimitBytes: Math.ceil(total('limits', 'memory') / 1000) }),
  };
}

/** In thousandths. Sidecars count with the main containers and with every init container after them (KEP-753). */
export function podTotal(pod: Pod, kind: 'requests' | 'limits', name: string): number {
  const of = (c: Container): number =>
    amount(c.resources?.[kind]?.[name]) || (kind === 'requests' ? amount(c.resources?.limits?.[name]) : 0);
  let sidecars = 0;
  let largestInit = 0;
  for (const c of pod.spec.initContainers ?? []) {
    if (c.restartPolicy === 'Always') sidecars += of(c);
    largestInit = Math.max(largestInit, sidecars + (c.restartPolicy === 'Always' ? 0 : of(c)));
  }
  const main = pod.spec.containers.reduce((sum, c) => sum + of(c), sidecars);
  return Math.max(main, largestInit) + amount(pod.spec.overhead?.[name]);
}

/** Kubernetes, "Node out of memory behavior". */
export function oomScoreAdj(pod: Pod, container: { resources?: ResourceRequirements }, nodeMemoryBytes: number): number {
  switch (qosClass(pod)) {
    case 'Guaranteed':
      return -997;
    case 'BestEffort':
      return 1000;
    default: {
      const request = container.resources?.requests?.['memory'] ?? container.resources?.limits?.['memory'];
      const score = 1000 - Math.floor((1000 * (request ? quantityValue(request) : 0)) / nodeMemoryBytes);
      return Math.max(3, Math.min(999, score));
    }
  }
}
