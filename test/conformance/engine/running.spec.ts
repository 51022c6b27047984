import { existsSync, readFileSync } from 'node:fs';
import { systemClock } from '#base';
import { ask, create, logsOf, run, unframed } from './container.ts';
import { type EngineUnderTest, openEngine } from './engine-under-test.ts';
import { send } from './replay.ts';

/** Containers while they run, and how far they are bounded. */

let engine: EngineUnderTest;
beforeAll(async () => {
  engine = await openEngine();
  await engine.importImage('or/bb:1');
});
afterAll(() => engine.close());

const sh = (script: string): string[] => ['sh', '-c', script];
const unified = existsSync('/sys/fs/cgroup/cgroup.controllers');

async function started(cmd: string[], host: object = {}): Promise<string> {
  const { Id: id } = await create(engine.socket, { cmd, host });
  await ask(engine.socket, 'POST', `/containers/${id}/start`);
  return id;
}

interface ExecView {
  Pid: number;
  ExitCode: number;
}

async function executed(container: string, asked: object): Promise<{ output: string; view: ExecView }> {
  const { Id: id } = await ask<{ Id: string }>(engine.socket, 'POST', `/containers/${container}/exec`, {
    AttachStdout: true,
    AttachStderr: true,
    ...asked,
  });
  const { bytes } = await send(engine.socket, { method: 'POST', path: `/exec/${id}/start`, content: '{}', type: 'application/json' });
  return { output: unframed(bytes), view: await ask<ExecView>(engine.socket, 'GET', `/exec/${id}/json`) };
}

describe('a container that runs', () => {
  let id: string;
  beforeAll(async () => {
    id = await started(['sleep', '1000'], { Memory: 32 << 20, CpuShares: 512 });
  });

  it('is limited anew', async () => {
    await ask(engine.socket, 'POST', `/containers/${id}/update`, {
      Memory: 64 << 20,
      MemorySwap: 128 << 20,
      PidsLimit: 9,
      CpuQuota: 30_000,
    });
    const files = unified
      ? ['memory.max', 'pids.max', 'cpu.max']
      : ['memory/memory.limit_in_bytes', 'pids/pids.max', 'cpu/cpu.cfs_quota_us'];
    const { output } = await executed(id, { Cmd: ['cat', ...files.map((file) => `/sys/fs/cgroup/${file}`)] });
    expect(output).toMatch(/^67108864\n9\n30000\b/);
  });

  it('shows its processes as ps does', async () => {
    const { State } = await ask<{ State: { Pid: number } }>(engine.socket, 'GET', `/containers/${id}/json`);
    expect(await ask(engine.socket, 'GET', `/containers/${id}/top?ps_args=-o%20pid,args`)).toEqual({
      Titles: ['PID', 'COMMAND'],
      Processes: [[String(State.Pid), 'sleep 1000']],
    });
    expect(await ask(engine.socket, 'GET', `/containers/${id}/top`)).toMatchObject({
      Titles: expect.arrayContaining(['UID', 'PID', 'CMD']),
    });
  });

  it('is measured', async () => {
    const stats = await ask<Record<string, object>>(engine.socket, 'GET', `/containers/${id}/stats?stream=0`);
    expect(stats).toMatchObject({
      id,
      pids_stats: { current: 1, limit: 9 },
      memory_stats: { limit: 64 << 20, usage: expect.any(Number) },
      cpu_stats: { cpu_usage: { total_usage: expect.any(Number) }, online_cpus: expect.any(Number) },
      precpu_stats: { system_cpu_usage: expect.any(Number) },
    });
    expect(stats['preread']).not.toBe('0001-01-01T00:00:00Z');
    expect(await ask(engine.socket, 'GET', `/containers/${id}/stats?stream=0&one-shot=1`)).toMatchObject({
      preread: '0001-01-01T00:00:00Z',
    });
  });

  it('executes with its own variables, folder, user, and id', async () => {
    const { output, view } = await executed(id, {
      Cmd: sh('echo $A $PWD $(id -u); cat /proc/self/status | busybox grep -c ^NSpid'),
      Env: ['A=b'],
      WorkingDir: '/tmp',
      User: 'web',
    });
    expect(output).toBe('b /tmp 1000\n1\n');
    expect([view.ExitCode, view.Pid > 1, existsSync(`/proc/${view.Pid}`)]).toEqual([0, true, false]);
  });

  it('executes with all capabilities where that is asked for', async () => {
    const capabilities = async (Privileged: boolean): Promise<string> =>
      (await executed(id, { Cmd: sh('busybox grep CapEff /proc/self/status'), Privileged })).output;
    const mine = /CapBnd:\s+(\w+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]!;
    expect(await capabilities(true)).toContain(mine);
    expect(await capabilities(false)).not.toContain(mine);
  });
});

