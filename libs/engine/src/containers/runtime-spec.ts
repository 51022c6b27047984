import { join } from 'node:path';
import type { ContainerSpec, Device, Mount, SandboxSpec } from '#runtime/containers.contract';
import type { Image } from '#runtime/images.contract';
import { badParameter } from '../errors.ts';
import { deviceRules, rlimitsOf } from './devices.ts';
import type { Joined } from './join.ts';
import type { ContainerRecord, MountPoint } from './record.ts';
import { limitsOf } from './resources.ts';
import { sysctlsOf } from './sysctls.ts';

/** Marks what is the engine's among all that a node's runtime has. */
export const ENGINE_LABEL = 'berth.dev/engine';

/** What the engine made for a container and puts into it. */
export interface ContainerFiles {
  log: string;
  hosts: string;
  hostname: string;
  resolvConf: string;
  /** Of `--security-opt seccomp=…`. */
  seccomp: string;
}

export function hostnameOf({ id, config }: ContainerRecord): string {
  return config.Hostname || id.slice(0, 12);
}

export function sandboxSpec(record: ContainerRecord, { network, ipc }: Joined, cgroupRoot: string): SandboxSpec {
  const { hostConfig, config } = record;
  return {
    id: record.id,
    hostname: hostnameOf(record),
    // Wherever it is asked to be, it stays below the engine's own.
    cgroupPath: join(cgroupRoot, hostConfig.CgroupParent, record.id),
    hostNetwork: hostConfig.NetworkMode === 'host',
    uts: hostConfig.UTSMode === 'host' ? 'host' : 'own',
    ...((network ?? ipc) !== undefined && { joins: { ...(network !== undefined && { network }), ...(ipc !== undefined && { ipc }) } }),
    labels: { [ENGINE_LABEL]: record.name },
    sysctls: sysctlsOf(hostConfig, config.Domainname, {
      network: hostConfig.NetworkMode !== 'host' && network === undefined,
      name: hostConfig.UTSMode !== 'host',
    }),
    shmBytes: hostConfig.ShmSize,
  };
}

/** What was found for it on this node. */
export interface Found {
  image: Image;
  files: ContainerFiles;
  devices: readonly Device[];
  /** The program that is its first process, where it has one. */
  init: string | undefined;
  /** What it has of others. */
  joined?: Joined;
}

/** Everything decided, for the runtime. Pure. Throws 400 for security options that nobody knows. */
export function runtimeSpec(record: ContainerRecord, { image, files, devices, init, joined = {} }: Found): ContainerSpec {
  const { config, hostConfig } = record;
  const { seccomp, noNewPrivileges } = securityOptions(hostConfig.SecurityOpt ?? []);
  return {
    id: record.id,
    sandboxId: record.id,
    name: record.name,
    labels: { [ENGINE_LABEL]: record.name },
    image,
    args: [...(init === undefined ? [] : [INIT, '--']), record.path, ...record.args],
    env: [`HOSTNAME=${hostnameOf(record)}`, ...(config.Env ?? [])],
    cwd: config.WorkingDir,
    user: config.User,
    ...(hostConfig.GroupAdd && { supplementalGroups: hostConfig.GroupAdd.map(group) }),
    mounts: [...mountsOf(record, files), ...initMount(init)],
    devices: [...devices],
    ...(!hostConfig.Privileged && { deviceRules: deviceRules(hostConfig.DeviceCgroupRules ?? []) }),
    ...(hostConfig.Ulimits?.length && { rlimits: rlimitsOf(hostConfig.Ulimits) }),
    resources: limitsOf(hostConfig),
    readonlyRootfs: hostConfig.ReadonlyRootfs,
    privileged: hostConfig.Privileged,
    capabilities: { add: (hostConfig.CapAdd ?? []).map(capability), drop: (hostConfig.CapDrop ?? []).map(capability) },
    noNewPrivileges,
    seccomp: seccomp === undefined ? 'default' : seccomp === 'unconfined' ? 'unconfined' : { path: files.seccomp },
    ...(hostConfig.MaskedPaths && { maskedPaths: hostConfig.MaskedPaths }),
    ...(hostConfig.ReadonlyPaths && { readonlyPaths: hostConfig.ReadonlyPaths }),
    ...(hostConfig.CgroupnsMode && { cgroupNamespace: hostConfig.CgroupnsMode as 'private' | 'host' }),
    ...(hostConfig.Annotations && { annotations: hostConfig.Annotations }),
    pidNamespace: hostConfig.PidMode === 'host' ? 'host' : joined.pid !== undefined ? { ofProcess: joined.pid } : 'container',
    ...(hostConfig.IpcMode === 'host' && { hostIpc: true }),
    ...(hostConfig.IpcMode === 'none' && { noShm: true }),
    tty: config.Tty,
    stdin: config.OpenStdin,
    stdinOnce: config.StdinOnce,
    logPath: files.log,
    ...(hostConfig.OomScoreAdj !== 0 && { oomScoreAdj: hostConfig.OomScoreAdj }),
    ...(!hostConfig.AutoRemove && { keepLayer: true }),
  };
}

