import { readFile } from 'node:fs/promises';
import { fractionOf, writeFileAtomic, lookUp } from '#base';
import { checkedPool, poolsOf } from './load-balancer-pool.ts';
import { checkedNetwork, type ClusterNetworks, withBothFamilies } from './networks.ts';
import { UsageError } from './usage-error.ts';

export { UsageError } from './usage-error.ts';

/** What a cluster is made with. Kept in `cluster.json`: a later start brings the same cluster back, and does not take other values. */
export interface ClusterSettings extends ClusterNetworks {
  name: string;
  nodes: number;
  /** Where LoadBalancer services get their addresses: ranges of the node network with a comma; '' for a part of it, `none` for none. */
  loadBalancerCidr: string;
  portOffset: number;
  clusterDomain: string;
  /** How long a node may be silent before it counts as NotReady, such as `40s`. */
  nodeMonitorGracePeriod: string;
  /** What of this machine each node has, such as `1/3`; undefined: all have the same. */
  nodeShare?: string;
  /** Hosts and networks that registries may send pulls to although they lie in the cluster or on this machine; with commas. */
  imagePullAllowed: string;
  /** Bounds of images, such as `layer=64Gi,image=128Gi,entries=1000000`; those that are left out are these. */
  imageLimits: string;
  /** Flags for parts beside those that the supervisor gives: `agent.pod-max-pids` → `1024`. */
  partFlags: Readonly<Record<string, string>>;
  /** An external Redis; undefined: a private one. */
  redisUrl?: string;
}

/** What a cluster is made with where neither flags nor environment say otherwise. Networks are private ones (RFC 1918). */
export const defaultSettings: ClusterSettings = {
  name: 'berth',
  nodes: 3,
  portOffset: 0,
  nodeCidr: '10.89.0.0/24',
  podCidr: '10.244.0.0/16',
  serviceCidr: '10.96.0.0/16',
  loadBalancerCidr: '',
  clusterDomain: 'cluster.local',
  nodeMonitorGracePeriod: '40s',
  imagePullAllowed: '',
  imageLimits: '',
  partFlags: {},
};

