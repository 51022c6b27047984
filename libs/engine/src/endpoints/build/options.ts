import type { BuildOptions } from '#builder/contract';
import type { RegistryCredentials } from '#runtime/images.contract';
import { int, list, map, optional, struct, text } from '../../containers/decode.ts';
import type { Engine } from '../../engine.ts';
import { badParameter } from '../../errors.ts';
import type { Call } from '../../http/endpoint.ts';
import { flag, whole } from '../../http/query.ts';
import { platformOf } from '../../system/platform.ts';
import { familiar } from '../../images/images.ts';

type Asked = Omit<BuildOptions, 'runner' | 'cacheDir' | 'images' | 'building' | 'contextDir' | 'output'>;

/** Docker Engine API, "Build an image". `rm` and `forcerm` ask for nothing that would not be so anyway. Throws 400. */
export function optionsOf({ query, headers, signal }: Call, engine: Engine): Asked {
  demandServed(query);
  const target = query.get('target');
  const tags = query
    .getAll('t')
    .filter(Boolean)
    .map((name) => engine.images.withTag(name));
  return {
    tags,
    buildArgs: given(parsed(query, 'buildargs', map(optional(text())))),
    labels: parsed(query, 'labels', map(text())),
    ...(target && { target }),
    ...(query.get('platform') && { platforms: [platformText(platformOf(query))] }),
    ...networkOf(query),
    noCache: flag(query, 'nocache'),
    pull: flag(query, 'pull'),
    // As the classic builder has it: images that are here. What brings no cache along helps nothing, and hinders nothing.
    cacheFrom: parsed(query, 'cachefrom', list(text())).map((ref) => ({ type: 'image' as const, ref })),
    bounds: boundsOf(query),
    credentialsFor: credentialsOf(headers['x-registry-config']),
    inOrder: true,
    signal,
  };
}

function demandServed(query: URLSearchParams): void {
  if (query.get('version') === '2') throw badParameter('BuildKit is not served by this engine: build with DOCKER_BUILDKIT=0');
  if (flag(query, 'squash')) throw badParameter('squash is only supported with experimental mode, and not by this engine');
  const isolation = query.get('isolation');
  if (isolation && isolation !== 'default') throw badParameter(`Unsupported isolation: "${isolation}"`);
  if (query.getAll('securityopt').some((value) => !['', '[]', 'null'].includes(value)))
    throw badParameter('The daemon on this platform does not support setting security options on build');
  if (query.get('cgroupparent')) throw badParameter('build parameter cgroupparent is not supported by this engine');
}

function networkOf(query: URLSearchParams): Pick<Asked, 'network'> {
  const mode = query.get('networkmode') ?? '';
  if (mode === 'none') return { network: 'none' };
  if (['', 'default', 'host', 'bridge'].includes(mode)) return {};
  throw badParameter(`network mode ${mode} is not supported for builds by this engine`);
}

function boundsOf(query: URLSearchParams): NonNullable<Asked['bounds']> {
  const [memory = 0, swap = 0] = [whole(query, 'memory'), whole(query, 'memswap')];
  if (memory !== 0 && memory < 6 * 1024 * 1024) throw badParameter('Minimum memory limit allowed is 6MB');
  if (swap > 0 && memory === 0) throw badParameter('You should always set the Memory limit when using Memoryswap limit, see usage');
  if (swap > 0 && swap < memory) throw badParameter('Minimum memoryswap limit should be larger than memory limit, see usage');
  if (swap > 0) throw badParameter('build parameter memswap is not supported by this engine');
  const limits = {
    memoryLimitBytes: memory || undefined,
    cpuShares: whole(query, 'cpushares') || undefined,
    cpuQuotaUs: whole(query, 'cpuquota') || undefined,
    cpuPeriodUs: whole(query, 'cpuperiod') || undefined,
  };
  const cpus = query.get('cpusetcpus') ?? '';
  if (!/^(\d+(-\d+)?(,\d+(-\d+)?)*)?$/.test(cpus)) throw badParameter(`Invalid value ${cpus} for cpuset cpus`);
  if (query.get('cpusetmems')) throw badParameter('build parameter cpusetmems is not supported by this engine');
  return {
    ...(Object.values(limits).some((value) => value !== undefined) && { limits }),
    ...(cpus && { cpus }),
    shmBytes: whole(query, 'shmsize') || undefined,
    extraHosts: hostsOf(query),
    ulimits: parsed(query, 'ulimits', list(ulimit)).map(({ Name, Soft, Hard }) => ({ name: Name, soft: Soft, hard: Hard })),
  };
}

const ulimit = struct({ Name: text(), Soft: int, Hard: int });

/** The parameter repeated, as Docker's client sends it, or one list as JSON. */
function hostsOf(query: URLSearchParams): string[] {
  const values = query.getAll('extrahosts').filter(Boolean);
  const hosts = values.length === 1 && values[0]!.startsWith('[') ? parsed(query, 'extrahosts', list(text())) : values;
  for (const host of hosts) if (!/^[^:=\s]+[:=]\S+$/.test(host)) throw badParameter(`invalid extra host: ${host}`);
  return hosts;
}

function parsed<T>(query: URLSearchParams, name: string, read: (value: unknown, path: string) => T): T {
  const json = query.get(name) ?? '';
  try {
    return read(json === '' ? undefined : JSON.parse(json), name);
  } catch (err) {
    throw badParameter(`error reading ${name}: ${(err as Error).message}`);
  }
}

/** null: the name alone was given, and the client has no such variable. */
const given = (args: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(args).filter((pair): pair is [string, string] => pair[1] !== undefined));

const platformText = ({ os, architecture, variant }: ReturnType<typeof platformOf>): string =>
  [os, architecture, variant].filter(Boolean).join('/');

/** X-Registry-Config: base64url of `{"<host>": {"username": …, "password": …}}`; Docker's own host has an old address. */
function credentialsOf(header: string | string[] | undefined): (reference: string) => RegistryCredentials | undefined {
  if (typeof header !== 'string' || header === '') return () => undefined;
  const logins = new Map<string, RegistryCredentials>();
  try {
    const config = map(login)(JSON.parse(Buffer.from(header, 'base64url').toString('utf8')), 'X-Registry-Config');
    for (const [host, { username, password }] of Object.entries(config)) if (username) logins.set(hostOf(host), { username, password });
  } catch (err) {
    throw badParameter(`invalid X-Registry-Config header: ${(err as Error).message}`);
  }
  return (reference) => logins.get(registryOf(reference));
}

const login = struct({ username: text(), password: text() });
const hostOf = (address: string): string =>
  /index\.docker\.io|^docker\.io/.test(address) ? 'docker.io' : address.replace(/^https?:\/\/|\/.*$/g, '');

/** What stands before the first slash when it looks like a host. */
function registryOf(reference: string): string {
  const [first = '', rest] = familiar(reference).split('/', 2);
  return rest !== undefined && /[.:]|^localhost$/.test(first) ? first : 'docker.io';
}
