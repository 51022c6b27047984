import { eventually } from './clients.ts';
import { docker, dockerResult } from './docker-client.ts';
import { buildWeb, registryPort } from './shop.ts';

const image = `localhost:${registryPort}/web:v1`;
const own = ['--filter', 'is-task=false'];

beforeAll(async () => {
  await buildWeb('v1');
  await docker(1, ['pull', image]);
});
afterAll(async () => {
  const left = (await docker(1, ['ps', '-aq', ...own])).split('\n').filter(Boolean);
  if (left.length > 0) await docker(1, ['rm', '-f', '-v', ...left]);
});

describe('containers of docker on a node', () => {
  it('are checked for their health, and tell of it', async () => {
    const check = ['--health-cmd', 'test -f /tmp/up', '--health-interval', '300ms', '--health-timeout', '2s', '--health-retries', '1'];
    await docker(1, ['run', '-d', '--name', 'checked', ...check, image, 'sleep', '1000']);
    const shown = async (health: string): Promise<boolean> =>
      (await docker(1, ['ps', ...own, '--filter', `health=${health}`, '--format', '{{.Names}} {{.Status}}'])).includes(`(${health})`);
    await eventually('unhealthy', () => shown('unhealthy'));
    await docker(1, ['exec', 'checked', 'touch', '/tmp/up']);
    await eventually('healthy', () => shown('healthy'));
    await docker(1, ['rm', '-f', 'checked']);
  });

  it('are limited anew while they run, listed as ps does, and measured', async () => {
    await docker(1, ['run', '-d', '--name', 'busy', '-m', '64m', image, 'sleep', '1000']);
    await docker(1, ['update', '--pids-limit', '33', '--cpus', '0.5', 'busy']);
    expect(await docker(1, ['inspect', '-f', '{{.HostConfig.PidsLimit}} {{.HostConfig.NanoCpus}}', 'busy'])).toBe('33 500000000\n');
    expect(await docker(1, ['top', 'busy', '-o', 'pid,args'])).toMatch(/^PID +COMMAND\n\d+ +sleep 1000\n$/);
    expect(await docker(1, ['stats', '--no-stream', '--format', '{{.Name}} {{.PIDs}} {{.MemUsage}}', 'busy'])).toMatch(
      /^busy 1 .* \/ 64MiB\n$/,
    );
    await docker(1, ['rm', '-f', 'busy']);
  });

  it('keep their logs as they are told', async () => {
    await docker(1, ['run', '--name', 'silent', '--log-driver', 'none', image, 'echo', 'said']);
    expect((await dockerResult(1, ['logs', 'silent'])).stderr).toContain('configured logging driver does not support reading');
    const options = ['--log-opt', 'max-size=1m', '--log-opt', 'max-file=2', '--log-opt', 'labels=a', '--label', 'a=b'];
    await docker(1, ['run', '--name', 'told', ...options, image, 'echo', 'said']);
    expect(await docker(1, ['logs', '--details', 'told'])).toBe('a=b said\n');
  });

  it('take what this machine has of limits and devices', async () => {
    const settings = [
      '--init',
      '--ulimit',
      'nofile=77:88',
      '--shm-size',
      '2m',
      '--cpuset-cpus',
      '0',
      '--device',
      '/dev/zero:/dev/nothing:r',
    ];
    const script = 'ulimit -n; df /dev/shm | tail -1; head -c 2 /dev/nothing | wc -c; grep Cpus_allowed_list /proc/self/status';
    expect(await docker(1, ['run', '--rm', ...settings, image, 'sh', '-c', script])).toMatch(
      /^77\nshm +2048 .*\n2\nCpus_allowed_list:\t0\n$/,
    );
    const killed = await dockerResult(1, [
      'run',
      '--name',
      'greedy',
      '-m',
      '8m',
      '--memory-swap',
      '8m',
      image,
      'sh',
      '-c',
      'head -c 99m /dev/zero | tail',
    ]);
    expect(killed.code).toBe(137);
    expect(await docker(1, ['inspect', '-f', '{{.State.OOMKilled}}', 'greedy'])).toBe('true\n');
  });
});
