import { type EngineUnderTest, openEngine, rootFileSystem } from './engine-under-test.ts';
import { send } from './replay.ts';

let engine: EngineUnderTest;

beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

async function call(method: string, path: string, content?: string | Buffer): Promise<{ status: number; text: string }> {
  const type = Buffer.isBuffer(content) ? 'application/x-tar' : 'application/json';
  const { status, bytes } = await send(engine.socket, { method, path, content, type });
  return { status, text: bytes.toString() };
}

const removed = (reference: string, force = 0): ReturnType<typeof call> => call('DELETE', `/images/${reference}?force=${force}`);
const idOf = async (reference: string): Promise<string> =>
  (JSON.parse((await call('GET', `/images/${reference}/json`)).text) as { Id: string }).Id;

async function imported(repository: string): Promise<string> {
  const changes = encodeURIComponent(`LABEL of=${repository}`);
  await call('POST', `/images/create?fromSrc=-&repo=${repository}&changes=${changes}`, rootFileSystem());
  return idOf(repository);
}

async function created(image: string, name: string): Promise<void> {
  await call('POST', `/containers/create?name=${name}`, JSON.stringify({ Image: image, Cmd: ['sleep', '1000'] }));
}

describe('an image that a stopped container has', () => {
  it('goes by force alone, and the container starts all the same', async () => {
    const id = await imported('of-stopped');
    await created('of-stopped', 'stopped');
    const [byName, byId] = [await removed('of-stopped'), await removed(id)];
    expect([byName.status, byId.status]).toEqual([409, 409]);
    expect(byName.text).toContain('unable to remove repository reference \\"of-stopped\\" (must force) - container ');
    expect(byId.text).toContain('(must be forced) - image is being used by stopped container ');
    expect(await removed('of-stopped', 1)).toEqual({ status: 200, text: expect.stringContaining('"Untagged":"of-stopped:latest"') });
    expect((await call('GET', '/images/of-stopped/json')).status).toBe(404);
    expect((await call('POST', '/containers/stopped/start')).status).toBe(204);
    await call('DELETE', '/containers/stopped?force=1');
    expect(await removed(id)).toEqual({ status: 200, text: expect.stringContaining('"Deleted"') });
  });
});

describe('an image that a running container has', () => {
  it('loses its name by force, and nothing else', async () => {
    const id = await imported('of-running');
    await created('of-running', 'running');
    await call('POST', '/containers/running/start');
    const byId = await removed(id, 1);
    expect([byId.status, byId.text]).toEqual([
      409,
      expect.stringContaining('(cannot be forced) - image is being used by running container '),
    ]);
    expect(await removed('of-running', 1)).toEqual({ status: 200, text: '[{"Untagged":"of-running:latest"}]\n' });
    expect(await idOf(id)).toBe(id);
    await call('DELETE', '/containers/running?force=1');
  });
});
