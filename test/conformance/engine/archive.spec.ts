import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { archive, type EntrySpec } from '#runtime/testing';
import { type EngineUnderTest, openEngine, rootFileSystem } from './engine-under-test.ts';
import { send } from './replay.ts';

let engine: EngineUnderTest;
let directory: string;
const tar = 'application/x-tar';

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'archive-'));
  mkdirSync(join(directory, 'bound'));
  engine = await openEngine();
  await call('POST', '/images/create?fromSrc=-&repo=bb', rootFileSystem());
});
afterAll(async () => {
  await engine.close();
  rmSync(directory, { recursive: true });
});

async function call(
  method: string,
  path: string,
  content?: string | Buffer,
  type = tar,
): Promise<{ status: number; text: string; bytes: Buffer; stat: unknown }> {
  const answer = await send(engine.socket, { method, path, content, type });
  const header = answer.headers['x-docker-container-path-stat'];
  const stat = typeof header === 'string' ? (JSON.parse(Buffer.from(header, 'base64').toString()) as unknown) : undefined;
  return { status: answer.status, text: answer.bytes.toString(), bytes: answer.bytes, stat };
}

async function container(name: string, body: object, started: boolean): Promise<void> {
  const config = JSON.stringify({ Image: 'bb', Cmd: ['sleep', '1000'], ...body });
  const created = await call('POST', `/containers/create?name=${name}`, config, 'application/json');
  if (created.status !== 201) throw new Error(created.text);
  if (started) await call('POST', `/containers/${name}/start`);
}

const put = (name: string, path: string, entries: readonly EntrySpec[], more = ''): ReturnType<typeof call> =>
  call('PUT', `/containers/${name}/archive?path=${encodeURIComponent(path)}${more}`, archive(entries));

async function get(name: string, path: string): Promise<Record<string, string>> {
  const { bytes } = await call('GET', `/containers/${name}/archive?path=${encodeURIComponent(path)}`);
  const at = mkdtempSync(join(directory, 'got-'));
  execFileSync('tar', ['-xf', '-', '-C', at], { input: bytes });
  const names = execFileSync('find', ['.', '-type', 'f', '-printf', '%P\\n'], { cwd: at, encoding: 'utf8' }).split('\n').filter(Boolean);
  return Object.fromEntries(names.map((file) => [file, readFileSync(join(at, file), 'utf8')]));
}

describe.each([
  ['runs', true],
  ['does not run', false],
])('of a container that %s', (_what, started) => {
  const name = started ? 'running' : 'stopped';
  beforeAll(async () => {
    writeFileSync(join(directory, 'bound', 'seen'), 'on the host');
    const Binds = [`vol-${name}:/data`, `${join(directory, 'bound')}:/ro:ro`];
    await container(name, { User: '1:2', HostConfig: { Binds } }, started);
  });

  it('files go in and come out, of the root, of volumes and of binds', async () => {
    expect((await put(name, '/tmp', [{ path: 'in/a', content: '1' }])).status).toBe(200);
    expect((await put(name, '/data', [{ path: 'b', content: '2' }])).status).toBe(200);
    expect(await get(name, '/tmp/in')).toEqual({ 'in/a': '1' });
    expect(await get(name, '/data')).toEqual({ 'data/b': '2' });
    expect(await get(name, '/ro/seen')).toEqual({ seen: 'on the host' });
  });

  it('links are followed inside its root alone', async () => {
    const link = (path: string, linkPath: string): EntrySpec => ({ path, type: 'symlink', linkPath });
    await put(name, '/tmp', [link('abs', '/etc/passwd'), link('up', '../../../../../etc'), link('data', '/data')]);
    expect((await call('HEAD', `/containers/${name}/archive?path=/tmp/abs`)).stat).toMatchObject({
      name: 'abs',
      mode: 134218239,
      linkTarget: '/etc/passwd',
    });
    expect(Object.keys(await get(name, '/tmp/up/'))).toEqual(expect.arrayContaining(['up/group', 'up/passwd']));
    expect((await put(name, '/tmp/data', [{ path: 'through', content: 'x' }])).status).toBe(200);
    expect(await get(name, '/data/through')).toEqual({ through: 'x' });
  });

  it.each([
    ['HEAD', '/nope', 404, ''],
    ['GET', '/nope', 404, 'Could not find the file /nope in container NAME'],
    ['GET', '', 400, "bad parameter: 'path' cannot be empty"],
    ['PUT', '/nope', 404, 'Could not find the file /nope in container NAME'],
    ['PUT', '/etc/passwd', 400, 'extraction point is not a directory'],
    ['PUT', '/ro', 400, 'mounted volume is marked read-only'],
  ])('%s of %j is answered with %i', async (method, path, status, words) => {
    const answer = await call(method, `/containers/${name}/archive?path=${path}`, method === 'PUT' ? archive([]) : undefined);
    expect(answer.status).toBe(status);
    if (words) expect(JSON.parse(answer.text)).toEqual({ message: words.replace('NAME', name) });
  });

  it('a directory stays one where that is asked for, and owners are the container’s user where that is', async () => {
    await put(name, '/tmp', [{ path: 'kind', type: 'directory' }]);
    const refused = await put(name, '/tmp', [{ path: 'kind', content: '' }], '&noOverwriteDirNonDir=1');
    expect([refused.status, refused.text]).toEqual([
      500,
      expect.stringContaining('cannot overwrite directory \\"/tmp/kind\\" with non-directory'),
    ]);
    await put(name, '/tmp', [{ path: 'owned', content: '', uid: 9, gid: 9 }], '&copyUIDGID=1');
    const { bytes } = await call('GET', `/containers/${name}/archive?path=/tmp/owned`);
    expect(execFileSync('tar', ['-tvf', '-', '--numeric-owner'], { input: bytes, encoding: 'utf8' })).toContain(' 1/2 ');
  });

  it('an archive that leads out changes nothing elsewhere', async () => {
    const answer = await put(name, '/tmp', [{ path: '../../../../escaped', content: 'x' }]);
    expect([answer.status, answer.text]).toEqual([500, expect.stringContaining('is outside of \\"/tmp\\"')]);
    expect((await call('HEAD', `/containers/${name}/archive?path=/escaped`)).status).toBe(404);
  });
});

it('a root that is read-only takes nothing but in its volumes', async () => {
  await container('readonly', { HostConfig: { ReadonlyRootfs: true, Binds: ['vol:/data'] } }, false);
  const refused = await put('readonly', '/tmp', [{ path: 'a', content: '' }]);
  expect([refused.status, JSON.parse(refused.text)]).toEqual([400, { message: 'container rootfs is marked read-only' }]);
  expect((await put('readonly', '/data', [{ path: 'a', content: '' }])).status).toBe(200);
});

it('what was put into a container that was never started is there when it starts', async () => {
  await container('later', { Cmd: ['sh', '-c', 'cat /tmp/given > /tmp/seen'] }, false);
  await put('later', '/tmp', [{ path: 'given', content: 'before' }]);
  await call('POST', '/containers/later/start');
  await call('POST', '/containers/later/wait');
  expect(await get('later', '/tmp/seen')).toEqual({ seen: 'before' });
});
