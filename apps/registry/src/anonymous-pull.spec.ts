import { jest } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandResult, mustRun, runCommand } from '#base';
import { silentLogger } from '#telemetry';
import { readConfig } from './config.ts';
import { serve } from './serve.ts';

// Real programs on a busy machine.
jest.setTimeout(60_000);

/** The cluster's way: everybody pulls, and pushes need a password. With clients that we did not write. */
const port = 12_000 + (process.pid % 10_000);
const registry = `docker://127.0.0.1:${port}`;
// `htpasswd -nbB ann s3cret`
const htpasswd = 'ann:$2y$05$umPNLqrq1a.suRFCkmPELuSRIe/1A.VM6cPBUdVl2aQC0jJrZKA3q\n';
let directory: string;
let stop: () => Promise<void>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-anonymous-'));
  await writeFile(join(directory, 'htpasswd'), htpasswd);
  await writeFile(join(directory, 'none.json'), '{}');
  const auth = (text: string): string =>
    JSON.stringify({ auths: { [`127.0.0.1:${port}`]: { auth: Buffer.from(text).toString('base64') } } });
  await writeFile(join(directory, 'right.json'), auth('ann:s3cret'));
  await writeFile(join(directory, 'wrong.json'), auth('ann:guess'));
  await mkdir(join(directory, 'files'));
  await writeFile(join(directory, 'files/hello.txt'), 'hello\n');
  const flags = ['--anonymous-access=pull', `--htpasswd-file=${join(directory, 'htpasswd')}`, `--root-dir=${join(directory, 'registry')}`];
  stop = await serve(await readConfig([...flags, `--port=${port}`]), silentLogger);
  await mustRun(['tar', '-cf', join(directory, 'layer.tar'), '-C', join(directory, 'files'), '.']);
  await mustRun(['skopeo', '--insecure-policy', 'copy', `tarball:${join(directory, 'layer.tar')}`, `oci:${directory}/image:v1`]);
});
afterAll(async () => {
  await stop();
  await rm(directory, { recursive: true });
});

function skopeo(login: 'none' | 'right' | 'wrong', ...args: string[]): Promise<CommandResult> {
  return runCommand(['env', `REGISTRY_AUTH_FILE=${directory}/${login}.json`, 'skopeo', '--insecure-policy', ...args]);
}

it.each(['none', 'wrong'] as const)('refuses a push with %s login', async (login) => {
  const { code, stderr } = await skopeo(login, 'copy', '--dest-tls-verify=false', `oci:${directory}/image:v1`, `${registry}/app:${login}`);
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/authentication required|unauthorized|invalid username\/password/);
});

it('takes a push with the right login, and shows what was pushed to everybody', async () => {
  const push = ['copy', '--dest-tls-verify=false', `oci:${directory}/image:v1`, `${registry}/app:v1`];
  expect(await skopeo('right', ...push)).toMatchObject({ code: 0 });
  const pull = await skopeo('none', 'copy', '--src-tls-verify=false', `${registry}/app:v1`, `oci:${directory}/back:v1`);
  expect(pull).toMatchObject({ code: 0 });
  expect((await skopeo('none', 'list-tags', '--tls-verify=false', `${registry}/app`)).stdout).toContain('"v1"');
});

it('copies between repositories, and deletes only for who may', async () => {
  const local = ['--src-tls-verify=false', '--dest-tls-verify=false'];
  expect(await skopeo('right', 'copy', ...local, `${registry}/app:v1`, `${registry}/other:v1`)).toMatchObject({ code: 0 });
  expect((await skopeo('none', 'delete', '--tls-verify=false', `${registry}/other:v1`)).code).not.toBe(0);
  expect(await skopeo('right', 'delete', '--tls-verify=false', `${registry}/other:v1`)).toMatchObject({ code: 0 });
});

it('knows at a login whether the password is right', async () => {
  const login = (password: string): Promise<CommandResult> =>
    skopeo('none', 'login', '--tls-verify=false', '-u', 'ann', '-p', password, `127.0.0.1:${port}`);
  expect(await login('s3cret')).toMatchObject({ code: 0 });
  expect((await login('guess')).stderr).toContain('invalid username/password');
});

it('refuses a value of its flag that it does not know', async () => {
  await expect(readConfig(['--root-dir=/x', '--anonymous-access=push'])).rejects.toThrow('--anonymous-access push: must be none or pull');
});
