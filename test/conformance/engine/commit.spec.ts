import { execFileSync } from 'node:child_process';
import { archive } from '#runtime/testing';
import { type EngineUnderTest, openEngine, rootFileSystem } from './engine-under-test.ts';
import { send } from './replay.ts';

let engine: EngineUnderTest;

beforeAll(async () => {
  engine = await openEngine();
  await call('POST', '/images/create?fromSrc=-&repo=bb&changes=ENV%20A%3D1&changes=CMD%20%5B%22sleep%22%2C%22100%22%5D', rootFileSystem());
});
afterAll(() => engine.close());

/** As far as these cases look into it. */
interface Answer {
  Id: string;
  RootFS: { Layers: string[] };
  State: { Status: string };
  message: string;
  0: object;
}

async function call(method: string, path: string, content?: string | Buffer): Promise<{ status: number; json: Answer; bytes: Buffer }> {
  const type = Buffer.isBuffer(content) ? 'application/x-tar' : 'application/json';
  const { status, bytes } = await send(engine.socket, { method, path, content, type });
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString());
  } catch {
    json = undefined; // an archive, or nothing
  }
  return { status, json: json as Answer, bytes };
}

/** Runs a script in a container to its end; with `stays` it runs on. */
async function ran(name: string, script: string, body: object = {}, stays = false): Promise<void> {
  const config = { Image: 'bb', Cmd: ['sh', '-c', stays ? `${script}; echo done; exec sleep 1000` : script], ...body };
  const created = await call('POST', `/containers/create?name=${name}`, JSON.stringify(config));
  if (created.status !== 201) throw new Error(JSON.stringify(created.json));
  await call('POST', `/containers/${name}/start`);
  if (!stays) return void (await call('POST', `/containers/${name}/wait`));
  for (let text = ''; !text.includes('done'); ) text = (await call('GET', `/containers/${name}/logs?stdout=1`)).bytes.toString();
}

const listed = (tar: Buffer): string[] => execFileSync('tar', ['-tf', '-'], { input: tar, encoding: 'utf8' }).split('\n').filter(Boolean);

const script =
  'echo x > /new; mkdir /dir; echo y > /dir/in; rm /etc/group; echo more >> /etc/passwd; rm -r /tmp; mkdir /tmp; echo z > /tmp/t';

describe.each([
  ['has ended', false],
  ['runs', true],
])('of a container that %s', (_what, stays) => {
  const name = stays ? 'changed-running' : 'changed-ended';
  beforeAll(() => ran(name, script, { HostConfig: { Binds: [`v-${name}:/data`] } }, stays));

  it('changes are told as docker diff tells them', async () => {
    const { json } = await call('GET', `/containers/${name}/changes`);
    expect(json).toEqual([
      { Path: '/data', Kind: 1 },
      { Path: '/dir', Kind: 1 },
      { Path: '/dir/in', Kind: 1 },
      { Path: '/etc', Kind: 0 },
      { Path: '/etc/group', Kind: 2 },
      { Path: '/etc/passwd', Kind: 0 },
      { Path: '/new', Kind: 1 },
      { Path: '/tmp', Kind: 0 },
      { Path: '/tmp/t', Kind: 1 },
    ]);
  });

  it('its files are exported, without those of its volumes', async () => {
    const { status, bytes } = await call('GET', `/containers/${name}/export`);
    expect(status).toBe(200);
    const names = listed(bytes);
    expect(names).toEqual(expect.arrayContaining(['bin/busybox', 'new', 'dir/in', 'data/', 'tmp/t']));
    expect(names).not.toContain('etc/group');
  });

  it('an image is made of it, which runs and has no more than it', async () => {
    const query = 'repo=made&tag=v1&author=me&comment=why&changes=ENV%20B%3D2&changes=LABEL%20l%3Dx&changes=CMD%20%5B%22cat%22%5D';
    const { status, json } = await call('POST', `/commit?container=${name}&${query}`);
    expect([status, json]).toEqual([201, { Id: expect.stringMatching(/^sha256:/) }]);
    const image = (await call('GET', '/images/made:v1/json')).json;
    expect(image).toMatchObject({
      Id: json.Id,
      Author: 'me',
      Comment: 'why',
      Config: { Env: expect.arrayContaining(['A=1', 'B=2']), Cmd: ['cat'], Labels: { l: 'x' } },
    });
    expect(image.RootFS.Layers).toHaveLength(2);
    await ran(`of-${name}`, 'cat /new /dir/in /tmp/t; ls /etc', { Image: 'made:v1' });
    const log = (await call('GET', `/containers/of-${name}/logs?stdout=1`)).bytes.toString();
    expect(log).toMatch(/x\n.*y\n.*z\n/s);
    expect(log).not.toContain('group');
    expect((await call('GET', `/containers/${name}/json`)).json.State.Status).toBe(stays ? 'running' : 'exited');
    expect((await call('GET', '/images/made:v1/history')).json[0]).toMatchObject({
      Comment: 'why',
      CreatedBy: expect.stringContaining('sh -c'),
    });
  });
});

