import type { Pod } from '#api/types';
import { isCritical, nodeLabels, podTotals, qosClassOf, sumUsage, taintKeys, tolerates, type Usage } from '#objects';
import type { DownwardFacts } from './environment-plan.ts';
import type { PodView } from './pod-view.ts';
import { amountOf, type Check, nobodyToPreempt, podsToPreempt } from './preemption-plan.ts';
import { type Pressure } from './pressure-plan.ts';

const MAX_PODS = 110;

/** Sysctls that a pod may set: namespaced, and of no effect on others (Kubernetes, "Safe and Unsafe Sysctls"). */
const SAFE_SYSCTLS = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
]);

/** `status.reason` and `status.message` of the pod that is refused, in the kubelet's words, which people search for. */
export interface Refusal {
  reason: string;
  message: string;
}

/** Neither: the pod may run. */
export interface Admission {
  refusal?: Refusal | undefined;
  /** They make room for it. */
  victims?: readonly Pod[] | undefined;
}

/**
 * The node's last word on a pod that was bound to it. `others`: the pods that have their part of the node already, with what was granted
 * to them. The first reason counts; of a critical pod, one that is about room counts only where nobody can make any. Pure.
 */
export function admit(
  pod: Pod,
  others: readonly Pod[],
  allocatable: DownwardFacts['nodeAllocatable'],
  { pressure = new Set(), unsafeSysctls = [] }: { pressure?: ReadonlySet<Pressure>; unsafeSysctls?: readonly string[] } = {},
): Admission {
  const refusal = admitUnderPressure(pod, pressure) ?? admitOs(pod) ?? admitSysctls(pod, unsafeSysctls) ?? admitAppArmor(pod);
  if (refusal) return { refusal };
  const short = shortages(pod, others, allocatable);
  const [first] = short;
  if (!first) return {};
  if (!isCritical(pod)) return { refusal: outOf(first) };
  const victims = podsToPreempt(pod, others, short);
  return victims ? { victims } : { refusal: nobodyToPreempt(short) };
}

const memoryPressure = { key: taintKeys.memoryPressure, effect: 'NoSchedule' } as const;

/** Kubernetes, "Node-pressure Eviction": short of memory alone, a node takes what has asked for some, and what tolerates that. */
function admitUnderPressure(pod: Pod, pressure: ReadonlySet<Pressure>): Refusal | undefined {
  if (pressure.size === 0 || isCritical(pod)) return undefined;
  const onlyMemory = pressure.size === 1 && pressure.has('MemoryPressure');
  if (onlyMemory && (qosClassOf(pod) !== 'BestEffort' || tolerates(pod.spec.tolerations, memoryPressure))) return undefined;
  return { reason: 'Evicted', message: `The node had condition: [${[...pressure].toSorted().join(' ')}]. ` };
}

function admitOs({ metadata, spec }: Pod): Refusal | undefined {
  const label = metadata.labels?.[nodeLabels.os];
  if (label !== undefined && label !== 'linux') {
    const message = "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label";
    return { reason: 'PodOSSelectorNodeLabelDoesNotMatch', message };
  }
  if (spec.os === undefined || spec.os.name === 'linux') return undefined;
  return { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" };
}

function admitSysctls({ spec }: Pod, unsafe: readonly string[]): Refusal | undefined {
  for (const { name } of spec.securityContext?.sysctls ?? []) {
    const dotted = name.replaceAll('/', '.');
    const refused = (why: string): Refusal => ({ reason: 'SysctlForbidden', message: `forbidden sysctl: "${name}" ${why}` });
    if (!SAFE_SYSCTLS.has(dotted) && !unsafe.some((pattern) => matches(pattern, dotted))) return refused('not allowlisted');
    if (spec.hostNetwork && dotted.startsWith('net.')) return refused('not allowed with host net enabled');
    if (spec.hostIPC && isOfIpc(dotted)) return refused('not allowed with host ipc enabled');
  }
  return undefined;
}

/** `kernel.shm*` stands for all that begin so; written with slashes or dots. */
function matches(pattern: string, name: string): boolean {
  const dotted = pattern.replaceAll('/', '.');
  return dotted.endsWith('*') ? name.startsWith(dotted.slice(0, -1)) : name === dotted;
}

/** ipc_namespaces(7). */
const isOfIpc = (name: string): boolean => /^(kernel\.(shm|msg)|fs\.mqueue\.)/.test(name) || name === 'kernel.sem';

/** Profiles are not enforced here, and a pod that asks for one must not run without it. */
function admitAppArmor({ spec }: Pod): Refusal | undefined {
  const contexts = [spec, ...(spec.initContainers ?? []), ...spec.containers].map(({ securityContext }) => securityContext);
  const asked = contexts.some((context) => (context?.appArmorProfile?.type ?? 'Unconfined') !== 'Unconfined');
  return asked ? { reason: 'AppArmor', message: 'Cannot enforce AppArmor: AppArmor is not enabled on the host' } : undefined;
}

/** Whether a pod that runs may grow (or shrink) to what it asks for: never, not now, or (undefined) now. */
export function refuseResize(pod: Pod, others: readonly Pod[], allocatable: DownwardFacts['nodeAllocatable']): PodView['resize'] {
  const never = admitResources(pod, [], allocatable);
  if (never) return { reason: 'Infeasible', message: never.message.replace('enough resource', 'enough capacity').replace(' used: 0,', '') };
  const now = admitResources(pod, others, allocatable);
  return now && { reason: 'Deferred', message: now.message };
}

/** Two schedulers, or a cache behind its time, may have given away more than there is. */
function admitResources(pod: Pod, others: readonly Pod[], allocatable: DownwardFacts['nodeAllocatable']): Refusal | undefined {
  const [first] = shortages(pod, others, allocatable);
  return first && outOf(first);
}

/** All that there is not enough of; the first is told. */
function shortages(pod: Pod, others: readonly Pod[], allocatable: DownwardFacts['nodeAllocatable']): Check[] {
  const requests = podTotals(pod.spec, 'requests');
  const taken: Usage = new Map();
  for (const other of others) sumUsage(taken, podTotals(other.spec, 'requests'));
  const check = (name: string, capacity: number): Check => ({
    name,
    requested: amountOf(requests, name),
    used: amountOf(taken, name),
    capacity,
  });
  const checks = [
    check('cpu', allocatable.cpuMillis),
    check('memory', allocatable.memoryBytes),
    check('ephemeral-storage', allocatable.ephemeralBytes),
    // The node has none.
    ...[...requests.keys()].filter((name) => name.startsWith('hugepages-')).map((name) => check(name, 0)),
    { name: 'pods', requested: 1, used: others.length, capacity: MAX_PODS },
  ];
  return checks.filter(({ requested, used, capacity }) => requested > 0 && used + requested > capacity);
}

const outOf = ({ name, requested, used, capacity }: Check): Refusal => ({
  reason: `OutOf${name}`,
  message: `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
});
