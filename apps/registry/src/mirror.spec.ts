import { jest } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandResult, mustRun, runCommand } from '#base';
import { silentLogger } from '#telemetry';
import { readConfig } from './config.ts';
import { serve } from './serve.ts';

// Real programs on a busy machine.
jest.setTimeout(60_000);

/** A mirror of two registries on this machine: one of ours, which gives tokens for passwords, and Debian's docker-registry. */
const port = 30_000 + (process.pid % 700) * 3;
const [mirror, own, debian] = [port, port + 1, port + 2].map((at) => `127.0.0.1:${at}`) as [string, string, string];
// `htpasswd -nbB ann s3cret`
const htpasswd = 'ann:$2y$05$umPNLqrq1a.suRFCkmPELuSRIe/1A.VM6cPBUdVl2aQC0jJrZKA3q\n';
let directory: string;
let stopMirror: () => Promise<void>;
let stopOwn: () => Promise<void>;
let peer: ChildProcess;

const skopeo = (...args: string[]): Promise<CommandResult> =>
  runCommand(['env', `REGISTRY_AUTH_FILE=${directory}/auth.json`, 'skopeo', '--insecure-policy', ...args]);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-mirrors-'));
  await mkdir(join(directory, 'files'));
  await writeFile(join(directory, 'files/hello.txt'), 'hello\n');
  await mustRun(['tar', '-cf', join(directory, 'layer.tar'), '-C', join(directory, 'files'), '.']);
  await mustRun(['skopeo', '--insecure-policy', 'copy', `tarball:${join(directory, 'layer.tar')}`, `oci:${directory}/image:v1`]);
  const auth = Buffer.from('ann:s3cret').toString('base64');
  const files = {
    htpasswd,
    'auth.json': JSON.stringify({ auths: { [own]: { auth } } }),
    password: 's3cret\n',
    'rules.yaml': `access: { rules: [{ to: [ann], repositories: [private/**], actions: [pull, push] }] }`,
    'mirrors.yaml': `mirrors:
      - { upstream: 'http://${own}', prefix: own, username: ann, passwordFile: '${directory}/password', tagsFor: 1ms }
      - { upstream: 'http://${own}', prefix: nobody }
      - { upstream: 'http://${debian}', tagsFor: 1ms }`,
    'debian.yaml': `{ version: '0.1', storage: { filesystem: { rootdirectory: '${directory}/debian' } }, http: { addr: '${debian}' } }`,
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
  const flags = (name: string, at: number): string[] => [`--root-dir=${directory}/${name}`, `--port=${at}`];
  const ownFlags = [`--htpasswd-file=${directory}/htpasswd`, `--config-file=${directory}/rules.yaml`];
  stopOwn = await serve(await readConfig([...flags('own', port + 1), ...ownFlags]), silentLogger);
  stopMirror = await serve(await readConfig([...flags('mirror', port), `--config-file=${directory}/mirrors.yaml`]), silentLogger);
  peer = spawn('docker-registry', ['serve', join(directory, 'debian.yaml')], { stdio: 'ignore' });
  await once(peer, 'spawn');
  while (!(await fetch(`http://${debian}/v2/`).catch(() => undefined))?.ok);
  for (const to of [`${own}/private/app:v1`, `${debian}/team/app:v1`]) {
    const push = ['copy', '--dest-tls-verify=false', `oci:${directory}/image:v1`, `docker://${to}`];
    await mustRun(['env', `REGISTRY_AUTH_FILE=${directory}/auth.json`, 'skopeo', '--insecure-policy', ...push]);
  }
});
afterAll(async () => {
  await stopMirror();
  if (peer.kill('SIGKILL')) await once(peer, 'exit');
  await rm(directory, { recursive: true });
});

const pull = (name: string): Promise<CommandResult> =>
  skopeo('copy', '--src-tls-verify=false', `docker://${mirror}/${name}`, `dir:${directory}/pulled`);

it('pulls through from a registry with tokens, with its own password, and from Debian’s', async () => {
  expect(await pull('own/private/app:v1')).toMatchObject({ code: 0 });
  expect(await pull('team/app:v1')).toMatchObject({ code: 0 });
  const [here, there] = await Promise.all(
    [`${mirror}/team/app:v1`, `${debian}/team/app:v1`].map((name) =>
      skopeo('inspect', '--tls-verify=false', '--format', '{{.Digest}}', `docker://${name}`),
    ),
  );
  expect(here!.stdout).toBe(there!.stdout);
});

it('says so when the upstream wants a password that is not there', async () => {
  expect((await pull('nobody/private/app:v1')).stderr).toContain(`${own} refuses`);
});

it('goes on serving what it has when the upstreams are gone', async () => {
  await stopOwn();
  peer.kill('SIGKILL');
  await once(peer, 'exit');
  for (const name of ['own/private/app:v1', 'team/app:v1']) expect(await pull(name)).toMatchObject({ code: 0 });
  expect((await pull('team/app:v2')).stderr).toContain('502 Bad Gateway');
});