it('a container that changed nothing makes an image without a layer of its own', async () => {
  await ran('unchanged', 'true');
  expect((await call('GET', '/containers/unchanged/changes')).json).toBeNull();
  const { json } = await call('POST', '/commit?container=unchanged');
  expect((await call('GET', `/images/${json.Id}/json`)).json.RootFS.Layers).toHaveLength(1);
});

it('system df counts a layer that two images have once, and says what they share', async () => {
  const { json } = await call('GET', '/system/df');
  const { Images: images, LayersSize: all } = json as unknown as { Images: { Size: number; SharedSize: number }[]; LayersSize: number };
  expect(images.length).toBeGreaterThan(1);
  for (const { Size, SharedSize } of images) expect(SharedSize).toBeLessThanOrEqual(Size);
  expect(images.some(({ SharedSize }) => SharedSize > 0)).toBe(true);
  expect(all).toBeLessThan(images.reduce((sum, { Size }) => sum + Size, 0));
});

it.each([
  ['container=none', 404, 'No such container: none'],
  ['container=unchanged&repo=BAD', 400, 'invalid reference format: repository name must be lowercase'],
  ['container=unchanged&repo=a:b:c', 400, 'invalid reference format'],
  ['container=unchanged&changes=RUN%20x', 400, 'RUN is not a valid change command'],
])('POST /commit?%s is refused', async (query, status, message) => {
  const answer = await call('POST', `/commit?${query}`);
  expect([answer.status, answer.json]).toEqual([status, { message: expect.stringContaining(message) }]);
});

it('what is exported is imported again as it was, with what is said of it', async () => {
  await ran('source', 'echo kept > /kept');
  const { bytes } = await call('GET', '/containers/source/export');
  const query = 'fromSrc=-&repo=again&tag=v2&message=mine&platform=linux/arm64&changes=USER%201&changes=WORKDIR%20/w';
  expect((await call('POST', `/images/create?${query}`, bytes)).status).toBe(200);
  expect((await call('GET', '/images/again:v2/json')).json).toMatchObject({
    Architecture: 'arm64',
    Comment: 'mine',
    Config: { User: '1', WorkingDir: '/w' },
  });
});

it.each([
  ['no archive', Buffer.alloc(4096, 7), 'invalid layer archive'],
  ['an archive that leads out', archive([{ path: '../x', content: '' }]), 'leads out of the layer'],
])('%s is not imported', async (_what, content, words) => {
  const { status, json } = await call('POST', '/images/create?fromSrc=-&repo=hostile', content);
  expect([status, json.message]).toEqual([500, expect.stringContaining(words)]);
  expect((await call('GET', '/images/hostile/json')).status).toBe(404);
});
