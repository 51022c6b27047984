import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loginFiles, readLogins } from './logins.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-logins-'));
});
afterAll(() => rm(directory, { recursive: true }));

const auth = (text: string): { auth: string } => ({ auth: Buffer.from(text).toString('base64') });

it('finds what docker login and podman login left', async () => {
  const [first, second] = [join(directory, 'first.json'), join(directory, 'second.json')];
  await writeFile(first, JSON.stringify({ auths: { 'r.test:5000': auth('ann:a:b'), 'broken.test': {} } }));
  await writeFile(
    second,
    JSON.stringify({ auths: { 'r.test:5000': auth('later:x'), 'https://index.docker.io/v1/': auth('me:pw') }, credsStore: 'x' }),
  );
  const logins = await readLogins([first, join(directory, 'absent.json'), second]);
  expect(Object.fromEntries(logins)).toEqual({
    'r.test:5000': { username: 'ann', password: 'a:b' },
    'docker.io': { username: 'me', password: 'pw' },
  });
});

it('names a file that is not JSON', async () => {
  await writeFile(join(directory, 'bad.json'), 'x');
  await expect(readLogins([join(directory, 'bad.json')])).rejects.toThrow('bad.json, with the logins of registries, is not JSON');
});

it('reads the file that REGISTRY_AUTH_FILE names and no other', () => {
  expect(loginFiles({ REGISTRY_AUTH_FILE: '/x/auth.json' })).toEqual(['/x/auth.json']);
  expect(loginFiles({ HOME: '/home/me' })).toContain('/home/me/.docker/config.json');
});