/** Flags win over the environment (DESIGN.md section 12), both over the defaults. Throws UsageError that names the flag. */
export function settingsFrom(
  flags: Record<string, string | string[] | boolean | undefined>,
  env: NodeJS.ProcessEnv,
): Partial<ClusterSettings> {
  const given = (flag: string, variable: string): string | undefined => {
    const value = lookUp(flags, flag) ?? lookUp(env, variable);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const settings: Partial<ClusterSettings> = {};
  const name = given('name', 'BERTH_NAME');
  if (name !== undefined) settings.name = checkedName(name);
  const nodes = given('nodes', 'BERTH_NODES');
  if (nodes !== undefined) settings.nodes = wholeNumber('nodes', nodes, { from: 1, to: 200 });
  const offset = given('port-offset', 'BERTH_PORT_OFFSET');
  if (offset !== undefined) settings.portOffset = wholeNumber('port-offset', offset, { from: 0, to: 50_000 });
  for (const [flag, variable, key] of cidrFlags) {
    const value = given(flag, variable);
    if (value !== undefined) settings[key] = checkedNetwork(flag, value);
  }
  const pool = given('load-balancer-cidr', 'BERTH_LOAD_BALANCER_CIDR');
  if (pool !== undefined) settings.loadBalancerCidr = checkedPool(pool);
  const grace = given('node-monitor-grace-period', 'BERTH_NODE_MONITOR_GRACE_PERIOD');
  if (grace !== undefined) settings.nodeMonitorGracePeriod = checkedGrace(grace);
  const share = given('node-share', 'BERTH_NODE_SHARE');
  if (share !== undefined) settings.nodeShare = checkedShare(share);
  const allowed = given('image-pull-allowed', 'BERTH_IMAGE_PULL_ALLOWED');
  if (allowed !== undefined) settings.imagePullAllowed = allowed;
  const limits = given('image-limits', 'BERTH_IMAGE_LIMITS');
  if (limits !== undefined) settings.imageLimits = checkedLimits(limits);
  const partFlags = flags['set'] ?? env['BERTH_SET']?.split(' ').filter(Boolean);
  if (Array.isArray(partFlags)) settings.partFlags = Object.fromEntries(partFlags.map(checkedPartFlag));
  const redisUrl = given('redis-url', 'BERTH_REDIS_URL');
  if (redisUrl !== undefined) settings.redisUrl = redisUrl;
  return settings;
}

const cidrFlags = [
  ['node-cidr', 'BERTH_NODE_CIDR', 'nodeCidr'],
  ['pod-cidr', 'BERTH_POD_CIDR', 'podCidr'],
  ['service-cidr', 'BERTH_SERVICE_CIDR', 'serviceCidr'],
] as const;

const settableParts = ['api-server', 'scheduler', 'controller-manager', 'registry', 'agent'];

/** `agent.pod-max-pids=1024`; the part itself knows its flags, and does not start with one that it has not. */
function checkedPartFlag(text: string): [string, string] {
  const [, part = '', flag = '', value = ''] = /^([a-z-]+)\.([a-z0-9-]+)=(.*)$/s.exec(text) ?? [];
  if (settableParts.includes(part)) return [`${part}.${flag}`, value];
  throw new UsageError(`--set ${text}: must be PART.FLAG=VALUE, with a part of ${settableParts.join(', ')}`);
}

export function checkedName(name: string): string {
  // Interface names hold 15 characters and carry the name, a dash and the node or pod.
  if (/^[a-z][a-z0-9]{0,7}$/.test(name)) return name;
  throw new UsageError(`--name ${name}: must be 1 to 8 lower-case letters and digits, starting with a letter`);
}

/** What pods get at most to end in order when the cluster is taken down: `30`, `30s`, `2m`. */
export function podSecondsFrom(flag: string | undefined, env: NodeJS.ProcessEnv): number {
  const text = flag ?? env['BERTH_GRACE_PERIOD'] ?? '30s';
  const [, number, unit] = /^(\d{1,4})(s|m)?$/.exec(text) ?? [];
  if (number === undefined) throw new UsageError(`--grace-period ${text}: must be seconds, such as 30s, or minutes, such as 2m`);
  return Number(number) * (unit === 'm' ? 60 : 1);
}

/** Agents renew their leases every 10 s: with less patience than that, nodes that are well would be NotReady now and then. */
function checkedGrace(text: string): string {
  const seconds = /^\d{2,4}s$/.test(text) ? Number(text.slice(0, -1)) : 0;
  if (seconds >= 15 && seconds <= 3600) return text;
  throw new UsageError(`--node-monitor-grace-period ${text}: must be from 15s to 3600s`);
}

function checkedShare(text: string): string {
  try {
    fractionOf(text);
    return text;
  } catch (err) {
    throw new UsageError(`--node-share ${text}: ${(err as Error).message}`); // all that there is to say of the cause
  }
}

export function checkedLimits(text: string): string {
  if (/^(layer|image|entries)=[1-9]\d{0,14}(Ki|Mi|Gi|Ti)?(,(layer|image|entries)=[1-9]\d{0,14}(Ki|Mi|Gi|Ti)?)*$/.test(text)) return text;
  throw new UsageError(`--image-limits ${text}: must be such as layer=64Gi,image=128Gi,entries=1000000`);
}

function wholeNumber(flag: string, text: string, { from, to }: { from: number; to: number }): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= from && value <= to) return value;
  throw new UsageError(`--${flag} ${text}: must be a whole number from ${from} to ${to}`);
}

/** What an existing cluster takes another value for. */
const changeable: readonly (keyof ClusterSettings)[] = [
  'nodeMonitorGracePeriod',
  'nodeShare',
  'loadBalancerCidr',
  'imagePullAllowed',
  'imageLimits',
  'partFlags',
];

/** Settings of an existing cluster, or of a new one. Throws UsageError when what is given contradicts the existing one. */
export function mergeSettings(existing: ClusterSettings | undefined, given: Partial<ClusterSettings>): ClusterSettings {
  const settings = withBothFamilies({ ...(existing ?? defaultSettings), ...given });
  poolsOf(settings); // refuses a pool that is none
  if (!existing) return settings;
  for (const [key, value] of Object.entries(given)) {
    const before = existing[key as keyof ClusterSettings];
    if (before !== settings[key as keyof ClusterSettings] && !changeable.includes(key as keyof ClusterSettings)) {
      throw new UsageError(
        `this cluster was made with ${key} ${JSON.stringify(before)}, not ${JSON.stringify(value)}: remove it with "berth down --purge", or use another BERTH_HOME`,
      );
    }
  }
  return settings;
}

/** Undefined when there is no cluster yet. What an older build did not write has its default. Throws what reading and parsing throw. */
export async function readSettings(path: string): Promise<ClusterSettings | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw err;
  }
  return { ...defaultSettings, ...(JSON.parse(text) as Partial<ClusterSettings>) };
}

/** Whole or not at all: a crash leaves the file as it was. */
export function writeSettings(path: string, settings: ClusterSettings): Promise<void> {
  return writeFileAtomic(path, `${JSON.stringify(settings, null, 2)}\n`);
}
