import type { ShutdownGroup } from './shutdown-plan.ts';
import { ApiError, quantityMilliValue, quantityValue } from '#api';

/** How an agent runs its node: the kubelet's settings of these names, with the kubelet's defaults where it has one. */
export interface NodeSettings {
  /** `staticPodPath` (a folder, or one file; '': none) and `fileCheckFrequency`. */
  staticPods: { path: string; checkMs: number };
  /** `allowedUnsafeSysctls`: names, or beginnings with `*`. */
  unsafeSysctls: readonly string[];
  /** `enableSystemLogQuery`: `/logs/` of the node's port takes queries. */
  systemLogQuery: boolean;
  /** In what order and time pods end with their node; none: as long as who ends it says. */
  shutdown: readonly ShutdownGroup[];
  /** `podPidsLimit`: processes and threads of one pod; a fork bomb ends there. 0: no limit. */
  podMaxPids: number;
  /** `containerLogMaxSize` and `containerLogMaxFiles`. */
  logs: { maxBytes: number; maxFiles: number };
  /** What of the machine is this node's, from above 0 to 1: several nodes of one machine divide it. */
  machineShare: number;
  /** `systemReserved` and `kubeReserved` together: capacity that pods do not get. */
  reserved: Amounts;
  evictionHard: readonly Threshold[];
  /** What may be short for `graceMs` each before pods go. */
  evictionSoft: readonly SoftThreshold[];
  /** `evictionMinimumReclaim`: how far beyond a threshold a shortage has to be mended before it is over. */
  minimumReclaim: ReadonlyMap<Signal, Amount>;
  /** `evictionMaxPodGracePeriod`: what pods get at most to end when a soft threshold is crossed. */
  maxPodGraceMs: number;
  /** `evictionPressureTransitionPeriod`: how long a condition stays after the shortage is over. */
  pressureTransitionMs: number;
  /** `imageGCHighThresholdPercent`, `imageGCLowThresholdPercent`, `imageMinimumGCAge`, `imageMaximumGCAge` (0: no maximum). */
  imageGc: { highPercent: number; lowPercent: number; minimumAgeMs: number; maximumAgeMs: number };
  /** metrics-server's `--metric-resolution`: how often what pods use is told to the control plane. */
  metricResolutionMs: number;
}

/** Of each resource that a node can reserve: thousandths of a CPU, bytes, and process ids. */
export interface Amounts {
  cpuMillis: number;
  memoryBytes: number;
  ephemeralBytes: number;
  pids: number;
}

/** Kubernetes, "Node-pressure Eviction", eviction signals: those that thresholds may be set for. */
export const signals = [
  'memory.available',
  'nodefs.available',
  'nodefs.inodesFree',
  'imagefs.available',
  'imagefs.inodesFree',
  'pid.available',
] as const;
export type Signal = (typeof signals)[number];

/** In the signal's own unit, or as a part of what there is. */
export type Amount = { amount: number } | { share: number };

/** Less than this of a signal is a shortage. */
export interface Threshold {
  signal: Signal;
  value: Amount;
}

export interface SoftThreshold extends Threshold {
  graceMs: number;
}

/** Kubernetes, "Node-pressure Eviction", hard eviction thresholds; and one for process ids, where the kubelet leaves that to its administrator. */
const EVICTION_HARD =
  'memory.available<100Mi,nodefs.available<10%,nodefs.inodesFree<5%,imagefs.available<15%,imagefs.inodesFree<5%,pid.available<5%';

export const defaultNodeSettings: NodeSettings = {
  unsafeSysctls: [],
  systemLogQuery: false,
  shutdown: [],
  staticPods: { path: '', checkMs: 20_000 },
  podMaxPids: 4096,
  logs: { maxBytes: 10 * 2 ** 20, maxFiles: 5 },
  machineShare: 1,
  reserved: { cpuMillis: 0, memoryBytes: 0, ephemeralBytes: 0, pids: 0 },
  evictionHard: parseThresholds(EVICTION_HARD),
  evictionSoft: [],
  minimumReclaim: new Map(),
  maxPodGraceMs: 0,
  pressureTransitionMs: 300_000,
  imageGc: { highPercent: 85, lowPercent: 80, minimumAgeMs: 120_000, maximumAgeMs: 0 },
  metricResolutionMs: 15_000,
};

