import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env, eventually, kubectl } from './clients.ts';
import { docker, dockerResult } from './docker-client.ts';
import { buildWeb, deployShop, nodeName, registryPort } from './shop.ts';

/** The image of the other suites has a shell, its applets, and a user of its own. */
const image = `localhost:${registryPort}/web:v1`;

/** Without the containers of pods. */
const own = ['--filter', 'is-task=false'];

beforeAll(async () => {
  await buildWeb('v1');
  await docker(1, ['pull', image]);
});
afterAll(async () => {
  const left = (await docker(1, ['ps', '-aq', ...own])).split('\n').filter(Boolean);
  if (left.length > 0) await docker(1, ['rm', '-f', '-v', ...left]);
});

describe('docker on a node', () => {
  it('runs a command, passes its output, its input and its exit code on, and leaves nothing', async () => {
    expect(await docker(1, ['run', '--rm', image, 'echo', 'hello'])).toBe('hello\n');
    expect(await docker(1, ['run', '--rm', '-i', image, 'cat'], 'as it came')).toBe('as it came');
    const failed = await dockerResult(1, ['run', '--rm', image, 'sh', '-c', 'echo out; echo err >&2; exit 7']);
    expect(failed).toMatchObject({ code: 7, stdout: 'out\n', stderr: 'err\n' });
    expect(await dockerResult(1, ['run', '--rm', image, 'no-such-program'])).toMatchObject({ code: 127 });
    expect(await docker(1, ['ps', '-aq', ...own])).toBe('');
  });

  it('keeps a container: what it wrote, its log, its name, until it is removed', async () => {
    await docker(1, ['run', '-d', '--name', 'kept', '-u', '0', image, 'sh', '-c', 'echo run >> /runs; wc -l < /runs; exec sleep 1000']);
    expect(await docker(1, ['exec', 'kept', 'id', '-u'])).toBe('0\n');
    expect(await docker(1, ['ps', ...own, '--format', '{{.Names}} {{.State}}'])).toBe('kept running\n');
    await docker(1, ['stop', '-t', '0', 'kept']);
    expect(await docker(1, ['inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', 'kept'])).toBe('exited 137\n');
    await docker(1, ['start', 'kept']);
    await eventually('its second line', async () => (await docker(1, ['logs', 'kept'])) === '1\n2\n');
    expect((await dockerResult(1, ['rm', 'kept'])).stderr).toContain('container is running: stop the container before removing');
    await docker(1, ['rm', '-f', 'kept']);
  });

  it('bounds it, connects it, and reaches services of the cluster from it', async () => {
    await deployShop();
    const limits = ['-m', '32m', '--cpus', '0.5', '--pids-limit', '20', '--read-only', '--cap-drop', 'ALL'];
    const script =
      'cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max; touch /x; grep CapEff /proc/self/status';
    const { stdout, stderr } = await dockerResult(1, ['run', '--rm', ...limits, image, 'sh', '-c', script]);
    expect([stdout, stderr]).toEqual([
      expect.stringMatching(/^33554432\nCapEff:\s+0+\n$/),
      expect.stringContaining('Read-only file system'),
    ]);
    const page = await docker(1, [
      'run',
      '--rm',
      '--network',
      'cluster',
      image,
      'timeout',
      '5',
      'wget',
      '-qO-',
      'http://web.shop.svc.cluster.local/',
    ]); // prettier-ignore
    expect(page).toContain('greeting=hello');
    const alone = await docker(1, ['run', '--rm', '--network', 'none', image, 'sh', '-c', 'ip -o link | wc -l']);
    expect(alone).toBe('1\n');
  });

  it('has volumes: named ones stay, and begin with what the image has there', async () => {
    await docker(1, ['run', '--rm', '-v', 'pages:/www', image, 'sh', '-c', 'ls /www/cgi-bin']).then((out) =>
      expect(out).toBe('index.cgi\n'),
    );
    await docker(1, ['run', '--rm', '-u', '0', '-v', 'pages:/www', image, 'sh', '-c', 'echo more > /www/more']);
    expect(await docker(1, ['run', '--rm', '-v', 'pages:/here:ro', image, 'cat', '/here/more'])).toBe('more\n');
    await docker(1, ['volume', 'rm', 'pages']);
  });

  it('builds an image that pods can be made of', async () => {
    const context = join(env('BERTH_HOME'), 'web-context');
    const tag = `localhost:${registryPort}/from-docker:v1`;
    await docker(1, ['build', '-t', tag, context]);
    expect(JSON.parse(await docker(1, ['image', 'inspect', tag]))[0]).toMatchObject({
      RepoTags: expect.arrayContaining([tag]),
      Config: { User: '1000:1000', WorkingDir: '/www' },
    });
    expect(await docker(1, ['run', '--rm', tag, 'sh', '-c', 'echo $VERSION'])).toBe('v1\n');
    const manifest = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'from-docker' },
      spec: { nodeName: nodeName(1), terminationGracePeriodSeconds: 1, containers: [{ name: 'c', image: tag, imagePullPolicy: 'Never' }] },
    };
    await kubectl(['apply', '-f', '-'], JSON.stringify(manifest));
    await kubectl(['wait', '--for=condition=Ready', 'pod/from-docker', '--timeout=60s']);
    await kubectl(['delete', 'pod', 'from-docker']);
  });

  it('runs on while the agent of its node is killed, and is followed by the next', async () => {
    await docker(1, ['run', '-d', '--name', 'survivor', image, 'sleep', '1000']);
    const before = await docker(1, ['inspect', '-f', '{{.State.Pid}} {{.State.StartedAt}} {{.NetworkSettings.IPAddress}}', 'survivor']);
    process.kill(Number(await readFile(join(env('BERTH_HOME'), 'nodes', nodeName(1), 'agent.pid'), 'utf8')), 'SIGKILL');
    const format = '{{.State.Pid}} {{.State.StartedAt}} {{.NetworkSettings.IPAddress}}';
    await eventually('the next engine', async () => (await docker(1, ['inspect', '-f', format, 'survivor'])) === before);
    expect(await docker(1, ['exec', 'survivor', 'echo', 'still here'])).toBe('still here\n');
    await docker(1, ['kill', 'survivor']);
    expect(await docker(1, ['wait', 'survivor'])).toBe('137\n');
    await docker(1, ['rm', 'survivor']);
  });

  it('shows the containers of pods, and leaves them to the cluster', async () => {
    await deployShop();
    const web = await eventually('a container of a pod', async () => {
      const names = await docker(1, ['ps', '--filter', 'label=io.kubernetes.pod.namespace=shop', '--format', '{{.Names}}']);
      return names.split('\n').find((name) => /^k8s_\w+_web-[\w-]+_shop_[\w-]+_\d+$/.test(name));
    });
    expect(await docker(1, ['exec', web, 'echo', 'in a pod'])).toBe('in a pod\n');
    expect((await dockerResult(1, ['rm', '-f', web])).stderr).toContain('belongs to pod shop/web-');
  });

  it('tells of what happens', async () => {
    const since = String(Date.now() / 1000);
    await docker(1, ['run', '--rm', '--name', 'told', image, 'true']);
    const told = await docker(1, [
      'events',
      '--since',
      since,
      '--until',
      String(Date.now() / 1000),
      '--filter',
      'container=told',
      '--format',
      '{{.Action}}',
    ]);
    expect(told.split('\n').filter(Boolean)).toEqual(expect.arrayContaining(['create', 'attach', 'start', 'die', 'destroy']));
  });
});
