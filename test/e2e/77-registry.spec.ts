import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CommandResult, mustRun, runCommand } from '#base';
import { env, eventually } from './clients.ts';

const directory = `${env('BERTH_HOME')}-registry`;
const port = 5007 + Number(process.env.BERTH_PORT_OFFSET ?? 0);
const host = `127.0.0.1:${port}`;
// `htpasswd -nbB ann s3cret`
const hash = '$2y$05$umPNLqrq1a.suRFCkmPELuSRIe/1A.VM6cPBUdVl2aQC0jJrZKA3q';
const settings = {
  access: {
    users: { ann: hash },
    rules: [
      { to: ['anonymous'], repositories: ['public/**'], actions: ['pull'] },
      { to: ['users'], repositories: ['**'], actions: ['pull', 'push', 'delete'] },
    ],
  },
  quotas: [{ namespace: 'small', bytes: '1Ki' }],
  rateLimits: [{ to: ['anonymous'], of: 'pulls', limit: 100, per: '6h' }],
};
let server: ChildProcess;

async function start(): Promise<void> {
  const flags = ['--root-dir', join(directory, 'data'), '--port', String(port), '--config-file', join(directory, 'settings.yaml')];
  server = spawn(join(import.meta.dirname, '../../deploy/bin/berth'), ['registry', ...flags], { stdio: 'ignore' });
  await eventually('the registry answers', async () => (await fetch(`http://${host}/v2/`)).status === 401);
}

/** With what it ended. */
async function stop(): Promise<unknown> {
  server.kill('SIGTERM');
  const [code] = (await once(server, 'exit')) as [number | null];
  return code;
}

function skopeo(user: 'ann' | 'nobody', ...args: string[]): Promise<CommandResult> {
  return runCommand(['env', `REGISTRY_AUTH_FILE=${directory}/${user}.json`, 'skopeo', '--insecure-policy', ...args]);
}
const push = (user: 'ann' | 'nobody', name: string): Promise<CommandResult> =>
  skopeo(user, 'copy', '--dest-tls-verify=false', `oci:${directory}/image:v1`, `docker://${host}/${name}`);

beforeAll(async () => {
  await mkdir(join(directory, 'files'), { recursive: true });
  await writeFile(
    join(directory, 'files/text'),
    'incompressible '.concat(...Array.from({ length: 4000 }, (_n, i) => (i * i * 7919).toString(36))),
  );
  await writeFile(join(directory, 'settings.yaml'), JSON.stringify(settings));
  await writeFile(join(directory, 'nobody.json'), '{}');
  await mustRun(['tar', '-cf', join(directory, 'layer.tar'), '-C', join(directory, 'files'), '.']);
  await mustRun(['skopeo', '--insecure-policy', 'copy', `tarball:${join(directory, 'layer.tar')}`, `oci:${directory}/image:v1`]);
  await start();
});
afterAll(async () => {
  await stop();
  await rm(directory, { recursive: true });
});

describe('berth registry, without a cluster', () => {
  it('lets in who may, and tells the others so', async () => {
    expect(await skopeo('ann', 'login', '--tls-verify=false', '-u', 'ann', '-p', 's3cret', host)).toMatchObject({ code: 0 });
    expect(await push('ann', 'public/app:v1')).toMatchObject({ code: 0 });
    expect(await push('ann', 'secret/app:v1')).toMatchObject({ code: 0 });
    expect((await push('nobody', 'public/app:v2')).code).not.toBe(0);
    const look = (name: string): Promise<CommandResult> => skopeo('nobody', 'inspect', '--tls-verify=false', `docker://${host}/${name}`);
    expect(await look('public/app:v1')).toMatchObject({ code: 0 });
    expect((await look('secret/app:v1')).code).not.toBe(0);
  });

  it('holds to quotas and counts pulls', async () => {
    expect((await push('ann', 'small/app:v1')).stderr).toContain('quota exceeded: small/** may hold 1024 bytes');
    const reply = await fetch(`http://${host}/v2/public/app/manifests/v1`);
    expect(reply.headers.get('ratelimit-limit')).toBe('100;w=21600');
  });

  it('shows in a browser what everybody may see', async () => {
    const page = await (await fetch(`http://${host}/`)).text();
    expect(page).toContain('public/app');
    expect(page).not.toContain('secret/app');
  });

  it('ends when it is told to, and goes on with what it had', async () => {
    expect(await stop()).toBe(0);
    await start();
    expect(await skopeo('ann', 'inspect', '--tls-verify=false', `docker://${host}/secret/app:v1`)).toMatchObject({ code: 0 });
  });
});
