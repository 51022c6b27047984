import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { lookUp } from '#base';
import { parseGitReference } from '#builder';
import { type BuildRequest, UsageError } from '#cli';

/** What `berth build` is given, as commander has it: each repeated flag a list. */
export interface BuildFlags {
  tag?: string[];
  file?: string;
  target?: string;
  buildArg?: string[];
  label?: string[];
  buildContext?: string[];
  secret?: string[];
  ssh?: string[];
  allow?: string[];
  platform?: string[];
  network?: string;
  addHost?: string[];
  ulimit?: string[];
  shmSize?: string;
  cacheFrom?: string[];
  cacheTo?: string[];
  compression?: string;
  progress?: string;
  pull?: boolean;
  cache?: boolean;
  push?: boolean;
  check?: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;
type Asked = Omit<BuildRequest, 'contextDir' | 'storeDir' | 'mirrors' | 'authFile' | 'images' | 'output' | 'report'>;

/** As `docker buildx build` reads its flags. Throws UsageError. */
export function buildRequestOf(flags: BuildFlags, environment: Environment): Asked {
  const { platform = [], allow = [], shmSize, network = 'default', compression = 'gzip' } = flags;
  for (const name of allow) if (!isEntitlement(name)) throw new UsageError(`--allow ${name}: must be network.host or security.insecure`);
  if (!['default', 'host', 'none'].includes(network)) throw new UsageError(`--network ${network}: must be default, host or none`);
  if (compression !== 'gzip' && compression !== 'zstd') throw new UsageError(`--compression ${compression}: must be gzip or zstd`);
  const tags = flags.tag ?? [];
  if (tags.length === 0 && !flags.check) throw new UsageError('a name is needed: -t NAME[:TAG]');
  return {
    tags,
    ...(flags.target !== undefined && { target: flags.target }),
    buildArgs: pairs('--build-arg', flags.buildArg, environment),
    labels: pairs('--label', flags.label, environment),
    contexts: Object.fromEntries((flags.buildContext ?? []).map(namedContext)),
    secrets: Object.fromEntries((flags.secret ?? []).map((text) => secret(text, environment))),
    ssh: Object.fromEntries((flags.ssh ?? []).map((text) => agent(text, environment))),
    allow: allow.filter(isEntitlement),
    platforms: platform.flatMap((text) => text.split(',')).filter(Boolean),
    ...(network === 'none' && { network }),
    bounds: {
      extraHosts: (flags.addHost ?? []).map(host),
      ulimits: (flags.ulimit ?? []).map(ulimit),
      ...(shmSize !== undefined && { shmBytes: bytes('--shm-size', shmSize) }),
    },
    cacheFrom: (flags.cacheFrom ?? []).map((text) => cacheFrom(text)),
    cacheTo: (flags.cacheTo ?? []).map((text) => cacheTo(text)),
    compression,
    pull: flags.pull === true,
    noCache: flags.cache === false,
    push: flags.push !== false,
  };
}

/** A folder, or what has to be fetched first. */
export const isRemoteContext = (text: string): boolean => /^https?:\/\//.test(text) || parseGitReference(text) !== undefined;

function pairs(flag: string, texts: readonly string[] = [], environment: Environment): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const [name, value] = split(text);
      const found = value ?? lookUp(environment, name);
      if (name === '' || found === undefined)
        throw new UsageError(`${flag} ${text}: must be NAME=VALUE, or the name of a variable that is set`);
      return [name, found];
    }),
  );
}

