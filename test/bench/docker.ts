import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { mustRun, runCommand } from '#base';
import { isInstalled, percentile, settled, until } from './api.ts';

export interface Docker {
  socket: string;
  /** The `docker` command against this daemon; throws when it fails. */
  docker: (...args: string[]) => Promise<string>;
  // oxlint-disable-next-line typescript/no-explicit-any -- a benchmark reads whatever fields it needs
  get: (path: string) => Promise<any>;
}

const bridgeName = 'bench-docker';

/**
 * A Docker daemon of its own, with a small image `bench`, for as long as `work` takes; undefined where none is installed. It lives in network,
 * mount and process namespaces that end with it: nothing of it is left, whatever happens. Without `ownNetwork` it reaches a registry of the
 * bench's. With `bridge` its containers have a network, of a bridge that goes with it.
 */
export async function withDocker<T>(
  work: (docker: Docker) => Promise<T>,
  { ownNetwork = true, bridge = false } = {},
): Promise<T | undefined> {
  if (!(await isInstalled('dockerd')) || !(await isInstalled('docker'))) return undefined;
  const root = mkdtempSync(join(tmpdir(), 'bench-docker-'));
  const at = (name: string): string => join(root, name);
  const cgroup = basename(root);
  const args = ['--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('pid'), '-H', `unix://${at('sock')}`];
  const daemon = ['dockerd', ...args, `--bridge=${bridge ? bridgeName : 'none'}`, '--iptables=false', `--cgroup-parent=/${cgroup}`].join(
    ' ',
  );
  if (bridge) {
    await mustRun(['ip', 'link', 'add', bridgeName, 'type', 'bridge']);
    await mustRun(['ip', 'address', 'add', '10.197.0.1/24', 'dev', bridgeName]);
    await mustRun(['ip', 'link', 'set', bridgeName, 'up']);
  }
  const child = spawn(
    'setpriv', // with --pdeathsig the daemon ends also when the benchmark is killed
    [
      '--pdeathsig=KILL',
      'unshare',
      ...(ownNetwork ? ['--net'] : []),
      '--mount',
      '--pid',
      '--fork',
      '--kill-child',
      '--mount-proc',
      'sh',
      '-c',
      `ip link set lo up; exec ${daemon} >${at('log')} 2>&1`,
    ],
    { stdio: 'ignore' },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const docker = (...command: string[]): Promise<string> => mustRun(['docker', '-H', `unix://${at('sock')}`, ...command]);
  try {
    await until('dockerd', () => docker('version').then(Boolean, () => false));
    mkdirSync(at('fs'));
    await mustRun(['install', '-D', '/bin/busybox', at('fs/bin/sleep')]);
    await mustRun(['tar', '-C', at('fs'), '-cf', at('fs.tar'), '.']);
    await docker('import', at('fs.tar'), 'bench');
    return await work({ socket: at('sock'), docker, get: (path) => get(at('sock'), path) });
  } finally {
    child.kill('SIGKILL');
    await ended;
    if (bridge) await runCommand(['ip', 'link', 'delete', bridgeName]);
    await runCommand(['sh', '-c', `find /sys/fs/cgroup -depth -type d -path '*/${cgroup}*' -exec rmdir {} +`]);
    await runCommand(['rm', '-rf', root]);
  }
}

/** `docker run -d --network none`, one after the other. */
export async function dockerRun(rounds: number): Promise<{ name: string; p50Ms: number } | undefined> {
  return withDocker(async ({ docker }) => {
    const times: number[] = [];
    for (let i = 0; i <= rounds; i++) {
      const before = performance.now();
      await docker('run', '-d', '--network', 'none', '--name', `b${i}`, 'bench', '/bin/sleep', '1000');
      if (i > 0) times.push(performance.now() - before); // the first one warms up
      await docker('rm', '-f', `b${i}`);
    }
    return { name: 'docker run -d --network none', p50Ms: percentile(times, 50) };
  });
}

/** A service of Docker Swarm, without networks, from some replicas to more, until all run: the median of some rounds. */
export async function swarmScale(from: number, to: number, rounds: number): Promise<{ name: string; seconds: number } | undefined> {
  return withDocker(async ({ docker, get }) => {
    await docker('swarm', 'init', '--advertise-addr', '127.0.0.1', '--listen-addr', '127.0.0.1:2377');
    await docker(
      'service',
      'create',
      '--detach',
      '--no-resolve-image',
      '--name',
      's',
      '--replicas',
      String(from),
      'bench',
      '/bin/sleep',
      '1000',
    );
    const running = async (count: number): Promise<boolean> =>
      (await get('/v1.41/services?status=true'))[0]?.ServiceStatus.RunningTasks === count;
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      await docker('service', 'scale', '--detach', `s=${from}`);
      await until(`${from} tasks`, async () => (await running(from)) && (await get('/v1.41/containers/json')).length <= from);
      await settled();
      const before = performance.now();
      await docker('service', 'scale', '--detach', `s=${to}`);
      await until(`${to} tasks`, () => running(to));
      times.push((performance.now() - before) / 1000);
    }
    return { name: 'docker service scale', seconds: percentile(times, 50) };
  });
}

function get(socketPath: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('error', reject);
      response.on('end', () => resolve(JSON.parse(text)));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}
