import {
  amountOf,
  defaultNodeSettings,
  type NodeSettings,
  parseBySignal,
  parseReclaim,
  parseReserved,
  parseThresholds,
  withGrace,
} from '#agent';
import { durationFlag, FlagError, fractionOf, numberFlag, readFlag } from '#base';

/** Flags of the kubelet's names. Where one is not given, the default of `defaultNodeSettings` holds. */
export const nodeSettingsFlags = {
  'pod-manifest-path': { type: 'string', default: '' },
  'file-check-frequency': { type: 'string' },
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
} as const;

type Values = Partial<Record<keyof typeof nodeSettingsFlags, string>>;

/** Throws FlagError. */
export function nodeSettings(values: Values): NodeSettings {
  const fallback = defaultNodeSettings;
  const given = givenIn(values);
  const percent = (flag: string, text: string): number => numberFlag(flag, text, { to: 100 });
  const { imageGc, logs } = fallback;
  const settings: NodeSettings = {
    staticPods: {
      path: values['pod-manifest-path'] ?? '',
      checkMs: given('file-check-frequency', durationFlag, fallback.staticPods.checkMs),
    },
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
  };
  const { highPercent, lowPercent } = settings.imageGc;
  if (lowPercent > highPercent)
    throw new FlagError(`--image-gc-low-threshold ${lowPercent}: must not be above --image-gc-high-threshold, ${highPercent}`);
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

/** -1, the kubelet's word for no limit, as 0. */
const readPids = (flag: string, text: string): number => (text === '-1' ? 0 : numberFlag(flag, text));

function addReserved(system: string, kube: string): NodeSettings['reserved'] {
  readFlag('system-reserved', system, (text) => parseReserved(text));
  return readFlag('kube-reserved', kube, (text) => parseReserved(system, text));
}