/** `memory.available<100Mi,nodefs.available<10%`, as `--eviction-hard` has it; a threshold of 0 is none. Throws Error. */
export function parseThresholds(text: string): Threshold[] {
  const parts = text.split(',').filter((part) => part.trim() !== '');
  return parts.map(parseThreshold).filter(({ value }) => ('share' in value ? value.share : value.amount) > 0);
}

function parseThreshold(text: string): Threshold {
  const [name = '', value = '', ...rest] = text.trim().split('<');
  if (!isSignal(name) || rest.length > 0) throw new Error(`"${text}" is no threshold: one of ${signals.join(', ')}, "<" and an amount`);
  return { signal: name, value: parseAmount(text, value) };
}

function isSignal(name: string): name is Signal {
  return signals.some((known) => known === name);
}

function parseAmount(text: string, value: string): Amount {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(value);
  if (!percent) return { amount: amountOf(value) };
  if (Number(percent[1]) > 100) throw new Error(`"${text}": more than all`);
  return { share: Number(percent[1]) / 100 };
}

/** `memory.available=1m30s,…`, as `--eviction-soft-grace-period` has it, with `read` for the values. Throws Error. */
export function parseBySignal<T>(text: string, read: (value: string, part: string) => T): Map<Signal, T> {
  const parts = text.split(',').filter((part) => part.trim() !== '');
  return new Map(
    parts.map((part) => {
      const [name = '', value = '', ...rest] = part.trim().split('=');
      if (!isSignal(name) || rest.length > 0) throw new Error(`"${part}" begins with none of ${signals.join(', ')} and "="`);
      return [name, read(value, part)];
    }),
  );
}

/** `memory.available=100Mi,nodefs.available=5%`, as `--eviction-minimum-reclaim` has it. Throws Error. */
export const parseReclaim = (text: string): Map<Signal, Amount> => parseBySignal(text, (value, part) => parseAmount(part, value));

/** Soft thresholds with their grace periods. Throws Error, in the kubelet's words, for one without. */
export function withGrace(thresholds: readonly Threshold[], graceMs: ReadonlyMap<Signal, number>): SoftThreshold[] {
  return thresholds.map((threshold) => {
    const ms = graceMs.get(threshold.signal);
    if (ms === undefined) throw new Error(`grace period must be specified for the soft eviction threshold ${threshold.signal}`);
    return { ...threshold, graceMs: ms };
  });
}

/** `cpu=200m,memory=500Mi,ephemeral-storage=1Gi,pid=1000`, as `--system-reserved` and `--kube-reserved` have it, of all texts together. Throws Error. */
export function parseReserved(...texts: readonly string[]): Amounts {
  const sum: Amounts = { cpuMillis: 0, memoryBytes: 0, ephemeralBytes: 0, pids: 0 };
  for (const part of texts.flatMap((text) => text.split(',')).filter((each) => each.trim() !== '')) {
    const [name = '', value = ''] = part.trim().split('=');
    if (name === 'cpu') sum.cpuMillis += amountOf(value, quantityMilliValue);
    else if (name === 'memory') sum.memoryBytes += amountOf(value);
    else if (name === 'ephemeral-storage') sum.ephemeralBytes += amountOf(value);
    else if (name === 'pid') sum.pids += amountOf(value);
    else throw new Error(`cannot reserve "${name}" for system daemons: one of cpu, memory, ephemeral-storage, pid`);
  }
  return sum;
}

/** Sysctls that have a namespace of their own in each pod: the network's, and those of ipc_namespaces(7). */
const namespaced = /^(net\.|kernel\.shm|kernel\.msg|kernel\.sem$|fs\.mqueue\.)/;

/** `kernel.msg*,net.core.somaxconn`, as `--allowed-unsafe-sysctls` has it. Throws Error for what would change the whole machine. */
export function parseUnsafeSysctls(text: string): string[] {
  const patterns = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const unknown = patterns.find((pattern) => !namespaced.test(pattern.replaceAll('/', '.')));
  if (unknown) throw new Error(`the sysctls "${unknown}" are not known to be namespaced`);
  return patterns;
}

/** A quantity that is not negative. Throws Error. */
export function amountOf(text: string, read: (text: string) => number = quantityValue): number {
  try {
    const value = read(text);
    if (value >= 0) return value;
  } catch (err) {
    if (!(err instanceof ApiError) && !(err instanceof Error)) throw err;
  }
  throw new Error(`"${text}" is not an amount, such as 100Mi`);
}
