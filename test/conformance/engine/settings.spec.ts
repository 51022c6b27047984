import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, type Asked, run } from './container.ts';
import { type EngineUnderTest, openEngine } from './engine-under-test.ts';

/** What containers see of their settings, from the inside. */

let engine: EngineUnderTest;
beforeAll(async () => {
  engine = await openEngine();
  await engine.importImage('or/bb:1');
});
afterAll(() => engine.close());

const unified = existsSync('/sys/fs/cgroup/cgroup.controllers');
/** A limit's file of control groups v1, and of v2. */
const limit = (v1: string, v2: string): string[] => ['cat', `/sys/fs/cgroup/${unified ? v2 : v1}`];
const sh = (script: string): string[] => ['sh', '-c', script];

/** Forbids to make folders, and to remove them on a machine that this one is not. */
const conditional = {
  defaultAction: 'SCMP_ACT_ALLOW',
  archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] }],
  syscalls: [
    {
      names: ['mkdir', 'mkdirat'],
      action: 'SCMP_ACT_ERRNO',
      args: [],
      excludes: { caps: ['CAP_SYS_ADMIN'] },
      includes: { minKernel: '4.8' },
    },
    { name: 'unlinkat', action: 'SCMP_ACT_ERRNO', includes: { arches: ['s390x'] } },
  ],
};

interface Case extends Asked {
  name: string;
  want: string | RegExp;
  exitCode?: number;
}

