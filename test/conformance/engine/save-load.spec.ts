import { archive } from '#runtime/testing';
import { type EngineUnderTest, openEngine, rootFileSystem } from './engine-under-test.ts';
import { send } from './replay.ts';

let engine: EngineUnderTest;

beforeAll(async () => {
  engine = await openEngine();
  await call('POST', '/images/create?fromSrc=-&repo=bb&tag=1', rootFileSystem());
  await call('POST', '/images/bb:1/tag?repo=bb&tag=2');
});
afterAll(() => engine.close());

async function call(method: string, path: string, content?: Buffer): Promise<{ status: number; bytes: Buffer; lines: object[] }> {
  const { status, bytes, type } = await send(engine.socket, { method, path, content, type: 'application/x-tar' });
  const lines = type === 'application/json' ? bytes.toString().split(/\r?\n/).filter(Boolean) : [];
  return { status, bytes, lines: lines.map((line) => JSON.parse(line) as object) };
}

const names = async (): Promise<string[]> =>
  (await call('GET', '/images/json')).lines
    .flatMap((list) => (list as { RepoTags: string[] }[]).flatMap(({ RepoTags }) => RepoTags))
    .sort();

it.each([
  ['/images/bb/get', ['bb:1', 'bb:2']],
  ['/images/bb:1/get', ['bb:1']],
  ['/images/get?names=bb:1&names=bb:2', ['bb:1', 'bb:2']],
])('%s is loaded again under the names that it was asked for by', async (path, want) => {
  const { status, bytes } = await call('GET', path);
  expect(status).toBe(200);
  for (const name of ['bb:1', 'bb:2']) await call('DELETE', `/images/${name}?force=1`);
  expect(await names()).toEqual([]);
  const { lines } = await call('POST', '/images/load', bytes);
  expect(lines).toEqual(want.map((name) => ({ stream: `Loaded image: ${name}\n` })));
  expect(await names()).toEqual(want);
  await call('POST', '/images/bb:1/tag?repo=bb&tag=2');
});

it('by its id an image has no name afterwards, and stays', async () => {
  const [image] = (await call('GET', '/images/bb:1/json')).lines as [{ Id: string }];
  const { bytes } = await call('GET', `/images/${image.Id}/get`);
  for (const name of ['bb:1', 'bb:2']) await call('DELETE', `/images/${name}`);
  expect((await call('POST', '/images/load', bytes)).lines).toEqual([{ stream: `Loaded image ID: ${image.Id}\n` }]);
  expect((await call('GET', `/images/${image.Id}/json`)).status).toBe(200);
  await call('POST', `/images/${image.Id}/tag?repo=bb&tag=1`);
});

it('tells of layers that were not here, unless it is to be quiet', async () => {
  const { bytes } = await call('GET', '/images/bb:1/get');
  await call('DELETE', '/images/bb:1?force=1');
  const { lines } = await call('POST', '/images/load?quiet=0', bytes);
  expect(lines).toEqual([
    expect.objectContaining({ status: 'Loading layer', progressDetail: { current: 0, total: expect.any(Number) } }),
    expect.objectContaining({ status: 'Loading layer', progress: expect.stringContaining('=>]') }),
    { stream: 'Loaded image: bb:1\n' },
  ]);
});

it.each([
  ['/images/nope/get', 'No such image: nope'],
  ['/images/nope:1/get', 'reference does not exist'],
  ['/images/get?names=bb:1&names=nope', 'No such image: nope'],
])('GET %s is 404', async (path, message) => {
  const { status, lines } = await call('GET', path);
  expect([status, lines]).toEqual([404, [{ message }]]);
});

it('what is no archive of images is an error in Docker’s form, and changes nothing', async () => {
  const before = await names();
  const { status, lines } = await call('POST', '/images/load', archive([{ path: 'x', content: '' }]));
  const error = 'invalid archive: it has neither a manifest.json nor an index.json';
  expect([status, lines]).toEqual([200, [{ errorDetail: { message: error }, error }]]);
  expect(await names()).toEqual(before);
});