/** Where Docker puts the init of `--init`. */
const INIT = '/sbin/docker-init';

const initMount = (init: string | undefined): Mount[] => (init === undefined ? [] : [{ source: init, destination: INIT, readonly: true }]);

const group = (text: string): number | string => (/^\d{1,10}$/.test(text) ? Number(text) : text);

const capability = (name: string): string => name.toUpperCase().replace(/^CAP_/, '');

/** `seccomp=…` (a profile, or unconfined), `no-new-privileges[:true]`, and what means nothing here. */
export function securityOptions(options: readonly string[]): { seccomp?: string; noNewPrivileges: boolean } {
  let seccomp: string | undefined;
  let noNewPrivileges = false;
  for (const option of options) {
    if (option === 'disable') continue; // labels of SELinux, of which there are none
    const [, name = '', sign, value = ''] = /^([^=:]*)([=:])?(.*)$/s.exec(option) ?? [];
    if (sign === undefined && name !== 'no-new-privileges') throw badParameter(`invalid --security-opt 1: ${JSON.stringify(option)}`);
    if (name === 'seccomp' && value !== '') seccomp = value === 'builtin' ? undefined : value;
    else if (name === 'no-new-privileges' && ['', 'true', 'false', '1', '0'].includes(value))
      noNewPrivileges = !['false', '0'].includes(value);
    else if ((name === 'apparmor' && value === 'unconfined') || (name === 'label' && value === 'disable')) continue;
    else throw badParameter(`invalid --security-opt 2: ${JSON.stringify(option)}`);
  }
  if (seccomp !== undefined && seccomp !== 'unconfined' && !isJson(seccomp))
    throw badParameter('Decoding seccomp profile failed: invalid JSON');
  return { ...(seccomp !== undefined && { seccomp }), noNewPrivileges };
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

/** What it finds mounted, of its own. */
export function mountsOf({ mounts }: ContainerRecord, files: ContainerFiles): Mount[] {
  return [...filesOf(files, mounts), ...mounts.map(mountOf)];
}

/** Docker's three files, where nothing else is mounted at their places. */
function filesOf(files: ContainerFiles, mounts: readonly MountPoint[]): Mount[] {
  const taken = new Set(mounts.map(({ Destination }) => Destination));
  return [
    { source: files.resolvConf, destination: '/etc/resolv.conf', readonly: false },
    { source: files.hostname, destination: '/etc/hostname', readonly: false },
    { source: files.hosts, destination: '/etc/hosts', readonly: false },
  ].filter(({ destination }) => !taken.has(destination));
}

function mountOf(point: MountPoint): Mount {
  if (point.Type === 'tmpfs') {
    return {
      type: 'tmpfs',
      source: 'tmpfs',
      destination: point.Destination,
      readonly: !point.RW,
      ...(point.options && { options: point.options }),
    };
  }
  const propagation = { rslave: 'rslave', slave: 'rslave', rshared: 'rshared', shared: 'rshared' } as const;
  return {
    source: point.Source,
    destination: point.Destination,
    readonly: !point.RW,
    ...(point.nonRecursive && { nonRecursive: true }),
    ...(point.recursiveReadonly && { recursiveReadonly: true }),
    propagation: Object.hasOwn(propagation, point.Propagation) ? propagation[point.Propagation as keyof typeof propagation] : 'private',
  };
}
