import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun, runCommand } from '#base';
import { berth, env, eventually, fetchText, getJson, kubectl } from './clients.ts';
import { nodeAddress, registry } from './shop.ts';

/** Everything that a cluster makes in the kernel, by its home or its name. */
async function leftovers(): Promise<string[]> {
  const [home, name] = [env('BERTH_HOME'), env('BERTH_NAME')];
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').filter((line) => line.includes(home));
  const links = (await mustRun(['ip', '-br', 'link'])).split('\n').filter((line) => line.startsWith(`${name}-`));
  const tables = (await mustRun(['nft', 'list', 'tables'])).split('\n').filter((line) => line.includes(name));
  const namespaces = (await runCommand(['ip', 'netns', 'list'])).stdout.split('\n').filter((line) => line.includes(name));
  const hierarchies = await readdir('/sys/fs/cgroup');
  const cgroups = (
    await Promise.all(
      ['.', ...hierarchies].map(async (h) =>
        (await readdir(join('/sys/fs/cgroup', h)).catch(() => [])).filter((entry) => entry === name).map((entry) => `cgroup ${h}/${entry}`),
      ),
    )
  ).flat();
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const commands = await Promise.all(
    pids.map(async (pid) => `${pid} ${(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ')}`),
  );
  const processes = commands.filter((line) => line.includes(home) && !line.includes('jest'));
  return [...mounts, ...links, ...tables, ...namespaces, ...cgroups, ...processes];
}

describe('stopping', () => {
  it('lets pods end in order, and runs them again at the next start', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'berth-stop-'));
    await chmod(folder, 0o777);
    const say = (what: string): string => `echo ${what} >> /said/words`;
    const ender = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'ender' },
      spec: {
        volumes: [{ name: 'said', hostPath: { path: folder } }],
        containers: [
          {
            name: 'c',
            image: `${registry}/demo:v1`,
            command: ['sh', '-c', `trap "${say('term')}; exit" TERM; ${say('begun')}; while :; do sleep 0.1; done`],
            lifecycle: { preStop: { exec: { command: ['sh', '-c', say('pre-stop')] } } },
            volumeMounts: [{ name: 'said', mountPath: '/said' }],
          },
        ],
      },
    };
    const said = async (): Promise<string[]> => (await readFile(join(folder, 'words'), 'utf8')).trim().split('\n');
    await kubectl(['apply', '-f', '-'], JSON.stringify(ender));
    await kubectl(['wait', '--for=condition=Ready', 'pod/ender', '--timeout=60s']);
    await berth('down');
    expect(await said()).toEqual(['begun', 'pre-stop', 'term']);
    await berth('up');
    await eventually('the pod to run again', async () => (await said()).length === 4);
    expect((await getJson('pod', 'ender')).status.containerStatuses[0].restartCount).toBe(1);
    await kubectl(['delete', 'pod', 'ender']);
    await rm(folder, { recursive: true });
  });

  it('leaves nothing behind, and the same cluster comes back with the same objects', async () => {
    await kubectl(['create', 'configmap', 'kept', '--from-literal=a=b']);
    const before = await getJson('configmap', 'kept');
    expect((await leftovers()).length).toBeGreaterThan(0);
    await berth('down');
    expect(await leftovers()).toEqual([]);
    await berth('up');
    expect(await getJson('configmap', 'kept')).toEqual(before);
    await eventually('the demo', async () => (await fetchText(`http://${nodeAddress(1)}:30080/`)).status === 200);
    expect(await berth('up')).toContain('is running already');
    expect(await berth('status')).toMatch(/api-server\s+running, process \d+/);
  });

  it('works with the supervisor killed, and removes the data when it is told to', async () => {
    process.kill(Number(await readFile(join(env('BERTH_HOME'), 'run/supervisor.pid'), 'utf8')), 'SIGKILL');
    await berth('down', '--purge');
    expect(await leftovers()).toEqual([]);
    await expect(readdir(env('BERTH_HOME'))).rejects.toThrow('ENOENT');
  });
});
