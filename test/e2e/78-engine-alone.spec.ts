import { access, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CommandResult, mustRun, runCommand } from '#base';
import { env } from './clients.ts';
import { dockerClient } from './docker-client.ts';

const home = `${env('BERTH_HOME')}-engine`;
const name = 'solitary';
const root = join(import.meta.dirname, '../..');

const berth = (...args: string[]): Promise<CommandResult> =>
  runCommand([join(root, 'deploy/bin/berth'), '--home', home, 'engine', ...args], {
    env: { ...process.env, BERTH_ENGINE_NAME: name, BERTH_ENGINE_CIDR: '10.198.0.0/16' },
  });

async function docker(...args: string[]): Promise<string> {
  const settings = { HOME: home, DOCKER_HOST: `unix://${home}/docker.sock`, DOCKER_BUILDKIT: '0' };
  return mustRun([await dockerClient(), ...args], { env: { ...process.env, ...settings } });
}

afterAll(() => berth('stop', '--purge', '--grace-period', '0'));

describe('an engine without a cluster', () => {
  it('starts with a socket and a network of its own, builds and runs', async () => {
    expect(await berth('start')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`unix://${home}/docker.sock`),
    });
    expect(await berth('start')).toMatchObject({ code: 0, stdout: expect.stringContaining('is running already') });
    expect(await berth('restart', '--cidr', '10.1.0.0/16')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('this engine was made with cidr 10.198.0.0/16'),
    });
    const context = join(home, 'context');
    await mkdir(context, { recursive: true });
    await copyFile('/bin/busybox', join(context, 'busybox'));
    await writeFile(join(context, 'Dockerfile'), 'FROM scratch\nCOPY busybox /bin/busybox\nENTRYPOINT ["/bin/busybox"]\n');
    await docker('build', '-q', '-t', 'alone', context);
    expect(await docker('run', '--rm', 'alone', 'ip', '-o', '-4', 'addr', 'show', 'eth0')).toContain('10.198.');
  });

  it('keeps containers running while it is started anew, and after it was killed', async () => {
    await docker('run', '-d', '--name', 'lasting', 'alone', 'sleep', '1000');
    const pid = await docker('inspect', '-f', '{{.State.Pid}}', 'lasting');
    expect(await berth('restart')).toMatchObject({ code: 0 });
    process.kill(Number(await readFile(join(home, 'engine.pid'), 'utf8')), 'SIGKILL');
    expect(await berth('start')).toMatchObject({ code: 0 });
    expect(await docker('inspect', '-f', '{{.State.Pid}}', 'lasting')).toBe(pid);
    expect(await docker('exec', 'lasting', '/bin/busybox', 'echo', 'still here')).toBe('still here\n');
  });

  it('shows images: which layers they share, and which files travel in them unseen', async () => {
    const context = join(home, 'wasteful');
    await mkdir(context, { recursive: true });
    await writeFile(join(context, 'big'), 'x'.repeat(500_000));
    await writeFile(join(context, 'Dockerfile'), 'FROM alone\nCOPY big /big\nRUN ["/bin/busybox", "rm", "/big"]\n');
    await docker('build', '-q', '-t', 'wasteful:v1', context);
    const image = (...args: string[]) => mustRun([join(root, 'deploy/bin/berth'), 'image', ...args, '--socket', `${home}/docker.sock`]);
    expect(await image('ls')).toMatch(/^REPOSITORY +TAG[^]*wasteful +v1 +[0-9a-f]{12}/);
    const tree = await image('tree', 'wasteful:v1');
    expect(tree).toMatch(/└─ +1 +\S+ +[0-9a-f]{12} +COPY busybox \/bin\/busybox +shared with alone:latest\n/);
    expect(tree).toContain('/big  in layer 2, deleted by layer 3\n');
    expect(tree).toContain('would be saved: leave them out of the COPY of layer 2');
    expect(await image('rm', 'wasteful:v1')).toContain('Untagged: wasteful:v1');
  });

  it('leaves nothing behind', async () => {
    expect(await berth('stop', '--purge', '--grace-period', '0')).toMatchObject({ code: 0 });
    await expect(access(home)).rejects.toThrow('ENOENT');
    expect(await mustRun(['nft', 'list', 'tables'])).not.toContain(name);
    expect(await mustRun(['ip', '-o', 'link', 'show'])).not.toContain(': solie'); // its links: four letters of its name and an e
    expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain(home);
    expect(await berth('status')).toMatchObject({ code: 2, stderr: expect.stringContaining('no engine in') });
  });
});
