import type { ContainerSpec } from '../containers.contract.ts';
import { capabilitiesOf, grantedCapabilities } from './capabilities.ts';
import { resolveUser } from './container-user.ts';
import { defaultSeccomp } from './default-seccomp.ts';
import { ociResources } from './oci-resources.ts';
import { environment, type OciInput, ociSpec } from './oci-spec.ts';

const container: ContainerSpec = {
  id: 'c1',
  sandboxId: 'p1',
  name: 'main',
  labels: {},
  image: {
    id: `sha256:${'0'.repeat(64)}`,
    names: [],
    repoDigests: [],
    config: { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } },
    diffIds: [],
    sizeBytes: 0,
  },
  args: ['serve'],
  env: ['A=1'],
  cwd: '/srv',
  user: '',
  mounts: [],
  resources: { cpuShares: 512, cpuQuotaUs: 50_000, memoryLimitBytes: 1 << 20, pidsLimit: 10 },
  readonlyRootfs: true,
  privileged: false,
  capabilities: { add: [], drop: [] },
  noNewPrivileges: true,
  seccomp: 'default',
  pidNamespace: 'container',
  tty: false,
  stdin: false,
  logPath: '/log',
  oomScoreAdj: -997,
};

const numbersOf = (path: string) => ({ major: 8, minor: path.length });

const held = ['CAP_CHOWN', 'CAP_NET_RAW', 'CAP_SYS_ADMIN'];
const input = (more: Partial<ContainerSpec> = {}, rest: Partial<OciInput> = {}): OciInput => ({
  container: { ...container, ...more },
  user: { uid: 0, gid: 0, additionalGids: [0], home: '/root' },
  rootfs: '/b/rootfs',
  cgroupsPath: '/berth/n1/pod/c1',
  hostname: 'pod-1',
  namespaces: { net: '/ns/net', ipc: '/ns/ipc', uts: '/ns/uts' },
  numbersOf,
  shmPath: '/s/shm',
  imageVolumes: [],
  devices: [],
  host: {
    arch: 'x64',
    kernel: '6.1.0',
    capabilities: held,
    oomScoreAdj: 0,
    canLowerOomScore: false,
    devices: [{ path: '/dev/kvm', type: 'c', major: 10, minor: 232, fileMode: 0o660, uid: 0, gid: 0 }],
    cgroupVersion: 1,
  },
  ...rest,
});

