import type { ContainerSpec, Mount, Rlimit } from '../containers.contract.ts';
import { maskedPaths, readonlyPaths } from '../protected-paths.contract.ts';
import { grantedCapabilities } from './capabilities.ts';
import type { ContainerUser } from './container-user.ts';
import { defaultSeccomp, type SeccompProfile } from './default-seccomp.ts';
import { type DeviceNumbers, ociResources } from './oci-resources.ts';
import { type ConditionalProfile, plainProfile } from './seccomp-profile.ts';
import type { OciDevice, OciMount, OciProcess, OciResources, OciSpec } from './oci-types.ts';

export interface OciInput {
  container: ContainerSpec;
  user: ContainerUser;
  rootfs: string;
  cgroupsPath: string;
  hostname: string;
  /** Pinned namespaces of the sandbox; undefined where the host's is shared. `pid` is that of the pod's process, or another's, when it is shared. */
  namespaces: { net?: string; ipc?: string; uts?: string; pid?: string };
  /** The pod's /dev/shm. */
  shmPath: string;
  /** Volumes of the image that no mount covers. */
  imageVolumes: readonly { source: string; destination: string }[];
  /** `devices` of the container, looked up. */
  devices: readonly GivenDevice[];
  numbersOf: DeviceNumbers;
  host: HostFacts;
  /** The profile of `seccomp: { path }`, read. */
  seccompProfile?: ConditionalProfile;
}

export interface GivenDevice extends OciDevice {
  access: string;
}

/** What this process itself has: it cannot hand on more. */
export interface HostFacts {
  arch: string;
  /** `6.1.0-13-amd64` */
  kernel: string;
  capabilities: readonly string[];
  oomScoreAdj: number;
  canLowerOomScore: boolean;
  devices: readonly OciDevice[];
  cgroupVersion: 1 | 2;
  /** Set where others run on this machine as well: what is not below it is not this node's own. */
  ownDir?: string;
}

/** OCI runtime-spec's `config.json` of a container. Pure: the same input gives the same text. */
export function ociSpec(input: OciInput): OciSpec {
  const { container, user, host } = input;
  const kept = withheld(input);
  const capabilities = grantedCapabilities(container.capabilities, { privileged: container.privileged, held: host.capabilities }).filter(
    (name) => !kept.has(name),
  );
  const guarded = !container.privileged;
  const seccomp = seccompOf(input, capabilities);
  return {
    ociVersion: '1.0.2',
    ...(input.namespaces.uts && { hostname: input.hostname }),
    process: {
      terminal: container.tty,
      user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
      args: container.args,
      env: environment(container.env, user.home, container.tty),
      cwd: container.cwd || '/',
      noNewPrivileges: container.noNewPrivileges,
      // No inheritable set: CVE-2022-24769.
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      ...(container.rlimits && { rlimits: container.rlimits.map(rlimit) }),
      ...(container.oomScoreAdj !== undefined && { oomScoreAdj: permittedOomScore(container.oomScoreAdj, host) }),
    },
    root: { path: input.rootfs, readonly: container.readonlyRootfs },
    mounts: [...systemMounts(input), ...input.imageVolumes.map(imageVolume), ...sortedByDepth(container.mounts).map(ociMount)],
    annotations: { ...container.annotations, 'org.berth.container': container.name },
    linux: {
      namespaces: namespacesOf(input),
      cgroupsPath: input.cgroupsPath,
      rootfsPropagation: container.mounts.some((m) => m.propagation === 'rshared')
        ? 'rshared'
        : container.mounts.some((m) => m.propagation === 'rslave')
          ? 'rslave'
          : 'rprivate',
      resources: { devices: deviceRules(input), ...ociResources(container.resources, input.numbersOf) },
      ...devicesOf(input),
      ...(seccomp && { seccomp }),
      maskedPaths: container.maskedPaths ?? (guarded ? maskedPaths : []),
      readonlyPaths: container.readonlyPaths ?? (guarded ? readonlyPaths : []),
    },
  };
}

/** Nodes that are made in the container's /dev. */
function devicesOf({ container, devices, host }: OciInput): { devices?: OciDevice[] } {
  const given = devices.map(({ access: _access, ...device }): OciDevice => device);
  const all = [...(container.privileged ? host.devices : []), ...given];
  return all.length > 0 ? { devices: all } : {};
}

function deviceRules({ container, devices }: OciInput): NonNullable<OciResources['devices']> {
  return [
    { allow: container.privileged, access: 'rwm' },
    ...devices.map(({ type, major, minor, access }) => ({ allow: true, type, major, minor, access })),
    ...(container.deviceRules ?? []).map((rule) => ({ allow: true, ...rule })),
  ];
}

/**
 * On a machine that a node shares, root in a container is not to be root of the machine: handles of files lead below what is covered
 * (open_by_handle_at(2)), and by processes that are not the container's own, or their /proc, one reaches into their files (ptrace(2)).
 */
