import { startTestServer, type TestServer } from '#api-server/testing';
import { type Costly, costly } from './bodies.ts';

const limitMs = 200;

let server: TestServer;
beforeEach(start);
afterEach(() => server.close());

async function start(): Promise<void> {
  server = await startTestServer();
  await server.call('POST', '/api/v1/namespaces/default/serviceaccounts', { body: { metadata: { name: 'default' } } });
}

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
    let least = await turnOf(request);
    // A collection of garbage, or code that is compiled just then, is no fault of the request: it would not come three times.
    for (let again = 0; again < 2 && least >= limitMs; again++) {
      await server.close();
      await start();
      least = Math.min(least, await turnOf(request));
    }
    expect(least).toBeLessThan(limitMs);
  });
});

async function turnOf(request: Costly): Promise<number> {
  if (request.before) expect(await send(request.before)).toBe(201);
  const answering = send(request);
  const longest = await longestTurnMs(answering);
  expect([request.status].flat()).toContain(await answering);
  return longest;
}

it('many lists that arrive together', async () => {
  const data = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`k${i}`, 'v'.repeat(100)]));
  for (let i = 0; i < 20; i++) {
    await server.call('POST', '/api/v1/namespaces/kube-public/configmaps', { body: { metadata: { name: `m${i}` }, data } });
  }
  const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
  const lists = Array.from({ length: 200 }, () =>
    server.call('GET', '/api/v1/namespaces/kube-public/configmaps', { headers: { accept } }).then(({ status }) => status),
  );
  const all = Promise.all(lists);
  expect(await longestTurnMs(all)).toBeLessThan(200);
  expect([...new Set(await all)]).toEqual([200]);
});
