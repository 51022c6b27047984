import { readFileSync } from 'node:fs';
import type { BuildMount, BuildRunner } from '../building.contract.ts';
import { readTextInRoot } from '../host/index.ts';
import { capabilitiesOf, grantedCapabilities } from './capabilities.ts';
import { resolveUser } from './container-user.ts';
import { defaultSeccomp } from './default-seccomp.ts';
import { environment } from './oci-spec.ts';

export type Step = Parameters<BuildRunner['run']>[0];

/** A mount whose source is on this machine, or that has none. */
export type ReadyMount = { target: string } & (
  | { kind: 'bind'; source: string; readOnly: boolean }
  | Extract<BuildMount, { kind: 'tmpfs' }>
);

/** OCI runtime-spec's `config.json` of one step. `mounts` come over the system's. */
export function buildSpec(step: Step, root: string, { id, mounts }: { id: string; mounts: readonly ReadyMount[] }): object {
  const files = { passwd: readTextInRoot(root, 'etc/passwd') ?? '', group: readTextInRoot(root, 'etc/group') ?? '' };
  const user = resolveUser(step.user, files);
  const held = capabilitiesOf(/^CapBnd:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0');
  const privileged = step.insecure === true;
  const capabilities = grantedCapabilities({ add: [], drop: [] }, { privileged, held }).filter((name) => held.includes(name));
  const replaced = new Set(mounts.map(({ target }) => target));
  return {
    ociVersion: '1.0.2',
    hostname: 'build',
    process: {
      terminal: false,
      user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
      args: step.args,
      env: environment(step.env, user.home, false),
      cwd: step.cwd || '/',
      noNewPrivileges: false,
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      rlimits: step.bounds?.ulimits?.map(({ name, soft, hard }) => ({ type: `RLIMIT_${name.toUpperCase()}`, soft, hard })) ?? [],
    },
    root: { path: root, readonly: false },
    mounts: [...systemMounts(step).filter(({ destination }) => !replaced.has(destination)), ...mounts.map(ociMount)],
    annotations: { 'org.berth.build': id },
    linux: {
      namespaces: [...namespaces, ...(step.network === 'none' ? [{ type: 'network' }] : [])],
      rootfsPropagation: 'rprivate',
      resources: {},
      ...(!privileged && {
        seccomp: defaultSeccomp(new Set(capabilities), process.arch),
        maskedPaths: ['/proc/acpi', '/proc/kcore', '/proc/keys', '/proc/sched_debug', '/proc/scsi', '/proc/timer_list', '/sys/firmware'],
        readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
      }),
    },
  };
}

const namespaces = ['mount', 'pid', 'ipc', 'uts'].map((type) => ({ type }));

interface OciMount {
  destination: string;
  type: string;
  source: string;
  options: string[];
}

function ociMount(mount: ReadyMount): OciMount {
  const { target: destination } = mount;
  if (mount.kind === 'bind') {
    return { destination, type: 'bind', source: mount.source, options: ['rbind', 'rprivate', ...(mount.readOnly ? ['ro'] : [])] };
  }
  const size = mount.sizeBytes ? [`size=${mount.sizeBytes}`] : [];
  return { destination, type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=1777', ...size] };
}

function systemMounts({ bounds, insecure }: Step): OciMount[] {
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
    },
    {
      destination: '/dev/shm',
      type: 'tmpfs',
      source: 'shm',
      options: ['nosuid', 'noexec', 'nodev', 'mode=1777', `size=${bounds?.shmBytes ?? 64 * 1024 * 1024}`],
    },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
    { destination: '/sys', type: 'bind', source: '/sys', options: ['rbind', 'nosuid', 'noexec', 'nodev', ...(insecure ? [] : ['ro'])] },
    { destination: '/etc/resolv.conf', type: 'bind', source: '/etc/resolv.conf', options: ['bind', 'ro'] },
    { destination: '/etc/hosts', type: 'bind', source: '/etc/hosts', options: ['bind', 'ro'] },
  ];
}
