import { access, copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CommandResult, mustRun, runCommand } from '#base';
import { env } from './clients.ts';
import { dockerClient } from './docker-client.ts';
import { nodeName } from './shop.ts';

/*
 * Every command of `docker --help` that means something to an engine, by each docker client of this machine, and Debian's docker-compose:
 * each against the socket of a node.
 */

const folder = join(env('BERTH_HOME'), 'docker-clients');
const socket = join(env('BERTH_HOME'), 'nodes', nodeName(1), 'docker.sock');
const settings = {
  ...process.env,
  HOME: folder,
  DOCKER_HOST: `unix://${socket}`,
  DOCKER_BUILDKIT: '0',
  COMPOSE_DOCKER_CLI_BUILD: '0',
  DOCKER_CONFIG: env('BERTH_HOME'),
};

/** The newest first; Debian's beside it where there is one. */
async function dockers(): Promise<string[]> {
  const debian = await access('/usr/bin/docker').then(
    () => ['/usr/bin/docker'],
    () => [],
  );
  return [...new Set([await dockerClient(), ...debian])];
}

/** `command => a part of what it prints`; NAME is the client's own. `!` before it: it is refused, with that part of the message. */
const commands: readonly (readonly [string, string])[] = [
  ['version --format {{.Server.APIVersion}}', '1.43'],
  ['info --format {{.Driver}}', 'overlay2'],
  ['build -q -t NAME:v1 CONTEXT', 'sha256:'],
  ['images --format {{.Repository}}', 'NAME'],
  ['image ls -q', ''],
  ['image inspect -f {{.Os}} NAME:v1', 'linux'],
  ['history -q NAME:v1', '<missing>'],
  ['tag NAME:v1 NAME:v2', ''],
  ['volume create NAME', 'NAME'],
  ['volume ls -q', 'NAME'],
  ['volume inspect -f {{.Driver}} NAME', 'local'],
  ['network create NAME', ''],
  ['network ls --format {{.Name}}', 'NAME'],
  ['network inspect -f {{.Driver}} NAME', 'bridge'],
  ['create --name NAME --network NAME -v NAME:/data -m 64m NAME:v1 sleep 1000', ''],
  ['start NAME', 'NAME'],
  ['ps --format {{.Names}}', 'NAME'],
  ['container ls -q', ''],
  ['inspect -f {{.State.Status}} NAME', 'running'],
  ['exec NAME echo inside', 'inside'],
  ['exec -i NAME cat', 'typed'],
  ['top NAME', 'sleep'],
  ['stats --no-stream --format {{.Name}} NAME', 'NAME'],
  ['pause NAME', 'NAME'],
  ['unpause NAME', 'NAME'],
  ['update --memory 96m --memory-swap 96m NAME', 'NAME'],
  ['cp CONTEXT/Dockerfile NAME:/data/copied', ''],
  ['cp NAME:/data/copied CONTEXT/back', ''],
  ['diff NAME', ''],
  ['commit NAME NAME:committed', 'sha256:'],
  ['export -o CONTEXT/export.tar NAME', ''],
  ['import CONTEXT/export.tar NAME:imported', 'sha256:'],
  ['save -o CONTEXT/save.tar NAME:v1', ''],
  ['load -i CONTEXT/save.tar', 'Loaded image: NAME:v1'],
  ['network connect bridge NAME', ''],
  ['network disconnect bridge NAME', ''],
  ['logs NAME', ''],
  ['port NAME', ''],
  ['rename NAME NAME-two', ''],
  ['restart -t 0 NAME-two', 'NAME-two'],
  ['kill NAME-two', 'NAME-two'],
  ['wait NAME-two', '137'],
  ['stop NAME-two', 'NAME-two'],
  ['rm NAME-two', 'NAME-two'],
  ['run --rm NAME:v1 echo run', 'run'],
  ['system df --format {{.Type}}', 'Images'],
  ['events --since 10m --until 0s --filter type=container --format {{.Action}}', 'start'],
  ['!search nothing', 'search'],
  ['!swarm init', ''],
  ['!plugin ls', ''],
  ['container prune -f', ''],
  ['network rm NAME', 'NAME'],
  ['volume rm NAME', 'NAME'],
  ['rmi NAME:v2', 'Untagged: NAME:v2'],
  ['image rm NAME:v1 NAME:committed NAME:imported', 'Untagged'],
  ['image prune -f', ''],
];

const context = join(folder, 'image');

beforeAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await mkdir(context, { recursive: true });
  await copyFile('/bin/busybox', join(context, 'busybox'));
  await writeFile(
    join(context, 'Dockerfile'),
    'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "--install", "-s", "/bin"]\nENV PATH=/bin\n',
  );
});

describe('the docker command line', () => {
  it('is answered in each command that means something to an engine', async () => {
    const wrong: string[] = [];
    for (const [i, client] of (await dockers()).entries()) {
      const name = `client${i}`;
      for (const [command, want] of commands) {
        const refused = command.startsWith('!');
        const args = command.replace('!', '').replaceAll('NAME', name).replaceAll('CONTEXT', context).split(' ');
        const { code, stdout, stderr } = await runCommand([client, ...args], { env: settings, input: 'typed' });
        const said = refused ? stderr : stdout;
        if ((code !== 0) !== refused || !said.includes(want.replaceAll('NAME', name)))
          wrong.push(`${client} ${args.join(' ')}: exit ${code}: ${stdout.slice(0, 200)}${stderr.slice(0, 300)}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe('docker-compose of Debian', () => {
  const compose = (...args: string[]): Promise<CommandResult> => runCommand(['docker-compose', ...args], { cwd: folder, env: settings });
  const succeed = (...args: string[]): Promise<string> => mustRun(['docker-compose', ...args], { cwd: folder, env: settings });

  afterAll(() => compose('down', '-v', '-t', '0'));

  it('runs a project: builds, names, volumes, logs, scale, one-off commands, and its end', async () => {
    await writeFile(
      join(folder, 'docker-compose.yml'),
      `version: "3.8"
services:
  db: {build: ./image, command: sleep 1000, volumes: ["data:/data"], networks: [back]}
  web:
    build: ./image
    command: sh -c "mkdir -p /www; echo page > /www/index.html; echo serving; exec httpd -f -p 8080 -h /www"
    depends_on: [db]
    networks: [back, default]
volumes: {data: {}}
networks: {back: {}}
`,
    );
    await succeed('up', '-d');
    expect(await succeed('ps', '--services', '--filter', 'status=running')).toBe('db\nweb\n');
    expect(await succeed('exec', '-T', 'db', 'wget', '-qO-', 'http://web:8080/')).toBe('page\n');
    expect(await succeed('logs', '--no-color', 'web')).toContain('serving');
    expect(await succeed('run', '--rm', '-T', 'web', 'echo', 'ran')).toContain('ran');
    await succeed('up', '-d', '--scale', 'db=2');
    expect((await succeed('ps', '-q', 'db')).trim().split('\n')).toHaveLength(2);
    await succeed('down', '-v', '-t', '0');
    expect(await mustRun([await dockerClient(), 'ps', '-aq', '--filter', 'label=com.docker.compose.project'], { env: settings })).toBe('');
  });
});