function namedContext(text: string): [string, { directory: string } | { image: string }] {
  const [name, value] = split(text);
  if (name === '' || !value) throw new UsageError(`--build-context ${text}: must be NAME=FOLDER or NAME=docker-image://IMAGE`);
  const [, image] = /^docker-image:\/\/(.+)$/.exec(value) ?? [];
  if (image === undefined && /^[a-z-]+:\/\//.test(value)) throw new UsageError(`--build-context ${text}: a folder or docker-image://IMAGE`);
  return [name, image === undefined ? { directory: resolve(value) } : { image }];
}

/** `id=x,src=FILE`, `id=x,env=NAME`, or `id=x`: the variable of that name where there is one, else the file. */
function secret(text: string, environment: Environment): [string, () => Promise<Uint8Array>] {
  const fields = fieldsOf('--secret', text, ['id', 'src', 'source', 'env', 'type']);
  const { id, type } = fields;
  if (!id) throw new UsageError(`--secret ${text}: id is needed`);
  const file = fields.src ?? fields.source;
  const name = fields.env ?? (type === 'env' ? (file ?? id) : file === undefined && lookUp(environment, id) !== undefined ? id : undefined);
  if (name === undefined) return [id, () => readFile(file ?? id)];
  const value = lookUp(environment, name);
  if (value === undefined) throw new UsageError(`--secret ${text}: there is no variable ${name}`);
  return [id, async () => Buffer.from(value)];
}

/** `default`, or `id=SOCKET`. */
function agent(text: string, environment: Environment): [string, string] {
  const [id, path] = split(text);
  const socket = path ?? lookUp(environment, 'SSH_AUTH_SOCK');
  if (!socket) throw new UsageError(`--ssh ${text}: invalid empty ssh agent socket, make sure SSH_AUTH_SOCK is set`);
  return [id || 'default', resolve(socket)];
}

function host(text: string): string {
  if (!/^[^:=\s]+[:=]\S+$/.test(text)) throw new UsageError(`--add-host ${text}: must be NAME:ADDRESS`);
  return text;
}

/** `nofile=1024:2048`; one number is both. */
function ulimit(text: string): { name: string; soft: number; hard: number } {
  const [, name, soft, hard = soft] = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(text) ?? [];
  if (name === undefined) throw new UsageError(`--ulimit ${text}: must be NAME=SOFT[:HARD]`);
  return { name, soft: Number(soft), hard: Number(hard) };
}

function bytes(flag: string, text: string): number {
  const [, digits, unit = ''] = /^(\d+)([kmg]?)b?$/i.exec(text) ?? [];
  if (digits === undefined) throw new UsageError(`${flag} ${text}: must be such as 64m`);
  return Number(digits) * 1024 ** ' kmg'.indexOf(unit.toLowerCase() || ' ');
}

/** An image alone is one of a registry. */
function cacheFrom(text: string): NonNullable<BuildRequest['cacheFrom']>[number] {
  if (!text.includes('=')) return { type: 'registry', ref: text };
  const { type, ref, src } = fieldsOf('--cache-from', text, ['type', 'ref', 'src']);
  if (type === 'registry' && ref) return { type, ref };
  if (type === 'local' && src) return { type, directory: resolve(src) };
  throw new UsageError(`--cache-from ${text}: must be type=registry,ref=IMAGE or type=local,src=FOLDER`);
}

function cacheTo(text: string): NonNullable<BuildRequest['cacheTo']>[number] {
  if (text === 'type=inline' || text === 'inline') return { type: 'inline' };
  const {
    type,
    ref,
    dest,
    mode = 'min',
  } = text.includes('=')
    ? fieldsOf('--cache-to', text, ['type', 'ref', 'dest', 'mode'])
    : ({ type: 'registry', ref: text } as Record<string, string | undefined>);
  if (mode !== 'min' && mode !== 'max') throw new UsageError(`--cache-to ${text}: mode must be min or max`);
  if (type === 'registry' && ref) return { type, ref, mode };
  if (type === 'local' && dest) return { type, directory: resolve(dest), mode };
  throw new UsageError(`--cache-to ${text}: must be type=registry,ref=IMAGE, type=local,dest=FOLDER or type=inline`);
}

function fieldsOf(flag: string, text: string, known: readonly string[]): Record<string, string | undefined> {
  return Object.fromEntries(
    text.split(',').map((field) => {
      const [key, value] = split(field);
      if (value === undefined || !known.includes(key))
        throw new UsageError(`${flag} ${text}: there is no ${field}; known are ${known.join(', ')}`);
      return [key, value];
    }),
  );
}

function split(text: string): [string, string | undefined] {
  const at = text.indexOf('=');
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

const isEntitlement = (text: string): text is 'network.host' | 'security.insecure' => ['network.host', 'security.insecure'].includes(text);
