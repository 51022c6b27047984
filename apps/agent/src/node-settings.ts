import {
  amountOf,
  defaultNodeSettings,
  type NodeSettings,
  parseBySignal,
  parseReclaim,
  parseReserved,
  parseThresholds,
  parseUnsafeSysctls,
  shutdownGroups,
  withGrace,
} from '#agent';
import { durationFlag, FlagError, fractionOf, listFlag, numberFlag, readFlag } from '#base';

/** Flags of the kubelet's names. Where one is not given, the default of `defaultNodeSettings` holds. */
export const nodeSettingsFlags = {
  'pod-manifest-path': { type: 'string', default: '' },
  'file-check-frequency': { type: 'string' },
  'allowed-unsafe-sysctls': { type: 'string', default: '' },
  'enable-system-log-query': { type: 'string', default: 'false' },
  'cpu-manager-policy': { type: 'string', default: 'none' },
  'memory-manager-policy': { type: 'string', default: 'None' },
  'topology-manager-policy': { type: 'string', default: 'none' },
  'shutdown-grace-period': { type: 'string', default: '0' },
  'shutdown-grace-period-critical-pods': { type: 'string', default: '0' },
  'shutdown-grace-period-by-pod-priority': { type: 'string', default: '' },
  'pod-max-pids': { type: 'string' },
  'container-log-max-size': { type: 'string' },
  'container-log-max-files': { type: 'string' },
  'machine-share': { type: 'string' },
  'system-reserved': { type: 'string', default: '' },
  'kube-reserved': { type: 'string', default: '' },
  'eviction-hard': { type: 'string' },
  'eviction-soft': { type: 'string', default: '' },
  'eviction-soft-grace-period': { type: 'string', default: '' },
  'eviction-minimum-reclaim': { type: 'string', default: '' },
  'eviction-max-pod-grace-period': { type: 'string', default: '0' },
  'eviction-pressure-transition-period': { type: 'string' },
  'image-gc-high-threshold': { type: 'string' },
  'image-gc-low-threshold': { type: 'string' },
  'minimum-image-ttl-duration': { type: 'string' },
  'image-maximum-gc-age': { type: 'string' },
  'metric-resolution': { type: 'string' },
} as const;

type Values = Partial<Record<keyof typeof nodeSettingsFlags, string>>;

/** Throws FlagError. */
export function nodeSettings(values: Values): NodeSettings {
  refuseManagers(values);
  const fallback = defaultNodeSettings;
  const given = givenIn(values);
  const percent = (flag: string, text: string): number => numberFlag(flag, text, { to: 100 });
  const { imageGc, logs } = fallback;
  const settings: NodeSettings = {
    staticPods: {
      path: values['pod-manifest-path'] ?? '',
      checkMs: given('file-check-frequency', durationFlag, fallback.staticPods.checkMs),
    },
    unsafeSysctls: readFlag('allowed-unsafe-sysctls', values['allowed-unsafe-sysctls'] ?? '', parseUnsafeSysctls),
    systemLogQuery: values['enable-system-log-query'] === 'true',
    shutdown: shutdownSettings(values),
    podMaxPids: given('pod-max-pids', readPids, fallback.podMaxPids),
    logs: {
      maxBytes: given('container-log-max-size', (flag, text) => readFlag(flag, text, (each) => amountOf(each)), logs.maxBytes),
      maxFiles: given('container-log-max-files', (flag, text) => numberFlag(flag, text, { from: 2 }), logs.maxFiles),
    },
    machineShare: given('machine-share', (flag, text) => readFlag(flag, text, fractionOf), fallback.machineShare),
    reserved: addReserved(values['system-reserved'] ?? '', values['kube-reserved'] ?? ''),
    ...evictionSettings(values),
    imageGc: {
      highPercent: given('image-gc-high-threshold', percent, imageGc.highPercent),
      lowPercent: given('image-gc-low-threshold', percent, imageGc.lowPercent),
      minimumAgeMs: given('minimum-image-ttl-duration', durationFlag, imageGc.minimumAgeMs),
      maximumAgeMs: given('image-maximum-gc-age', durationFlag, imageGc.maximumAgeMs),
    },
    metricResolutionMs: given('metric-resolution', durationFlag, fallback.metricResolutionMs),
  };
  const { highPercent, lowPercent } = settings.imageGc;
  if (lowPercent > highPercent)
    throw new FlagError(`--image-gc-low-threshold ${lowPercent}: must not be above --image-gc-high-threshold, ${highPercent}`);
  if (settings.metricResolutionMs < 1_000) throw new FlagError('--metric-resolution: must not be below 1s');
  return settings;
}

