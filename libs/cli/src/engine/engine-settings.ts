import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isValidCidr } from '#api';
import { lookUp, writeFileAtomic } from '#base';
import { checkedLimits, checkedName } from '../supervisor/cluster-settings.ts';
import { isIpv4Range } from '../supervisor/networks.ts';
import { UsageError } from '../supervisor/usage-error.ts';

/** What an engine without a cluster is made with. Kept in `engine.json`: a later start brings the same engine back. */
export interface EngineSettings {
  /** Begins the names of its links, tables and cgroups on this machine. */
  name: string;
  /** Addresses of its containers. */
  cidr: string;
  /** Its unix socket; '': `docker.sock` in its home. */
  socket: string;
  /** Where containers ask for names; '': where this machine does. */
  dns: string;
  /** `HOST=URL`. */
  registryMirrors: readonly string[];
  imagePullAllowed: string;
  imageLimits: string;
  logLevel: string;
}

export const defaultEngine: EngineSettings = {
  name: 'engine',
  cidr: '172.31.0.0/16',
  socket: '',
  dns: '',
  registryMirrors: [],
  imagePullAllowed: '',
  imageLimits: '',
  logLevel: 'info',
};

/** Those that a flag or a variable gives. Throws UsageError that names the flag. */
export function engineSettingsFrom(
  flags: Readonly<Record<string, string | string[] | boolean | undefined>>,
  env: NodeJS.ProcessEnv,
): Partial<EngineSettings> {
  const settings: Partial<EngineSettings> = {};
  const texts = {
    name: checkedName,
    cidr: checkedRange,
    socket: resolve,
    dns: checkedDns,
    imagePullAllowed: asIs,
    imageLimits: checkedLimits,
  };
  for (const [key, check] of Object.entries(texts)) {
    const value = lookUp(flags, key) ?? lookUp(env, `BERTH_ENGINE_${key.replace(/[A-Z]/g, (c) => `_${c}`).toUpperCase()}`);
    if (typeof value === 'string' && value !== '') settings[key as keyof typeof texts] = check(value);
  }
  const mirrors = flags['registryMirror'];
  if (Array.isArray(mirrors)) settings.registryMirrors = mirrors.map(checkedMirror);
  return settings;
}

const asIs = (text: string): string => text;

function checkedRange(text: string): string {
  const length = Number(text.split('/')[1]);
  if (isIpv4Range(text) && isValidCidr(text).length === 0 && length >= 8 && length <= 28) return text;
  throw new UsageError(`--cidr ${text}: must be an IPv4 network such as 172.31.0.0/16`);
}

function checkedDns(text: string): string {
  if (text.split(',').every((address) => /^[0-9a-fA-F.:]{2,45}$/.test(address))) return text;
  throw new UsageError(`--dns ${text}: must be addresses with commas, such as 192.168.1.1,192.168.1.2`);
}

function checkedMirror(text: string): string {
  if (/^[^=\s]+=https?:\/\/[^\s]+$/.test(text)) return text;
  throw new UsageError(`--registry-mirror ${text}: must be HOST=URL, such as docker.io=http://mirror.example:5000`);
}

/** Containers that are there have addresses of the range and names with the prefix. */
const fixed = ['name', 'cidr'] as const;

/** Throws UsageError when what is given contradicts the engine that is there. */
export function mergeEngine(existing: EngineSettings | undefined, given: Partial<EngineSettings>): EngineSettings {
  for (const key of fixed) {
    if (!existing || given[key] === undefined || given[key] === existing[key]) continue;
    throw new UsageError(
      `this engine was made with ${key} ${existing[key]}, not ${given[key]}: remove it with "berth engine stop --purge", or use another BERTH_ENGINE_HOME`,
    );
  }
  return { ...(existing ?? defaultEngine), ...given };
}

/** Undefined when there is no engine in this home yet. */
export async function readEngine(home: string): Promise<EngineSettings | undefined> {
  try {
    return { ...defaultEngine, ...(JSON.parse(await readFile(join(home, 'engine.json'), 'utf8')) as Partial<EngineSettings>) };
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw err;
  }
}

export function writeEngine(home: string, settings: EngineSettings): Promise<void> {
  return writeFileAtomic(join(home, 'engine.json'), `${JSON.stringify(settings, null, 2)}\n`);
}

/** Where the files of an engine lie (docs/architecture.md, "Files of an engine"). */
export function engineLayout(home: string, { socket }: Pick<EngineSettings, 'socket'>) {
  return {
    home,
    socket: socket || join(home, 'docker.sock'),
    pidFile: join(home, 'engine.pid'),
    log: join(home, 'engine.log'),
    /** Seconds that the engine gives its containers when it gets SIGUSR2. */
    shutdown: join(home, 'shutdown'),
    namespaces: join(home, 'ns'),
    mountNamespace: join(home, 'ns', 'mnt'),
  };
}

export type EngineLayout = ReturnType<typeof engineLayout>;