describe('config.json', () => {
  // KEP-351
  it.each([
    [false, false, [{ allow: false, access: 'rwm' }], ['/dev/xvda']],
    [false, true, [{ allow: false, access: 'rwm' }], ['/dev/xvda']],
    [true, false, [{ allow: true, access: 'rwm' }], ['/dev/kvm', '/dev/xvda']],
  ])('of a container with a device, privileged %s and read-only %s', (privileged, readonly, rules, paths) => {
    const device = { path: '/dev/xvda', type: 'b' as const, major: 7, minor: 3, fileMode: 0o660, uid: 0, gid: 6 };
    const { linux } = ociSpec(input({ privileged }, { devices: [{ ...device, access: readonly ? 'rm' : 'rwm' }] }));
    expect(linux.resources.devices).toEqual([...rules, { allow: true, type: 'b', major: 7, minor: 3, access: readonly ? 'rm' : 'rwm' }]);
    expect(linux.devices!.map(({ path }) => path)).toEqual(paths);
    expect(linux.devices!.at(-1)).toEqual(device);
  });

  it('of an ordinary container', () => {
    const { linux, mounts, ...rest } = ociSpec(input());
    const { seccomp, ...kernel } = linux;
    expect(rest).toEqual({
      ociVersion: '1.0.2',
      hostname: 'pod-1',
      process: {
        terminal: false,
        user: { uid: 0, gid: 0, additionalGids: [0] },
        args: ['serve'],
        env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'A=1', 'HOME=/root'],
        cwd: '/srv',
        noNewPrivileges: true,
        capabilities: expect.objectContaining({ bounding: expect.arrayContaining(['CAP_CHOWN', 'CAP_NET_BIND_SERVICE']) }),
        oomScoreAdj: 0, // lower than one's own needs CAP_SYS_RESOURCE
      },
      root: { path: '/b/rootfs', readonly: true },
      annotations: { 'org.berth.container': 'main' },
    });
    expect(kernel).toEqual({
      namespaces: [
        { type: 'mount' },
        { type: 'network', path: '/ns/net' },
        { type: 'ipc', path: '/ns/ipc' },
        { type: 'uts', path: '/ns/uts' },
        { type: 'pid' },
      ],
      cgroupsPath: '/berth/n1/pod/c1',
      rootfsPropagation: 'rprivate',
      resources: {
        devices: [{ allow: false, access: 'rwm' }],
        cpu: { shares: 512, quota: 50_000, period: 100_000 },
        memory: { limit: 1 << 20 },
        pids: { limit: 10 },
      },
      maskedPaths: expect.arrayContaining(['/proc/kcore', '/proc/keys', '/sys/firmware']),
      readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
    });
    expect(seccomp?.defaultAction).toBe('SCMP_ACT_ERRNO');
    expect(mounts.map((m) => `${m.type} ${m.destination} ${m.options.includes('ro') ? 'ro' : 'rw'}`)).toEqual([
      'proc /proc rw',
      'tmpfs /dev rw',
      'devpts /dev/pts rw',
      'mqueue /dev/mqueue rw',
      'bind /dev/shm rw',
      'sysfs /sys ro',
      'cgroup /sys/fs/cgroup ro',
    ]);
  });

  describe('on a machine that the node shares', () => {
    const every = ['CAP_CHOWN', 'CAP_DAC_READ_SEARCH', 'CAP_SYS_PTRACE'];
    const spec = (more: Partial<ContainerSpec>, ownDir?: string) => {
      const { host } = input();
      return ociSpec(input(more, { host: { ...host, capabilities: every, ...(ownDir && { ownDir }) } }));
    };
    const volume = (source: string) => ({ mounts: [{ source, destination: '/v', readonly: false }] });
    const asking = { capabilities: { add: ['SYS_PTRACE', 'DAC_READ_SEARCH'], drop: ['ALL'] } };

    it.each<[string, Partial<ContainerSpec>, string[]]>([
      ['a privileged one', { privileged: true }, ['CAP_CHOWN', 'CAP_SYS_PTRACE']],
      ['one with a volume of its own', { privileged: true, ...volume('/home/n1/pods/x/volumes/v') }, ['CAP_CHOWN', 'CAP_SYS_PTRACE']],
      ['one with files of the machine', { privileged: true, ...volume('/') }, ['CAP_CHOWN']],
      ['one with files of a neighbour', { privileged: true, ...volume('/home/n10/pods') }, ['CAP_CHOWN']],
      ['one among the processes of the machine', { privileged: true, pidNamespace: 'host' }, ['CAP_CHOWN']],
      ['one that asks', asking, ['CAP_SYS_PTRACE']],
      ['one that asks with files of the machine', { ...asking, ...volume('/proc') }, []],
    ])('%s cannot reach what is not its node’s', (_what, more, want) => {
      expect(spec(more, '/home/n1').process.capabilities.bounding).toEqual(want);
    });

    it('differs only there', () => {
      const { process } = spec({ privileged: true, ...volume('/'), pidNamespace: 'host' });
      expect(process.capabilities.bounding).toEqual(every);
    });
  });

  it('of a privileged one: what this process holds, all devices, nothing hidden', () => {
    const { process, linux, mounts } = ociSpec(input({ privileged: true }));
    expect(process.capabilities.bounding).toEqual(held);
    expect(linux).toMatchObject({
      maskedPaths: [],
      readonlyPaths: [],
      devices: [{ path: '/dev/kvm' }],
      resources: { devices: [{ allow: true }] },
    });
    expect(linux.seccomp).toBeUndefined();
    expect(mounts.find((m) => m.destination === '/sys')?.options).toContain('rw');
  });

  it("of one with the host's network, processes and IPC", () => {
    const { linux, hostname, mounts } = ociSpec(input({ pidNamespace: 'host' }, { namespaces: {} }));
    expect(linux.namespaces).toEqual([{ type: 'mount' }]);
    expect(hostname).toBeUndefined();
    expect(mounts.find((m) => m.destination === '/sys')).toMatchObject({ type: 'bind', source: '/sys' });
  });

  it('joins the process namespace of the pod', () => {
    const namespaces = { net: '/ns/net', pid: '/ns/pid' };
    expect(ociSpec(input({ pidNamespace: 'sandbox' }, { namespaces })).linux.namespaces).toContainEqual({ type: 'pid', path: '/ns/pid' });
  });

  it('mounts outer paths before inner ones, and lets a mount replace what the system would put there', () => {
    const mount = (destination: string) => ({ source: '/x', destination, readonly: true });
    const { mounts } = ociSpec(
      input({ mounts: [mount('/a/b/c'), mount('/a'), mount('/dev/shm'), { ...mount('/p'), propagation: 'rslave' }] }),
    );
    const names = mounts.map((m) => m.destination);
    expect(names.indexOf('/a')).toBeLessThan(names.indexOf('/a/b/c'));
    expect(names.filter((n) => n === '/dev/shm')).toHaveLength(1);
    expect(mounts.at(-1)?.destination).toBe('/a/b/c');
    expect(mounts.find((m) => m.destination === '/p')?.options).toEqual(['rbind', 'rslave', 'ro']);
  });

  it('limits what was asked for', () => {
    const rate = (path: string) => [{ path, rate: 5 }];
    const blockIo = { weight: 10, weights: [], readBps: rate('/dev/a'), writeBps: [], readIops: [], writeIops: rate('/dev/bcd') };
    expect(
      ociResources({ memorySwapBytes: -1, oomKillDisabled: true, cpus: '0', cpuQuotaUs: -1, pidsLimit: -1, blockIo }, numbersOf),
    ).toEqual({
      cpu: { quota: -1, period: 100_000, cpus: '0' },
      memory: { swap: -1, disableOOMKiller: true },
      pids: { limit: -1 },
      blockIO: {
        weight: 10,
        weightDevice: [],
        throttleReadBpsDevice: [{ major: 8, minor: 6, rate: 5 }],
        throttleWriteBpsDevice: [],
        throttleReadIOPSDevice: [],
        throttleWriteIOPSDevice: [{ major: 8, minor: 8, rate: 5 }],
      },
    });
  });

  it('has its own limits, rules and paths, unlimited ones as the kernel counts', () => {
    const config = ociSpec(
      input({
        rlimits: [{ name: 'nofile', soft: 5, hard: -1 }],
        deviceRules: [{ type: 'c', major: 10, access: 'r' }],
        maskedPaths: ['/proc/kcore'],
        readonlyPaths: [],
        cgroupNamespace: 'private',
        annotations: { a: 'b' },
      }),
    );
    expect(JSON.stringify(config.process.rlimits)).toBe('[{"type":"RLIMIT_NOFILE","soft":5,"hard":18446744073709551615}]');
    expect(config.linux).toMatchObject({
      maskedPaths: ['/proc/kcore'],
      readonlyPaths: [],
      namespaces: expect.arrayContaining([{ type: 'cgroup' }]),
      resources: { devices: expect.arrayContaining([{ allow: true, type: 'c', major: 10, access: 'r' }]) },
    });
    expect(config.annotations).toEqual({ a: 'b', 'org.berth.container': 'main' });
  });

  it('has no limit that was not asked for', () => expect(ociResources({}, numbersOf)).toEqual({}));

  it('keeps PATH, TERM and HOME that are given', () => {
    expect(environment(['PATH=/x', 'HOME=/h', 'TERM=dumb'], '/root', true)).toEqual(['PATH=/x', 'HOME=/h', 'TERM=dumb']);
    expect(environment([], '/root', true)).toEqual([expect.stringContaining('PATH='), 'TERM=xterm', 'HOME=/root']);
  });
});

