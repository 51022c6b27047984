import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveRegistry } from '#registry/testing';
import { type EngineUnderTest, openEngine, rootFileSystem } from './engine-under-test.ts';
import { send } from './replay.ts';

let engine: EngineUnderTest;
let directory: string;
let registry: Awaited<ReturnType<typeof serveRegistry>>;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'registry-'));
  registry = await serveRegistry(join(directory, 'registry'));
  engine = await openEngine();
  await call('POST', '/images/create?fromSrc=-&repo=bb', rootFileSystem());
  for (const tag of ['v1', 'v2']) await call('POST', `/images/bb/tag?repo=${registry.host}/team/app&tag=${tag}`);
});
afterAll(async () => {
  await engine.close();
  await registry.close();
  rmSync(directory, { recursive: true });
});

interface Line {
  status?: string;
  id?: string;
  error?: string;
  message?: string;
  aux?: { Tag: string; Digest: string; Size: number };
}

async function call(method: string, path: string, content?: string | Buffer): Promise<{ status: number; lines: Line[] }> {
  const type = Buffer.isBuffer(content) ? 'application/x-tar' : 'application/json';
  const { status, bytes } = await send(engine.socket, { method, path, content, type });
  const lines = bytes.toString().split(/\r?\n/).filter(Boolean);
  return { status, lines: lines.map((line) => JSON.parse(line) as Line) };
}

const repository = (): string => `${registry.host}/team/app`;
const words = (lines: readonly Line[]): (string | undefined)[] => lines.map(({ status }) => status);

describe('push, then pull', () => {
  it('tells of each layer and of the digest, and the second time that it is there', async () => {
    const first = (await call('POST', `/images/${repository()}/push?tag=v1`)).lines;
    expect(first[0]).toEqual({ status: `The push refers to repository [${repository()}]` });
    expect(words(first)).toEqual(expect.arrayContaining(['Preparing', 'Pushing', 'Pushed']));
    const { aux } = first.at(-1)!;
    expect(aux).toEqual({ Tag: 'v1', Digest: expect.stringMatching(/^sha256:/), Size: expect.any(Number) });
    expect(first.at(-2)).toEqual({ status: `v1: digest: ${aux!.Digest} size: ${aux!.Size}` });
    const again = (await call('POST', `/images/${repository()}/push?tag=v1`)).lines;
    expect(words(again)).toContain('Layer already exists');
    expect(again.at(-1)!.aux).toEqual(aux);
  });

  it('without a tag all of them are pushed, and pulled', async () => {
    const pushed = (await call('POST', `/images/${repository()}/push`)).lines;
    expect(
      pushed
        .filter(({ aux }) => aux)
        .map(({ aux }) => aux!.Tag)
        .sort(),
    ).toEqual(['v1', 'v2']);
    const { status, lines } = await call('POST', `/images/create?fromImage=${repository()}`);
    expect([status, lines.filter((line) => line.status === 'Pulling from team/app').map(({ id }) => id)]).toEqual([200, ['v1', 'v2']]);
  });

  it('a pull tells of its layers as Docker does, and whether anything is new', async () => {
    await call('DELETE', `/images/${repository()}:v1?force=1`);
    await call('DELETE', `/images/${repository()}:v2?force=1`);
    await call('DELETE', '/images/bb?force=1');
    const fresh = (await call('POST', `/images/create?fromImage=${repository()}&tag=v1`)).lines;
    expect(fresh[0]).toEqual({ status: 'Pulling from team/app', progressDetail: {}, id: 'v1' });
    expect(words(fresh)).toEqual(expect.arrayContaining(['Pulling fs layer', 'Verifying Checksum', 'Download complete', 'Pull complete']));
    expect(words(fresh).slice(-2)).toEqual([
      expect.stringMatching(/^Digest: sha256:/),
      `Status: Downloaded newer image for ${repository()}:v1`,
    ]);
    const known = (await call('POST', `/images/create?fromImage=${repository()}&tag=v1`)).lines;
    expect(words(known).at(-1)).toBe(`Status: Image is up to date for ${repository()}:v1`);
    const digest = words(fresh).at(-2)!.slice('Digest: '.length);
    const byDigest = (await call('POST', `/images/create?fromImage=${repository()}&tag=${digest}`)).lines;
    expect(words(byDigest).at(-1)).toBe(`Status: Image is up to date for ${repository()}@${digest}`);
  });
});

it.each([
  ['nothing-here?tag=v1', 'An image does not exist locally with the tag: nothing-here'],
  ['HOST/team/app/push?tag=v9', 'tag does not exist: HOST/team/app:v9'],
])('a push of %s says so', async (path, error) => {
  const at = (text: string): string => text.replace('HOST', registry.host);
  const { status, lines } = await call('POST', `/images/${at(path).replace(/(?:\/push)?\?/, '/push?')}`);
  expect([status, lines.at(-1)]).toEqual([200, { errorDetail: { message: at(error) }, error: at(error) }]);
});

it.each([
  ['/images/create?fromImage=HOST/team/app&tag=v9', 404, 'manifest for HOST/team/app:v9 not found: manifest unknown: manifest unknown'],
  ['/images/create?fromImage=BAD', 400, 'invalid reference format'],
  ['/images/create?fromImage=scratch', 400, "'scratch' is a reserved name"],
  ['/images/create?fromImage=HOST/team/app&tag=v1&platform=linux/s390x/x/y', 400, 'unknown operating system or architecture'],
])('POST %s is %i', async (path, status, message) => {
  const answer = await call('POST', path.replace('HOST', registry.host));
  expect([answer.status, answer.lines[0]]).toEqual([status, { message: expect.stringContaining(message.replace('HOST', registry.host)) }]);
});

it('tells what a registry has without pulling it', async () => {
  const { status, lines } = await call('GET', `/distribution/${repository()}:v1/json`);
  expect([status, lines]).toEqual([
    200,
    [
      {
        Descriptor: { mediaType: expect.stringContaining('manifest'), digest: expect.stringMatching(/^sha256:/), size: expect.any(Number) },
        Platforms: [{ os: 'linux', architecture: expect.any(String) }],
      },
    ],
  ]);
  expect((await call('GET', `/distribution/${repository()}:v9/json`)).status).toBe(404);
});

it('search is refused, with what to do instead', async () => {
  const { status, lines } = await call('GET', '/images/search?term=x');
  expect([status, lines]).toEqual([501, [{ message: expect.stringContaining('ask the registry') }]]);
});

it('a login needs a name, and a registry that answers', async () => {
  expect((await call('POST', '/auth', JSON.stringify({ serveraddress: registry.host }))).status).toBe(400);
  const login = { username: 'a', password: 'b', serveraddress: '127.0.0.1:1' };
  expect((await call('POST', '/auth', JSON.stringify(login))).status).toBe(500);
});