describe('logs', () => {
  it('of the driver none cannot be read, and are attached to as any', async () => {
    const { Id: id } = await create(engine.socket, { cmd: ['echo', 'said'], host: { LogConfig: { Type: 'none' } } });
    await ask(engine.socket, 'POST', `/containers/${id}/start`);
    await expect(logsOf(engine.socket, id)).rejects.toThrow('configured logging driver does not support reading');
  });

  it('stay as small as they are told, and are read through what was rotated away', async () => {
    const script = 'i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo line $i; done; sleep 1.5; echo between; sleep 1.5; echo end';
    const Config = { 'max-size': '1k', 'max-file': '2', labels: 'a' };
    const { Id: id } = await create(engine.socket, {
      cmd: sh(script),
      host: { LogConfig: { Type: 'json-file', Config } },
      config: { Labels: { a: 'b' } },
    });
    await ask(engine.socket, 'POST', `/containers/${id}/start`);
    await ask(engine.socket, 'POST', `/containers/${id}/wait`);
    const all = (await logsOf(engine.socket, id)).trim().split('\n');
    expect(all.slice(-3)).toEqual(['line 300', 'between', 'end']);
    expect(await logsOf(engine.socket, id, '&tail=2&details=1')).toBe('a=b between\na=b end\n');
  });
});

describe('a container is kept to its bounds', () => {
  it('one that takes more memory than it may is killed, and that is told', async () => {
    const { exitCode, oomKilled } = await run(engine.socket, {
      cmd: sh('head -c 64m /dev/zero | busybox tail >/dev/null; exit $?'),
      host: { Memory: 16 << 20, MemorySwap: 16 << 20 },
    });
    expect([exitCode, oomKilled]).toEqual([137, true]);
    const until = systemClock.now().getTime() / 1000;
    const { bytes } = await send(engine.socket, { method: 'GET', path: `/events?since=1&until=${until}`, type: '' });
    const actions = bytes
      .toString()
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as { Action: string }).Action);
    expect(actions.filter((action) => ['oom', 'die'].includes(action)).slice(-2)).toEqual(['oom', 'die']);
  });

  it('processor time is shared as it was told', async () => {
    const { output } = await run(engine.socket, {
      cmd: sh(`busybox timeout 1 sh -c 'while :; do :; done'; cat /sys/fs/cgroup/${unified ? '' : 'cpu/'}cpu.stat`),
      host: { NanoCpus: 1e8 },
    });
    expect(Number(/nr_throttled (\d+)/.exec(output)![1])).toBeGreaterThan(2);
  });

  it('more processes than it may have are refused', async () => {
    const { output } = await run(engine.socket, { cmd: sh('for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait'), host: { PidsLimit: 4 } });
    expect(output).toContain("can't fork: Resource temporarily unavailable");
  });

  it.each<[string, string, object, RegExp]>([
    ['a read-only root', 'echo x > /etc/x', { ReadonlyRootfs: true }, /Read-only file system/],
    ['a capability that it lost', 'busybox chown 7 /tmp', { CapDrop: ['CHOWN'] }, /Operation not permitted/],
    ['a call that the filter blocks', 'busybox unshare -U true', {}, /Operation not permitted/],
    ['a mount', 'busybox mount -t tmpfs x /tmp', {}, /permission denied/i],
    [
      'a program that would make it root',
      'busybox grep NoNewPrivs:.1 /proc/self/status && false',
      { SecurityOpt: ['no-new-privileges'] },
      /NoNewPrivs:\t1/,
    ],
    ['another’s processes', 'ls -d /proc/[0-9]* | busybox wc -l; false', {}, /^[1-4]\n$/],
    ['the machine’s disks', 'cat /dev/vda; busybox mknod /tmp/d b 254 0 && cat /tmp/d', {}, /Operation not permitted/],
    ['the machine’s settings', 'echo x > /proc/sys/kernel/core_pattern', {}, /Read-only file system/],
    [
      'the machine by its control groups',
      'busybox mkdir /sys/fs/cgroup/memory/x 2>&1 || busybox mkdir /sys/fs/cgroup/x/y',
      {},
      /Read-only file system/,
    ],
  ])('%s is beyond it', async (_name, script, host, want) => {
    const { output, exitCode } = await run(engine.socket, { cmd: sh(script), host });
    expect([output, exitCode]).not.toEqual([expect.anything(), 0]);
    expect(output).toMatch(want);
  });
});