describe('capabilities', () => {
  const grant = (add: string[], drop: string[]) => grantedCapabilities({ add, drop }, { privileged: false, held });
  it.each<[string, string[], string[], string[]]>([
    ['ALL dropped', [], ['ALL'], []],
    ['ALL dropped and one added', ['NET_BIND_SERVICE'], ['all'], ['CAP_NET_BIND_SERVICE']],
    ['ALL added is what is held', ['ALL'], [], held],
    ['ALL added but one', ['ALL'], ['CHOWN'], ['CAP_NET_RAW', 'CAP_SYS_ADMIN']],
  ])('%s', (_name, add, drop, want) => expect(grant(add, drop)).toEqual(want));

  it('drops from and adds to the usual ones, with or without the prefix', () => {
    const granted = grant(['CAP_SYS_TIME'], ['CHOWN']);
    expect(granted).toContain('CAP_SYS_TIME');
    expect(granted).not.toContain('CAP_CHOWN');
    expect(granted).toHaveLength(14);
  });

  it('are read from a mask', () => {
    expect(capabilitiesOf('0000000000000005')).toEqual(['CAP_CHOWN', 'CAP_DAC_READ_SEARCH']);
    expect(capabilitiesOf('000001ffffffffff')).toHaveLength(41);
  });
});

