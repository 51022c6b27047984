import { startTestServer, type TestServer } from '#api-server/testing';
import { type Costly, costly } from './bodies.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await server.call('POST', '/api/v1/namespaces/default/serviceaccounts', { body: { metadata: { name: 'default' } } });
});
afterAll(() => server.close());

async function send({ method = 'POST', path, type, body }: Omit<Costly, 'before'>): Promise<number> {
  const url = type.includes('apply') ? `${path}?fieldManager=tester` : path;
  const { status } = await server.call(method, url, { body: body(), headers: { 'content-type': type } });
  return status;
}

/**
 * Asks `/livez` without a pause until `busy` is over. Answers the longest time that this thread computed between two answers: what
 * somebody else waits for, but for the other processes of the machine.
 */
async function longestTurnMs(busy: Promise<unknown>): Promise<number> {
  let isOver = false;
  void busy.finally(() => (isOver = true));
  let longest = 0;
  while (!isOver) {
    const before = process.threadCpuUsage();
    const { status } = await server.call('GET', '/livez');
    await new Promise(setImmediate);
    const { user, system } = process.threadCpuUsage(before);
    expect(status).toBe(200);
    longest = Math.max(longest, (user + system) / 1000);
  }
  return longest;
}

describe('requests that cost much', () => {
  it.each(costly)('$name', async (request) => {
    if (request.before) expect(await send(request.before)).toBe(201);
    const answering = send(request);
    const longest = await longestTurnMs(answering);
    expect([request.status].flat()).toContain(await answering);
    expect(longest).toBeLessThan(200);
  });
});