const cases: Case[] = [
  { name: '--init is the first process', cmd: sh('cat /proc/1/comm; echo $$'), host: { Init: true }, want: /^docker-init\n[2-9]\n$/ },
  {
    name: '--ulimit',
    cmd: sh('ulimit -n; ulimit -Hn; ulimit -c'),
    host: {
      Ulimits: [
        { Name: 'nofile', Soft: 100, Hard: 200 },
        { Name: 'core', Soft: 0, Hard: 0 },
      ],
    },
    want: '100\n200\n0\n',
  },
  {
    name: '--ulimit without an end',
    cmd: sh('ulimit -f'),
    host: { Ulimits: [{ Name: 'fsize', Soft: -1, Hard: -1 }] },
    want: 'unlimited\n',
  },
  {
    name: '--device at a place of its own',
    cmd: sh('ls -l /dev/other | busybox cut -c1; head -c 3 /dev/other | busybox wc -c'),
    host: { Devices: [{ PathOnHost: '/dev/zero', PathInContainer: '/dev/other', CgroupPermissions: 'r' }] },
    want: 'c\n3\n',
  },
  {
    name: '--device with fewer permissions',
    cmd: sh('echo x > /dev/tun-here && echo written'),
    host: { Devices: [{ PathOnHost: '/dev/kmsg', PathInContainer: '/dev/tun-here', CgroupPermissions: 'r' }] },
    want: /can't create \/dev\/tun-here: Operation not permitted/,
    exitCode: 1,
  },
  {
    name: '--device-cgroup-rule, for a device that it makes itself',
    cmd: sh('busybox mknod /tmp/kmsg c 1 11; echo > /tmp/kmsg; echo $?'),
    host: { DeviceCgroupRules: ['c 1:11 rwm'] },
    want: '0\n',
  },
  {
    name: 'no device that nobody gave',
    cmd: sh('busybox mknod /tmp/kmsg c 1 11; echo > /tmp/kmsg'),
    want: /Operation not permitted/,
    exitCode: 1,
  },
  {
    name: '--cpuset-cpus',
    cmd: sh('busybox grep Cpus_allowed_list /proc/self/status'),
    host: { CpusetCpus: '0' },
    want: 'Cpus_allowed_list:\t0\n',
  },
  { name: '--shm-size', cmd: sh('busybox df /dev/shm | busybox tail -1'), host: { ShmSize: 3 << 20 }, want: /^shm +3072 / },
  { name: '/dev/shm of 64 MiB', cmd: sh('busybox df /dev/shm | busybox tail -1'), want: /^shm +65536 / },
  { name: '--memory', cmd: limit('memory/memory.limit_in_bytes', 'memory.max'), host: { Memory: 1 << 25 }, want: '33554432\n' },
  {
    name: '--memory-reservation',
    cmd: limit('memory/memory.soft_limit_in_bytes', 'memory.low'),
    host: { MemoryReservation: 1 << 24 },
    want: '16777216\n',
  },
  { name: '--pids-limit', cmd: limit('pids/pids.max', 'pids.max'), host: { PidsLimit: 7 }, want: '7\n' },
  { name: '--cpus', cmd: limit('cpu/cpu.cfs_quota_us', 'cpu.max'), host: { NanoCpus: 5e8 }, want: /^50000\b/ },
  {
    name: '--cpu-period',
    cmd: limit('cpu/cpu.cfs_period_us', 'cpu.max'),
    host: { CpuPeriod: 50_000, CpuQuota: 25_000 },
    want: /\b50000\n$/,
  },
  { name: '--cpu-shares', cmd: limit('cpu/cpu.shares', 'cpu.weight'), host: { CpuShares: 512 }, want: unified ? /^\d\d\n$/ : '512\n' },
  { name: '--oom-score-adj', cmd: ['cat', '/proc/self/oom_score_adj'], host: { OomScoreAdj: 700 }, want: '700\n' },
  {
    name: '--sysctl of its network and messages',
    cmd: ['cat', '/proc/sys/net/core/somaxconn', '/proc/sys/kernel/shmmax'],
    host: { Sysctls: { 'net.core.somaxconn': '77', 'kernel.shmmax': '1000000' } },
    want: '77\n1000000\n',
  },
  {
    name: 'ports below 1024 for everybody, as with Docker',
    cmd: ['cat', '/proc/sys/net/ipv4/ip_unprivileged_port_start'],
    config: { User: '1000' },
    want: '0\n',
  },
  { name: 'what of /proc is read-only', cmd: sh('echo 1 > /proc/sys/kernel/domainname'), want: /Read-only file system/, exitCode: 1 },
  {
    name: '--security-opt systempaths=unconfined',
    cmd: sh('busybox grep -c " /proc/" /proc/mounts'),
    host: { MaskedPaths: [], ReadonlyPaths: [] },
    want: '0\n',
    exitCode: 1,
  },
  {
    name: 'paths that it masks itself',
    cmd: sh('busybox grep " /proc/" /proc/mounts | busybox cut -d" " -f2'),
    host: { MaskedPaths: ['/proc/keys'], ReadonlyPaths: ['/proc/fs'] },
    want: '/proc/keys\n/proc/fs\n',
  },
  {
    name: '--group-add by name and number',
    cmd: ['id', '-G'],
    host: { GroupAdd: ['audio', '77'] },
    config: { User: '1000:1000' },
    want: '1000 29 77\n',
  },
  {
    name: '--user by name, with its groups',
    cmd: ['id'],
    config: { User: 'web' },
    want: 'uid=1000(web) gid=1000(web) groups=29(audio),1000(web)\n',
  },
  { name: '--cgroupns private', cmd: sh('busybox grep -c ":/$" /proc/self/cgroup'), host: { CgroupnsMode: 'private' }, want: /^[1-9]/ },
  {
    name: '--cgroup-parent',
    cmd: sh('busybox grep -c "/below/this/" /proc/self/cgroup'),
    host: { CgroupParent: '/below/this', CgroupnsMode: 'host' },
    want: /^[1-9]/,
  },
  {
    name: '--privileged',
    cmd: sh(
      'ls /dev/kmsg; busybox mount -t tmpfs x /tmp && echo mounted; busybox grep Seccomp: /proc/self/status; echo a > /proc/sys/kernel/domainname',
    ),
    host: { Privileged: true },
    want: '/dev/kmsg\nmounted\nSeccomp:\t0\n',
  },
  {
    name: '--read-only, with a tmpfs',
    cmd: sh('echo 1 > /tmp/a && echo 2 > /a'),
    host: { ReadonlyRootfs: true, Tmpfs: { '/tmp': 'size=1m' } },
    want: /\/a: Read-only file system/,
    exitCode: 1,
  },
  {
    name: '--tmpfs as large as it is told',
    cmd: sh('busybox df /t | busybox tail -1; busybox stat -c %a /t'),
    host: { Tmpfs: { '/t': 'size=2m,mode=700' } },
    want: /^tmpfs +2048 .*\n700\n$/,
  },
  {
    name: '--security-opt seccomp=FILE, in Docker’s form with conditions',
    cmd: sh('mkdir /tmp/a 2>&1 || echo none; echo > /tmp/b; rm /tmp/b && echo removed'),
    host: { SecurityOpt: [`seccomp=${JSON.stringify(conditional)}`] },
    want: /Operation not permitted\nnone\nremoved\n$/,
  },
  {
    name: '--security-opt seccomp=unconfined',
    cmd: sh('busybox grep Seccomp: /proc/self/status'),
    host: { SecurityOpt: ['seccomp=unconfined'] },
    want: 'Seccomp:\t0\n',
  },
  { name: 'a filter of system calls', cmd: sh('busybox grep Seccomp: /proc/self/status'), want: 'Seccomp:\t2\n' },
];

