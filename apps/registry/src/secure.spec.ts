import { jest } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand, systemClock } from '#base';
import { createAuthority, issueCertificate } from '#pki';
import { silentLogger } from '#telemetry';
import { readConfig } from './config.ts';
import { serve } from './serve.ts';

// Real programs on a busy machine.
jest.setTimeout(60_000);

const port = 26_000 + (process.pid % 2_000);
// `htpasswd -nbB ann s3cret`
const htpasswd = 'ann:$2y$05$umPNLqrq1a.suRFCkmPELuSRIe/1A.VM6cPBUdVl2aQC0jJrZKA3q\n';
let directory: string;
let stop: () => Promise<void>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-secure-'));
  const now = systemClock.now();
  const authority = await createAuthority('test', now);
  const server = await issueCertificate(authority, { commonName: 'registry', ipAddresses: ['127.0.0.1'], usages: ['server'] }, now);
  await mkdir(join(directory, 'trust'));
  const files = { 'trust/ca.crt': authority.certificate, 'tls.crt': server.certificate, 'tls.key': server.key, htpasswd };
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
  const flags = { 'root-dir': 'registry', 'tls-cert-file': 'tls.crt', 'tls-private-key-file': 'tls.key', 'htpasswd-file': 'htpasswd' };
  const paths = Object.entries(flags).map(([flag, name]) => `--${flag}=${join(directory, name)}`);
  stop = await serve(await readConfig([...paths, `--port=${port}`]), silentLogger);
});
afterAll(async () => {
  await stop();
  await rm(directory, { recursive: true });
});

async function login(password: string): Promise<{ code: number; stderr: string }> {
  const trust = ['--cert-dir', join(directory, 'trust'), '--authfile', join(directory, 'auth.json')];
  return runCommand(['skopeo', 'login', ...trust, '-u', 'ann', '-p', password, `127.0.0.1:${port}`]);
}

it('speaks HTTPS, and asks for a password that the file has', async () => {
  expect(await login('s3cret')).toMatchObject({ code: 0 });
  expect((await login('wrong')).stderr).toContain('invalid username/password');
});

it('refuses a client without one, with the error that clients know', async () => {
  const { stdout } = await runCommand([
    'curl',
    '-si',
    '--cacert',
    join(directory, 'trust/ca.crt'),
    `https://127.0.0.1:${port}/v2/a/tags/list`,
  ]);
  expect(stdout).toMatch(/^HTTP\/1.1 401 /);
  expect(stdout.toLowerCase()).toContain('www-authenticate: basic realm="registry"');
  expect(stdout).toContain('{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}');
});

it('takes a changed file at once', async () => {
  await writeFile(join(directory, 'htpasswd'), '# nobody\n');
  expect((await login('s3cret')).code).not.toBe(0);
});