function withheld({ container, host }: OciInput): ReadonlySet<string> {
  const { ownDir } = host;
  if (!ownDir) return new Set();
  const seesOthers =
    container.pidNamespace === 'host' || container.mounts.some((m) => m.type !== 'tmpfs' && !m.source.startsWith(`${ownDir}/`));
  return new Set(['CAP_DAC_READ_SEARCH', ...(seesOthers ? ['CAP_SYS_PTRACE'] : [])]);
}

const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Adds PATH, TERM (with a terminal) and HOME where they are not given. */
export function environment(env: readonly string[], home: string, tty: boolean): string[] {
  const has = (name: string): boolean => env.some((entry) => entry.startsWith(`${name}=`));
  return [
    ...(has('PATH') ? [] : [defaultPath]),
    ...(tty && !has('TERM') ? ['TERM=xterm'] : []),
    ...env,
    ...(has('HOME') ? [] : [`HOME=${home}`]),
  ];
}

/** RLIM64_INFINITY is more than a number of JavaScript can say. */
const unlimited = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON('18446744073709551615');

function rlimit({ name, soft, hard }: Rlimit): NonNullable<OciProcess['rlimits']>[number] {
  const number = (value: number): unknown => (value < 0 ? unlimited : value);
  return { type: `RLIMIT_${name.toUpperCase()}`, soft: number(soft), hard: number(hard) };
}

/** Going below one's own score needs CAP_SYS_RESOURCE: proc_pid_oom_score_adj(5). */
function permittedOomScore(wanted: number, host: HostFacts): number {
  return host.canLowerOomScore ? wanted : Math.max(wanted, host.oomScoreAdj);
}

function seccompOf({ container, host, seccompProfile }: OciInput, capabilities: readonly string[]): SeccompProfile | undefined {
  if (container.privileged || container.seccomp === 'unconfined') return undefined;
  const held = new Set(capabilities);
  if (container.seccomp === 'default') return defaultSeccomp(held, host.arch);
  return seccompProfile && plainProfile(seccompProfile, { capabilities: held, arch: host.arch, kernel: host.kernel });
}

function namespacesOf({ container, namespaces, host }: OciInput): OciSpec['linux']['namespaces'] {
  const shared = (type: 'network' | 'ipc' | 'uts', path: string | undefined) => (path ? [{ type, path }] : []);
  return [
    { type: 'mount' },
    ...shared('network', namespaces.net),
    ...shared('ipc', namespaces.ipc),
    ...shared('uts', namespaces.uts),
    ...(container.pidNamespace === 'host'
      ? []
      : [{ type: 'pid' as const, ...(container.pidNamespace !== 'container' && namespaces.pid && { path: namespaces.pid }) }]),
    ...(ownCgroups({ container, host }) ? [{ type: 'cgroup' as const }] : []),
  ];
}

function ownCgroups({ container, host }: Pick<OciInput, 'container' | 'host'>): boolean {
  const usual = host.cgroupVersion === 2 && !container.privileged ? 'private' : 'host';
  return (container.cgroupNamespace ?? usual) === 'private';
}

function systemMounts({ container, namespaces, shmPath }: OciInput): OciMount[] {
  const access = container.privileged ? 'rw' : 'ro';
  const mounts: OciMount[] = [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
    },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
    ...(container.noShm
      ? []
      : [{ destination: '/dev/shm', type: 'bind', source: shmPath, options: ['rbind', 'nosuid', 'noexec', 'nodev', 'rw'] }]),
    // A new sysfs shows the network namespace of the pod, which has to be one's own for it.
    namespaces.net
      ? { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', access] }
      : { destination: '/sys', type: 'bind', source: '/sys', options: ['rbind', 'nosuid', 'noexec', 'nodev', access] },
    ...(namespaces.net
      ? [{ destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['nosuid', 'noexec', 'nodev', 'relatime', access] }]
      : []),
  ];
  const replaced = new Set(container.mounts.map((m) => m.destination));
  return mounts.filter((m) => !replaced.has(m.destination));
}

const imageVolume = ({ source, destination }: { source: string; destination: string }): OciMount => ({
  destination,
  type: 'bind',
  source,
  options: ['rbind', 'rprivate', 'rw'],
});

function ociMount(mount: Mount): OciMount {
  const access = mount.readonly ? 'ro' : 'rw';
  if (mount.type === 'tmpfs')
    return {
      destination: mount.destination,
      type: 'tmpfs',
      source: 'tmpfs',
      options: [...(mount.options ?? ['nosuid', 'nodev', 'mode=1777']), access],
    };
  const propagation = mount.propagation && mount.propagation !== 'private' ? mount.propagation : 'rprivate';
  return {
    destination: mount.destination,
    type: 'bind',
    source: mount.source,
    options: [mount.nonRecursive ? 'bind' : 'rbind', propagation, mount.recursiveReadonly ? 'rro' : access, ...(mount.options ?? [])],
  };
}

/** A mount inside another one has to come after it. */
function sortedByDepth(mounts: readonly Mount[]): Mount[] {
  const depth = (path: string): number => path.split('/').filter(Boolean).length;
  return mounts.toSorted((a, b) => depth(a.destination) - depth(b.destination));
}
