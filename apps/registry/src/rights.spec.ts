import { jest } from '@jest/globals';
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandResult, mustRun, runCommand, systemClock } from '#base';
import { Destinations, HttpClient, RepositoryClient } from '#runtime';
import { silentLogger } from '#telemetry';
import { readConfig } from './config.ts';
import { serve } from './serve.ts';

// Real programs on a busy machine.
jest.setTimeout(60_000);

/** Rights by repository out of a settings file, with a client that we did not write. */
const port = 10_000 + (process.pid % 2_000);
const host = `127.0.0.1:${port}`;
// `htpasswd -nbB ann s3cret`, and the same for bob
const hash = '$2y$05$umPNLqrq1a.suRFCkmPELuSRIe/1A.VM6cPBUdVl2aQC0jJrZKA3q';
let directory: string;
let stop: () => Promise<void>;

const settings = (rules: object[]): string => JSON.stringify({ access: { users: { ann: hash, bob: hash }, rules } });

async function write(text: string): Promise<void> {
  await writeFile(join(directory, 'new'), text);
  await rename(join(directory, 'new'), join(directory, 'settings.yaml'));
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-rights-'));
  await mkdir(join(directory, 'files'));
  await writeFile(join(directory, 'files/hello.txt'), 'hello\n');
  await mustRun(['tar', '-cf', join(directory, 'layer.tar'), '-C', join(directory, 'files'), '.']);
  await mustRun(['skopeo', '--insecure-policy', 'copy', `tarball:${join(directory, 'layer.tar')}`, `oci:${directory}/image:v1`]);
  await write(
    settings([
      { to: ['anonymous'], repositories: ['public/*'], actions: ['pull'] },
      { to: ['ann'], repositories: ['**'], actions: ['pull', 'push', 'delete'] },
      { to: ['bob'], repositories: ['bob/**', 'public/*'], actions: ['pull', 'push'] },
    ]),
  );
  const flags = [`--config-file=${directory}/settings.yaml`, `--root-dir=${directory}/registry`, `--port=${port}`];
  stop = await serve(await readConfig(flags), silentLogger);
});
afterAll(async () => {
  await stop();
  await rm(directory, { recursive: true });
});

function skopeo(user: string, ...args: string[]): Promise<CommandResult> {
  return runCommand(['env', `REGISTRY_AUTH_FILE=${directory}/${user}.json`, 'skopeo', '--insecure-policy', ...args]);
}
const push = (user: string, name: string): Promise<CommandResult> =>
  skopeo(user, 'copy', '--dest-tls-verify=false', `oci:${directory}/image:v1`, `docker://${host}/${name}`);
const look = (user: string, name: string): Promise<CommandResult> =>
  skopeo(user, 'inspect', '--tls-verify=false', `docker://${host}/${name}`);

it('lets everybody in as far as they may', async () => {
  await writeFile(join(directory, 'nobody.json'), '{}');
  for (const user of ['ann', 'bob']) {
    const login = ['login', '--tls-verify=false', '-u', user, '-p', 's3cret', host];
    expect(await skopeo(user, ...login)).toMatchObject({ code: 0 });
  }
  for (const [user, name] of [
    ['ann', 'secret/x'],
    ['bob', 'bob/x'],
    ['bob', 'public/x'],
  ] as const)
    expect(await push(user, name)).toMatchObject({ code: 0 });
  for (const [user, name] of [
    ['bob', 'secret/x'],
    ['bob', 'ann/x'],
    ['nobody', 'public/x'],
    ['nobody', 'bob/x'],
  ] as const)
    expect((await push(user, name)).stderr).toMatch(/denied|unauthorized|authentication required/);
  expect(await look('nobody', 'public/x')).toMatchObject({ code: 0 });
  expect((await look('nobody', 'secret/x')).stderr).toMatch(/unauthorized|authentication required/);
  expect((await look('bob', 'secret/x')).stderr).toMatch(/denied|unauthorized|authentication required/);
});

it('knows a login by a token without end, as docker keeps one', async () => {
  const query = `service=berth-registry&offline_token=true`;
  const given = await fetch(`http://${host}/v2/token?${query}`, { headers: { authorization: `Basic ${btoa('bob:s3cret')}` } });
  const { refresh_token: identitytoken } = (await given.json()) as { refresh_token: string };
  await writeFile(join(directory, 'token.json'), JSON.stringify({ auths: { [host]: { auth: btoa('bob:'), identitytoken } } }));
  expect(await look('token', 'bob/x')).toMatchObject({ code: 0 });
  expect((await look('token', 'secret/x')).code).not.toBe(0);
  const parts = { http: new HttpClient(new Destinations()), clock: systemClock, access: 'pull' as const };
  const endpoint = { url: `http://${host}`, configured: true };
  const client = new RepositoryClient({ ...parts, endpoint, repository: 'bob/x', credentials: { username: '', password: identitytoken } });
  expect((await client.manifest('latest')).digest).toMatch(/^sha256:/);
});

it('keeps the key of its tokens for its owner, so that a restart changes nothing', async () => {
  const key = join(directory, 'registry/token.key');
  expect((await stat(key)).mode & 0o777).toBe(0o600);
  expect(await readFile(key, 'utf8')).toContain('PRIVATE KEY');
});

it('reads changed rules again, and keeps the former where the new ones cannot be', async () => {
  await write('access: { rules: [{ to: [bob], repositories: ["**"], actions: [pul] }] }');
  expect(await look('bob', 'bob/x')).toMatchObject({ code: 0 });
  await write(settings([{ to: ['bob'], repositories: ['secret/*'], actions: ['pull'] }]));
  // Within a second of the last look the former ones hold.
  let seen = await look('bob', 'secret/x');
  while (seen.code !== 0) seen = await look('bob', 'secret/x');
  expect((await look('bob', 'bob/x')).code).not.toBe(0);
  expect((await look('ann', 'secret/x')).code).not.toBe(0);
});