describe('users', () => {
  const files = {
    passwd: 'root:x:0:0:root:/root:/bin/sh\nweb:x:33:34:w:/srv:/bin/sh\n77:x:5:6::/odd:/bin/sh\nbroken\n',
    group: 'root:x:0:\nweb:x:34:\nextra:x:50:web,root\n',
  };
  it.each([
    ['', { uid: 0, gid: 0, additionalGids: [0, 50], home: '/root' }],
    ['web', { uid: 33, gid: 34, additionalGids: [34, 50], home: '/srv' }],
    ['33', { uid: 33, gid: 34, additionalGids: [34, 50], home: '/srv' }],
    ['77', { uid: 5, gid: 6, additionalGids: [6], home: '/odd' }], // a name wins over a number
    ['1000', { uid: 1000, gid: 0, additionalGids: [0], home: '/' }],
    ['web:extra', { uid: 33, gid: 50, additionalGids: [50], home: '/srv' }],
    ['1000:7', { uid: 1000, gid: 7, additionalGids: [7], home: '/' }],
  ])('%p', (user, want) => expect(resolveUser(user, files)).toEqual(want));

  it.each(['nobody', 'web:nogroup'])('%p is refused', (user) =>
    expect(() => resolveUser(user, files)).toThrow(/no matching entries in (passwd|group) file/),
  );

  it('get the supplemental groups, and under policy Strict none of the image', () => {
    expect(resolveUser('1:2', { passwd: '', group: '' }, { groups: [3, 2] }).additionalGids).toEqual([2, 3]);
    const image = { passwd: 'bob:x:7:8::/home/bob:/bin/sh', group: 'extra:x:60000:bob' };
    expect(resolveUser('7', image, { groups: [3] }).additionalGids).toEqual([8, 60000, 3]);
    expect(resolveUser('7', image, { groups: [3], strict: true }).additionalGids).toEqual([8, 3]);
  });
});

describe('the default system call filter', () => {
  const allowed = (capabilities: string[]): Set<string> =>
    new Set(
      defaultSeccomp(new Set(capabilities), 'x64')
        .syscalls.filter((r) => r.action === 'SCMP_ACT_ALLOW' && !r.args)
        .flatMap((r) => r.names),
    );

  it('lets ordinary programs work', () => {
    for (const call of ['read', 'execve', 'openat', 'futex', 'epoll_wait', 'clock_gettime', 'rseq', 'arch_prctl'])
      expect(allowed([])).toContain(call);
  });

  it.each([
    'mount',
    'unshare',
    'setns',
    'reboot',
    'init_module',
    'bpf',
    'clone',
    'keyctl',
    'add_key',
    'kexec_load',
    'userfaultfd',
    'io_uring_setup',
    'perf_event_open',
    'pivot_root',
    'swapon',
  ])('denies %s', (call) => expect(allowed([])).not.toContain(call));

  it('follows the capabilities', () => {
    expect(allowed(['CAP_SYS_ADMIN'])).toContain('mount');
    expect(allowed(['CAP_SYS_BOOT'])).toContain('reboot');
    expect(allowed(['CAP_SYS_ADMIN'])).toContain('clone3');
    const clone3 = defaultSeccomp(new Set(), 'x64').syscalls.find((r) => r.names.includes('clone3'));
    expect(clone3).toEqual({ names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 });
  });

  it('names each call once', () => {
    const [first] = defaultSeccomp(new Set(['CAP_SYS_ADMIN', 'CAP_SYSLOG']), 'x64').syscalls;
    expect(first!.names).toHaveLength(new Set(first!.names).size);
  });
});
