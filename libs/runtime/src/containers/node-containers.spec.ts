import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import type { ContainerSpec, Mount } from '../containers.contract.ts';
import type { Image } from '../images.contract.ts';
import type { LogLine } from '../logs.contract.ts';
import { mount, mountFlags, readMounts, unmount } from '../host/index.ts';
import { BusyboxNode } from '../testing/busybox-node.ts';
import { readLog } from './log-file.ts';
import type { NodeContainers } from './node-containers.ts';
import type { OciSpec } from './oci-types.ts';

describe('containers of a node', () => {
  let node: BusyboxNode;
  let dir: string;
  let runtime: NodeContainers;
  let sequence = 0;
  const image = (config: Image['config']['config']): Image => node.image(config);

  beforeAll(async () => {
    node = await BusyboxNode.make();
    ({ dir } = node);
    runtime = await node.open();
    await runtime.createSandbox({
      id: 'pod',
      hostname: 'pod-1',
      cgroupPath: `${node.cgroup}/pod`,
      hostNetwork: false,
      labels: { uid: '1' },
    });
  }, 20_000);

  afterAll(async () => {
    for (const { id } of await runtime.list()) await runtime.remove(id);
    await runtime.removeSandbox('pod');
    await runtime.close();
    node.remove();
  }, 20_000);

  const make = async (args: string[], more: Partial<ContainerSpec> = {}): Promise<string> => {
    const id = `c${sequence++}`;
    await runtime.create(node.container(id, 'pod', { args, ...more }));
    return id;
  };

  const outputOf = async (id: string): Promise<string> => {
    const lines: LogLine[] = [];
    for await (const batch of readLog(node.logPath(id))) lines.push(...batch);
    return lines.map((l) => `${l.stream}:${l.text.toString()}`).join('\n');
  };

  const run = async (args: string[], more: Partial<ContainerSpec> = {}): Promise<{ exitCode: number; output: string }> => {
    const id = await make(args, more);
    await runtime.start(id);
    const { exitCode } = await runtime.wait(id);
    const output = await outputOf(id);
    await runtime.remove(id);
    return { exitCode, output };
  };

  const execute = async (id: string, args: string[], { input, ...spec }: { input?: string; tty?: boolean; user?: string } = {}) => {
    const output = new PassThrough();
    const chunks: Buffer[] = [];
    output.on('data', (chunk: Buffer) => chunks.push(chunk));
    const stdin = input === undefined ? undefined : Readable.from([Buffer.from(input)]);
    const result = await runtime.exec(id, { args, tty: false, ...spec }, { stdin, stdout: output, stderr: output });
    return { ...result, output: Buffer.concat(chunks).toString() };
  };

  it('ends an exec that is given up with all that it began, whatever holds its output open', async () => {
    const id = await make(['sleep', '1000']);
    await runtime.start(id);
    const giveUp = new AbortController();
    const output = new PassThrough();
    output.once('data', () => giveUp.abort());
    const args = ['sh', '-c', 'sleep 999 & echo begun; sleep 999; true'];
    expect(await runtime.exec(id, { args, tty: false }, { stdout: output, signal: giveUp.signal })).toEqual({ exitCode: 137 });
    expect((await execute(id, ['sh', '-c', 'busybox ps -o args | busybox grep -c "[s]leep 999"'])).output).toBe('0\n');
    await runtime.remove(id);
  });

  it('finds after a restart of the machine that the sandbox is gone and its containers ended, and makes both anew', async () => {
    const spec = { id: 'lost', hostname: 'lost', cgroupPath: `${node.cgroup}/lost`, hostNetwork: false, labels: {} };
    await runtime.createSandbox(spec);
    const old = await make(['sleep', '1000'], { sandboxId: 'lost' });
    await runtime.start(old);
    const { pid } = (await runtime.get(old))!;
    await runtime.close();
    const conmon = Number(readFileSync(join(dir, 'node', 'containers', old, 'conmon.pid'), 'utf8'));
    for (const process of [conmon, pid!]) execFileSync('kill', ['-9', String(process)]);
    const mounts = readMounts().filter((m) =>
      [`${dir}/node/sandboxes/lost/`, `${dir}/node/containers/${old}/`].some((d) => m.target.startsWith(d)),
    );
    for (const { target } of mounts.toReversed()) await unmount(target);

    runtime = await node.open();
    expect((await runtime.listSandboxes()).map(({ id }) => id)).toEqual(['pod']);
    expect(await runtime.wait(old)).toMatchObject({ exitCode: 137 });
    await runtime.createSandbox(spec);
    const fresh = await make(['hostname'], { sandboxId: 'lost' });
    await runtime.start(fresh);
    await runtime.wait(fresh);
    expect(await outputOf(fresh)).toBe('stdout:lost');
    for (const id of [old, fresh]) await runtime.remove(id);
    await runtime.removeSandbox('lost');
  });

  it('runs a program to its end, with its output in the log and its exit code', async () => {
    const { exitCode, output } = await run(['sh', '-c', 'echo $GREETING; echo oops >&2; hostname; exit 3']);
    expect(exitCode).toBe(3);
    // The two streams are two pipes: between them there is no order.
    expect(output.split('\n').toSorted()).toEqual(['stderr:oops', 'stdout:hello', 'stdout:pod-1']);
  });

  it.each([
    ['', 'uid=0(root) gid=0(root) groups=0(root)'],
    ['web', 'uid=33(web) gid=34(web) groups=34(web),50(extra)'],
    ['1000:7', 'uid=1000 gid=7 groups=7'],
  ])('runs as user %p', async (user, want) => {
    expect(await run(['id'], { user })).toEqual({ exitCode: 0, output: `stdout:${want}` });
  });

  it('refuses what is not there with the words of the runtime, and leaves nothing', async () => {
    await expect(make(['no-such-program'])).rejects.toMatchObject({
      code: 'start-failed',
      message: expect.stringContaining('no-such-program'),
    });
    await expect(make(['id'], { user: 'nobody-here' })).rejects.toMatchObject({ code: 'start-failed' });
    expect(await runtime.list()).toEqual([]);
  });

  it('fills an anonymous volume of the image from it', async () => {
    const withVolume = image({ Volumes: { '/data': {} } });
    expect(await run(['cat', '/data/seed'], { image: withVolume })).toEqual({ exitCode: 0, output: 'stdout:from the image' });
  });

  describe('mounts below a volume', () => {
    let volume: string;
    let sequel: string;
    beforeEach(() => {
      volume = mkdtempSync(join(dir, 'volume-'));
      mount('tmpfs', volume, 'tmpfs');
      mount('', volume, '', { flags: mountFlags.shared });
      mkdirSync((sequel = join(volume, 'below')));
    });
    afterEach(async () => {
      await unmount(sequel);
      await unmount(volume);
    });
    const bound = (more: Partial<Mount>): Mount => ({ source: volume, destination: '/v', readonly: false, ...more });

    it.each([
      { readonly: 'the volume alone', recursiveReadonly: false, exitCode: 0 },
      { readonly: 'what is below it too (KEP-3857)', recursiveReadonly: true, exitCode: 1 },
    ])('read-only: $readonly', async ({ recursiveReadonly, exitCode }) => {
      mount('tmpfs', sequel, 'tmpfs');
      const mounts = [bound({ readonly: true, recursiveReadonly })];
      expect((await run(['sh', '-c', 'echo > /v/x'], { mounts })).exitCode).toBe(1);
      expect((await run(['sh', '-c', 'echo > /v/below/x'], { mounts })).exitCode).toBe(exitCode);
    });

    it.each([
      { propagation: 'private' as const, seen: '' },
      { propagation: 'rslave' as const, seen: 'new' },
      { propagation: 'rshared' as const, seen: 'new' },
    ])('made later show in the container: $propagation', async ({ propagation, seen }) => {
      const id = await make(['sleep', '1000'], { mounts: [bound({ propagation })] });
      await runtime.start(id);
      mount('tmpfs', sequel, 'tmpfs');
      writeFileSync(join(sequel, 'new'), '');
      expect((await execute(id, ['ls', '/v/below'])).output.trim()).toBe(seen);
      await runtime.remove(id);
    });

    it.each([
      { propagation: 'rslave' as const, seen: false },
      { propagation: 'rshared' as const, seen: true },
    ])('made by a privileged container show on the node: $propagation', async ({ propagation, seen }) => {
      const mounts = [bound({ propagation })];
      const { exitCode } = await run(['busybox', 'mount', '-t', 'tmpfs', 'tmpfs', '/v/below'], { mounts, privileged: true });
      expect(exitCode).toBe(0);
      expect(readMounts().some((m) => m.target === sequel)).toBe(seen);
    });
  });

  it('tells who a container is', async () => {
    const id = await make(['sleep', '1000'], { user: '1000:3000', supplementalGroups: [4000, 3000] });
    expect((await runtime.get(id))?.user).toEqual({ uid: 1000, gid: 3000, groups: [3000, 4000] });
    await runtime.remove(id);
  });

  it('counts what a container has written into volumes of its image', async () => {
    const id = await make(['sleep', '1000'], { image: image({ Volumes: { '/data': {} } }) });
    await runtime.start(id);
    const before = await runtime.writableUsage(id);
    await execute(id, ['dd', 'if=/dev/zero', 'of=/data/big', 'bs=1024', 'count=300']);
    const after = await runtime.writableUsage(id);
    expect(after.bytes - before.bytes).toBeGreaterThanOrEqual(300 * 1024);
    expect(after.inodes).toBeGreaterThan(before.inodes);
    await runtime.remove(id);
  });

  it('keeps a fork bomb inside the limit of its sandbox', async () => {
    const cgroupPath = `${node.cgroup}/bomb`;
    await runtime.createSandbox({ id: 'bomb', hostname: 'bomb', cgroupPath, hostNetwork: false, labels: {}, resources: { pidsLimit: 20 } });
    const bomb = 'i=0; while [ $i -lt 100 ]; do sleep 1000 & i=$((i+1)); done';
    const { exitCode, output } = await run(['sh', '-c', bomb], { sandboxId: 'bomb' });
    expect({ exitCode, output }).toEqual({ exitCode: 2, output: expect.stringContaining("can't fork: Resource temporarily unavailable") });
    await runtime.removeSandbox('bomb');
  });

  it('denies what the filter and the capabilities do not grant', async () => {
    expect((await run(['busybox', 'unshare', '-m', 'true'])).exitCode).not.toBe(0);
    expect((await run(['sh', '-c', 'echo x > /proc/sys/kernel/hostname'])).exitCode).not.toBe(0);
    expect((await run(['sh', '-c', 'echo x > /file'], { readonlyRootfs: true })).exitCode).not.toBe(0);
  });

  it('filters system calls of every container, the first of a profile and the next, and of what is executed in it', async () => {
    const filter = (id: string): Buffer => readFileSync(join(dir, 'node', 'crun', id, 'seccomp.bpf'));
    const [first, next, other] = [
      await make(['sleep', '1000']),
      await make(['sleep', '1000']),
      await make(['sleep', '1000'], { capabilities: { add: ['SYS_ADMIN'], drop: [] } }),
    ];
    for (const id of [first, next, other]) {
      await runtime.start(id);
      expect((await execute(id, ['cat', '/proc/1/status', '/proc/self/status'])).output.match(/^Seccomp:\t2$/gm)).toHaveLength(2);
    }
    expect(filter(next)).toEqual(filter(first));
    expect(filter(other)).not.toEqual(filter(first));
    const { annotations } = JSON.parse(readFileSync(join(dir, 'node', 'containers', next, 'config.json'), 'utf8')) as OciSpec;
    expect(annotations['run.oci.seccomp_bpf_data']).toBe(filter(first).toString('base64'));
    for (const id of [first, next, other]) await runtime.remove(id);
  });

  it('tells an end by the kernel for want of memory', async () => {
    const id = await make(['tail', '/dev/zero'], { resources: { memoryLimitBytes: 16 << 20 } });
    await runtime.start(id);
    expect(await runtime.wait(id)).toMatchObject({ exitCode: 137, oomKilled: true });
    await runtime.remove(id);
  }, 20_000);

  it('executes, with input, output, exit code, user and terminal', async () => {
    const id = await make(['sleep', '1000']);
    await runtime.start(id);
    expect(await execute(id, ['sh', '-c', 'cat; echo $GREETING; exit 5'], { input: 'in ' })).toEqual({ exitCode: 5, output: 'in hello\n' });
    expect((await execute(id, ['id'], { user: 'web' })).output).toContain('uid=33(web)');
    expect((await execute(id, ['sh', '-c', 'stty size; exit 4'], { tty: true })).exitCode).toBe(4);
    const errors = new PassThrough();
    await expect(runtime.exec(id, { args: ['absent'], tty: false }, { stderr: errors })).rejects.toMatchObject({ code: 'exec-failed' });
    expect(errors.read()).toBeNull(); // crun's words are in the error, and nowhere else
    const loud = await execute(id, ['sh', '-c', 'echo begin >&2; head -c 300000 /dev/zero >&2; exec /bin/absent']);
    expect([loud.exitCode, loud.output.length > 300_006, loud.output.slice(0, 6)]).toEqual([127, true, 'begin\n']);
    await runtime.kill(id, 'SIGKILL');
    expect(await runtime.wait(id)).toMatchObject({ exitCode: 137, oomKilled: false });
    await expect(execute(id, ['id'])).rejects.toMatchObject({ code: 'not-running' });
    await runtime.remove(id);
  });

  it('goes on with the layer of a removed container that keeps it, until that is removed too', async () => {
    const id = `kept${sequence++}`;
    const counted = async (): Promise<string> => {
      const args = ['sh', '-c', 'echo run >> /runs; wc -l < /runs'];
      await runtime.create(node.container(id, 'pod', { args, keepLayer: true, logPath: node.logPath(`${id}-${sequence++}`) }));
      await runtime.start(id);
      await runtime.wait(id);
      const said = new PassThrough();
      await runtime.attach(id, { stdout: said }, 0);
      await runtime.remove(id);
      return String(said.read()).trim();
    };
    expect([await counted(), await counted()]).toEqual(['1', '2']);
    await runtime.removeLayer(id);
    expect(await counted()).toBe('1');
    await runtime.removeLayer(id);
  });

  it('attaches input and output', async () => {
    const id = await make(['cat'], { stdin: true, stdinOnce: true });
    const stdout = new PassThrough();
    const stdin = new PassThrough();
    await runtime.start(id);
    const attached = runtime.attach(id, { stdin, stdout });
    const first = new Promise<string>((resolve) => stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())));
    stdin.write('line\n');
    expect(await first).toBe('line\n');
    stdin.end();
    expect((await runtime.wait(id)).exitCode).toBe(0);
    await attached;
    await runtime.remove(id);
  });

  it('is paused, limited anew and goes on; its figures are read', async () => {
    const id = await make(['sleep', '1000'], { resources: { memoryLimitBytes: 32 << 20, cpuShares: 100, pidsLimit: 10 } });
    await runtime.start(id);
    await runtime.pause(id);
    expect((await runtime.get(id))?.state).toBe('paused');
    await runtime.unpause(id);
    await runtime.update(id, { memoryLimitBytes: 64 << 20 });
    const stats = await runtime.stats(id);
    expect(stats.pids).toBe(1);
    expect(stats.memoryUsageBytes).toBeGreaterThan(0);
    await runtime.remove(id);
  });

  it('lets the containers of a pod share process ids, though they are made together', async () => {
    const shared = { pidNamespace: 'sandbox' as const };
    const [a, b] = await Promise.all([make(['sleep', '1000'], shared), make(['sleep', '2000'], shared)]);
    await Promise.all([runtime.start(a), runtime.start(b)]);
    const { output } = await execute(a, ['sh', '-c', 'for p in /proc/[0-9]*; do tr "\\0" " " < $p/cmdline; echo; done']);
    expect(output).toContain('sleep 1000');
    expect(output).toContain('sleep 2000');
    await Promise.all([runtime.remove(a), runtime.remove(b)]);
  });

  it('knows after a restart what is paused: it can go on, and be killed', async () => {
    const [goes, dies] = [await make(['sleep', '1000']), await make(['sleep', '1000'])];
    for (const id of [goes, dies]) {
      await runtime.start(id);
      await runtime.pause(id);
    }
    await runtime.close();
    runtime = await node.open();
    expect((await runtime.list()).map(({ state }) => state)).toEqual(['paused', 'paused']);
    await runtime.unpause(goes);
    expect((await execute(goes, ['true'])).exitCode).toBe(0);
    await runtime.kill(dies, 'SIGKILL');
    expect(await runtime.wait(dies)).toMatchObject({ exitCode: 137 });
    for (const id of [goes, dies]) await runtime.remove(id);
  });

  it('adopts what runs, what ended meanwhile, and clears what was half made', async () => {
    const [runs, ends] = [await make(['sleep', '1000']), await make(['sh', '-c', 'read x; exit 9'], { stdin: true, stdinOnce: true })];
    await runtime.start(runs);
    await runtime.start(ends);
    const before = await runtime.get(runs);
    await runtime.close();
    process.kill(Number(readFileSync(join(dir, 'node', 'containers', ends, 'pid'), 'utf8')), 'SIGTERM');
    // As if this process had been killed before it wrote down whom it started.
    const monitorFile = join(dir, 'node', 'containers', runs, 'conmon.pid');
    const monitor = Number(readFileSync(monitorFile, 'utf8'));
    rmSync(monitorFile);
    mkdirSync(join(dir, 'node', 'containers', 'half'));
    mkdirSync(join(dir, 'node', 'sandboxes', 'half'));
    runtime = await node.open();
    expect(await runtime.get(runs)).toEqual(before);
    expect(await runtime.listSandboxes()).toEqual([
      { id: 'pod', labels: { uid: '1' }, netnsPath: join(dir, 'node', 'sandboxes', 'pod', 'net') },
    ]);
    process.kill(Number(readFileSync(join(dir, 'node', 'containers', ends, 'pid'), 'utf8')), 'SIGKILL');
    expect((await runtime.wait(ends)).exitCode).toBe(137);
    expect(existsSync(join(dir, 'node', 'containers', 'half'))).toBe(false);
    // The monitor is killed: what it watched cannot go on unseen.
    process.kill(monitor, 'SIGKILL');
    expect((await runtime.wait(runs)).exitCode).toBe(137);
  });
});