describe('settings of a container', () => {
  it.each(cases)('$name', async ({ want, exitCode = 0, ...asked }) => {
    const { output, exitCode: code, warnings } = await run(engine.socket, asked);
    if (typeof want === 'string') expect([output, code, warnings]).toEqual([want, exitCode, []]);
    else expect([output, code, warnings]).toEqual([expect.stringMatching(want), exitCode, []]);
  });

  it.each<{ name: string; host: object; want: string }>([
    {
      name: 'a device that is not there',
      host: { Devices: [{ PathOnHost: '/dev/nope' }] },
      want: 'error gathering device information while adding custom device "/dev/nope": no such file or directory',
    },
    {
      name: 'a sysctl of the machine',
      host: { Sysctls: { 'kernel.core_pattern': 'x' } },
      want: 'sysctl "kernel.core_pattern" is not in a separate kernel namespace: unknown',
    },
    { name: 'a sysctl that leads elsewhere', host: { Sysctls: { 'net/../kernel/core_pattern': 'x' } }, want: 'invalid sysctl' },
    {
      name: 'a group that is not there',
      host: { GroupAdd: ['nobodys'] },
      want: 'unable to find group nobodys: no matching entries in group file',
    },
    {
      name: 'processors that are not there',
      host: { CpusetCpus: '4096' },
      want: 'Requested CPUs are not available - requested 4096, available: ',
    },
    {
      name: 'a quota of the file system',
      host: { StorageOpt: { size: '1G' } },
      want: "--storage-opt is supported only for overlay over xfs with 'pquota' mount option",
    },
  ])('refuse $name', async ({ host, want }) => {
    await expect(run(engine.socket, { cmd: ['true'], host })).rejects.toThrow(want);
  });
});

describe('a volume that is a mount', () => {
  const volume = (Name: string, DriverOpts: object): Promise<unknown> =>
    ask(engine.socket, 'POST', '/volumes/create', { Name, DriverOpts });

  it('of a tmpfs is as large as it was told', async () => {
    await volume('small', { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' });
    const { output } = await run(engine.socket, { cmd: sh('busybox df /t | busybox tail -1'), host: { Binds: ['small:/t'] } });
    expect(output).toMatch(/^tmpfs +1024 /);
    await ask(engine.socket, 'DELETE', '/volumes/small');
  });

  it('of a folder leaves that folder alone when it is removed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'volume-'));
    await volume('folder', { type: 'none', device: folder, o: 'bind' });
    await run(engine.socket, { cmd: sh('echo kept > /v/file'), host: { Mounts: [{ Type: 'volume', Source: 'folder', Target: '/v' }] } });
    await ask(engine.socket, 'DELETE', '/volumes/folder');
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('kept\n');
    rmSync(folder, { recursive: true });
  });

  it.each<[object, string]>([
    [{ type: 'tmpfs' }, 'missing required option: "device"'],
    [{ kind: 'tmpfs' }, 'invalid option: "kind"'],
  ])('%j is refused', (options, why) => expect(volume('refused', options)).rejects.toThrow(why));

  it('that cannot be mounted does not run', async () => {
    await volume('nowhere', { type: 'none', device: '/no/such/folder', o: 'bind' });
    await expect(run(engine.socket, { cmd: ['true'], host: { Binds: ['nowhere:/v'] } })).rejects.toThrow(
      /error while mounting volume '.*': failed to mount local volume/,
    );
    await ask(engine.socket, 'DELETE', '/volumes/nowhere');
  });
});
