import { lookUp } from '#base';
import { type Quantity, quantityMilliValue, quantityValue } from '#api';
import type { Pod, ResourceRequirements } from '#api/types';
import { containerTotals, isSidecar, isTerminal, podTotals, qosClassOf } from '#objects';
import type { CgroupLimits } from '#runtime/containers.contract';
import type { Amounts } from './node-settings.ts';

const amount = (text: string | undefined): number => (text ? quantityMilliValue(text) : 0);

/** The cgroup of all pods of a node: as the kubelet's cgroupfs driver names it. */
export const podsCgroupPath = (root: string): string => `${root}/kubepods`;

/** The pod's own, below that. */
export function podCgroupPath(root: string, pod: Pod): string {
  const qos = qosClassOf(pod);
  return `${podsCgroupPath(root)}${qos === 'Guaranteed' ? '' : `/${qos.toLowerCase()}`}/pod${pod.metadata.uid}`;
}

const CPU_PERIOD_US = 100_000;
const MIN_SHARES = 2;
/** The kernel refuses a quota of less than a millisecond. */
const MIN_QUOTA_US = 1000;

/** 1024 shares a CPU; never below the kernel's least. */
export const cpuShares = (milli: number): number =>
  milli <= 0 ? MIN_SHARES : Math.min(262_144, Math.max(MIN_SHARES, Math.floor((milli * 1024) / 1000)));
const cpuQuotaUs = (milli: number): number => Math.max(MIN_QUOTA_US, Math.floor((milli * CPU_PERIOD_US) / 1000));

/** Of all pods together: no quota of the processors, since what nobody wants is for who wants it. */
export type PodCgroupLimits = Required<Pick<CgroupLimits, 'cpuShares' | 'memoryLimitBytes' | 'pidsLimit'>>;

export function podsLimits({ cpuMillis, memoryBytes, pids }: Amounts): PodCgroupLimits {
  return { cpuShares: cpuShares(cpuMillis), memoryLimitBytes: memoryBytes, pidsLimit: pids };
}

/** By the groups of the classes: Burstable pods have what they request together, BestEffort ones what is left (KEP-126). */
export function qosShares(pods: readonly Pod[]): Readonly<Record<'burstable' | 'besteffort', number>> {
  const burstable = pods.filter((pod) => !isTerminal(pod) && qosClassOf(pod) === 'Burstable');
  const millis = burstable.reduce((sum, { spec }) => sum + milliValue(podTotals(spec, 'requests').get('cpu')), 0);
  return { burstable: cpuShares(millis), besteffort: MIN_SHARES };
}

/** `ofPod`: what the pod has as a whole; a container without a limit of its own may use all of that (KEP-2837). */
export function containerResources(resources: ResourceRequirements | undefined, ofPod?: ResourceRequirements): CgroupLimits {
  const ownCpuLimit = amount(resources?.limits?.['cpu']);
  const cpuLimit = ownCpuLimit || amount(ofPod?.limits?.['cpu']);
  const cpuRequest = amount(resources?.requests?.['cpu']) || ownCpuLimit;
  const memory = resources?.limits?.['memory'] ?? ofPod?.limits?.['memory'];
  return {
    cpuShares: cpuShares(cpuRequest),
    ...(cpuLimit > 0 && { cpuQuotaUs: cpuQuotaUs(cpuLimit), cpuPeriodUs: CPU_PERIOD_US }),
    ...(memory && quantityValue(memory) > 0 && { memoryLimitBytes: quantityValue(memory) }),
  };
}

/** Limits of the pod as a whole hold where the pod has one (KEP-2837), or each of its containers. */
export function podResources(pod: Pod): CgroupLimits {
  const [requests, limits] = [podTotals(pod.spec, 'requests'), podTotals(pod.spec, 'limits')];
  const limitOf = (name: string): Quantity | undefined => {
    const everyHas =
      amount(lookUp(pod.spec.resources?.limits, name)) > 0 ||
      [...(pod.spec.initContainers ?? []), ...pod.spec.containers].every((c) => amount(lookUp(c.resources?.limits, name)) > 0);
    return everyHas ? limits.get(name) : undefined;
  };
  const [cpu, memory] = [limitOf('cpu'), limitOf('memory')];
  return {
    cpuShares: cpuShares(milliValue(requests.get('cpu')) || milliValue(cpu)),
    ...(cpu && { cpuQuotaUs: cpuQuotaUs(milliValue(cpu)), cpuPeriodUs: CPU_PERIOD_US }),
    ...(memory && { memoryLimitBytes: quantityValue(memory) }),
  };
}

const milliValue = (quantity: Quantity | undefined): number => (quantity ? quantityMilliValue(quantity) : 0);

/** Kubernetes, "Node out of memory behavior". */
export function oomScoreAdj(pod: Pod, container: Sized, nodeMemoryBytes: number): number {
  switch (qosClassOf(pod)) {
    case 'Guaranteed':
      return -997;
    case 'BestEffort':
      return 1000;
    default: {
      const bytes = Math.max(memoryRequest(container), isSidecarOf(pod, container) ? leastOfMain(pod) : 0) + shareOfPodMemory(pod);
      const score = 1000 - Math.floor((1000 * bytes) / nodeMemoryBytes);
      return Math.max(3, Math.min(999, score));
    }
  }
}

interface Sized {
  name: string;
  resources?: ResourceRequirements;
}

function memoryRequest({ resources }: Sized): number {
  const request = resources?.requests?.['memory'] ?? resources?.limits?.['memory'];
  return request ? quantityValue(request) : 0;
}

const isSidecarOf = ({ spec }: Pod, { name }: Sized): boolean => (spec.initContainers ?? []).some((c) => c.name === name && isSidecar(c));

/** KEP-753: a sidecar is not killed before any of those that it serves. */
const leastOfMain = ({ spec }: Pod): number => Math.min(...spec.containers.map(memoryRequest));

/** KEP-2837, "OOM score adjustment": what the pod requests beyond its containers belongs to them in equal parts. */
function shareOfPodMemory(pod: Pod): number {
  const own = pod.spec.resources?.requests?.['memory'];
  if (!own) return 0;
  const sharers = pod.spec.containers.length + (pod.spec.initContainers ?? []).length;
  const ofContainers = containerTotals(pod.spec, 'requests').get('memory') ?? '0';
  return Math.max(0, Math.floor((quantityValue(own) - quantityValue(ofContainers)) / sharers));
}
