import { access, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type CommandResult, mustRun, runCommand } from '#base';
import { env } from './clients.ts';
import { nodeName } from './shop.ts';

/** The docker command line: the machine's, or Debian's taken out of its package, so that no daemon is installed with it. */
export async function dockerClient(): Promise<string> {
  const { code, stdout } = await runCommand(['sh', '-c', 'command -v docker']);
  if (code === 0) return stdout.trim();
  const directory = join(env('BERTH_HOME'), 'docker-client');
  const client = join(directory, 'usr/bin/docker');
  if (
    await access(client).then(
      () => true,
      () => false,
    )
  )
    return client;
  await mkdir(directory, { recursive: true });
  await mustRun(['apt-get', 'download', 'docker.io'], { cwd: directory });
  const [archive = ''] = (await readdir(directory)).filter((name) => name.endsWith('.deb'));
  await mustRun(['dpkg-deb', '-x', join(directory, archive), directory]);
  return client;
}

let client: Promise<string> | undefined;

/** Runs the real docker against the socket of the n-th node; never throws for its exit code. */
export async function dockerResult(n: number, args: readonly string[], input?: string): Promise<CommandResult> {
  client ??= dockerClient();
  const socket = join(env('BERTH_HOME'), 'nodes', nodeName(n), 'docker.sock');
  return runCommand([await client, ...args], {
    ...(input !== undefined && { input }),
    env: {
      ...process.env,
      HOME: env('BERTH_HOME'),
      DOCKER_HOST: `unix://${socket}`,
      DOCKER_BUILDKIT: '0',
      DOCKER_CONFIG: env('BERTH_HOME'),
    },
  });
}

/** Answers what it printed; throws with its message when it fails. */
export async function docker(n: number, args: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await dockerResult(n, args, input);
  if (code !== 0) throw new Error(`docker ${args.join(' ')}: exit ${code}\n${stderr}${stdout}`);
  return stdout;
}