type Given = <T>(flag: keyof Values, read: (flag: string, text: string) => T, otherwise: T) => T;

const givenIn =
  (values: Values): Given =>
  (flag, read, otherwise) => {
    const text = values[flag];
    return text === undefined ? otherwise : read(flag, text);
  };

type EvictionFlags = 'evictionHard' | 'evictionSoft' | 'minimumReclaim' | 'maxPodGraceMs' | 'pressureTransitionMs';

function evictionSettings(values: Values): Pick<NodeSettings, EvictionFlags> {
  const given = givenIn(values);
  const grace = readFlag('eviction-soft-grace-period', values['eviction-soft-grace-period'] ?? '', (text) =>
    parseBySignal(text, (value) => durationFlag('eviction-soft-grace-period', value)),
  );
  return {
    evictionHard: given('eviction-hard', (flag, text) => readFlag(flag, text, parseThresholds), defaultNodeSettings.evictionHard),
    evictionSoft: readFlag('eviction-soft', values['eviction-soft'] ?? '', (text) => withGrace(parseThresholds(text), grace)),
    minimumReclaim: readFlag('eviction-minimum-reclaim', values['eviction-minimum-reclaim'] ?? '', parseReclaim),
    // Less than 0: what the pod asks for.
    maxPodGraceMs: given(
      'eviction-max-pod-grace-period',
      (flag, text) => (/^-\d+$/.test(text) ? Infinity : numberFlag(flag, text) * 1000),
      0,
    ),
    pressureTransitionMs: given('eviction-pressure-transition-period', durationFlag, defaultNodeSettings.pressureTransitionMs),
  };
}

/** Who asks for processors or memory of their own must not believe that they have them. */
function refuseManagers(values: Values): void {
  for (const [flag, what] of [
    ['cpu-manager-policy', 'processors'],
    ['memory-manager-policy', 'memory of a NUMA node'],
    ['topology-manager-policy', 'resources by NUMA node'],
  ] as const) {
    const policy = values[flag] ?? 'none';
    if (policy.toLowerCase() !== 'none')
      throw new FlagError(`--${flag} ${policy}: nodes of Berth assign no ${what} to containers, only "none" is there`);
  }
}

/** `--shutdown-grace-period`, or `0=20s,2000000000=10s`: by priority. Not both, as with a kubelet. */
function shutdownSettings(values: Values): NodeSettings['shutdown'] {
  const [whole = '0', critical = '0', byPriority = ''] = [
    values['shutdown-grace-period'],
    values['shutdown-grace-period-critical-pods'],
    values['shutdown-grace-period-by-pod-priority'],
  ];
  const wholeMs = durationFlag('shutdown-grace-period', whole);
  const criticalMs = durationFlag('shutdown-grace-period-critical-pods', critical);
  if (criticalMs > wholeMs)
    throw new FlagError(`--shutdown-grace-period-critical-pods ${critical}: must not be more than --shutdown-grace-period, ${whole}`);
  const groups = listFlag(byPriority).map((part) => {
    const [priority = '', grace = ''] = part.split('=');
    if (!/^-?\d{1,10}$/.test(priority)) throw new FlagError(`--shutdown-grace-period-by-pod-priority ${part}: must be such as 1000=20s`);
    return { priority: Number(priority), graceMs: durationFlag('shutdown-grace-period-by-pod-priority', grace) };
  });
  if (groups.length > 0 && wholeMs > 0)
    throw new FlagError('--shutdown-grace-period-by-pod-priority: cannot be given together with --shutdown-grace-period');
  return wholeMs > 0 ? shutdownGroups(wholeMs, criticalMs) : groups;
}

/** -1, the kubelet's word for no limit, as 0. */
const readPids = (flag: string, text: string): number => (text === '-1' ? 0 : numberFlag(flag, text));

function addReserved(system: string, kube: string): NodeSettings['reserved'] {
  readFlag('system-reserved', system, (text) => parseReserved(text));
  return readFlag('kube-reserved', kube, (text) => parseReserved(system, text));
}
