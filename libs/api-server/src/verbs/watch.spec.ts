import { ManualClock } from '#base/testing';
import { startTestServer, type TestServer } from '../testing.ts';

let server: TestServer;
let clock: ManualClock;
beforeEach(async () => {
  clock = new ManualClock();
  server = await startTestServer({ clock });
  await server.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'ns' } } });
});
afterEach(() => server.close());

const path = '/api/v1/namespaces/ns/configmaps';
const put = (name: string, labels: Record<string, string>) =>
  server.call('PUT', `${path}/${name}`, { body: { metadata: { name, labels } } });
const create = (name: string, labels: Record<string, string> = {}) => server.call('POST', path, { body: { metadata: { name, labels } } });

interface Event {
  type: string;
  object: { kind: string; metadata: { name?: string; resourceVersion?: string; annotations?: Record<string, string> } };
}

/** Everything that a watch with this query told while `during` ran. */
async function watched(query: string, during: () => Promise<unknown>, headers = {}): Promise<Event[]> {
  const ended = new AbortController();
  const answer = server.call('GET', `${path}?watch=1&${query}`, { signal: ended.signal, headers });
  await clock.advance(0);
  await during();
  await server.server.cache.sync();
  await clock.advance(0);
  ended.abort();
  return (await answer).text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event);
}
const told = (events: Event[]) => events.map(({ type, object }) => `${type} ${object.metadata.name ?? ''}`.trim());

it('begins with what is there when no version is given', async () => {
  await create('a');
  expect(told(await watched('', () => create('b')))).toEqual(['ADDED a', 'ADDED b']);
});

it('tells only what came after a version', async () => {
  const { json } = await create('a');
  const version = (json as Event['object']).metadata.resourceVersion;
  await create('b');
  expect(told(await watched(`resourceVersion=${version}`, () => create('c')))).toEqual(['ADDED b', 'ADDED c']);
});

it('tells what enters a selection as added and what leaves it as deleted', async () => {
  const events = await watched('labelSelector=in', async () => {
    await create('a');
    await put('a', { in: '' });
    await put('a', { in: '', more: '' });
    await put('a', {});
    await put('a', { other: '' });
  });
  expect(told(events)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
});

it('marks the end of the initial events for who asks for it', async () => {
  await create('a');
  const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
  const events = await watched(query, () => create('b'));
  expect(told(events)).toEqual(['ADDED a', 'BOOKMARK', 'ADDED b']);
  expect(events[1]!.object).toMatchObject({ kind: 'ConfigMap', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } });
});

it('sends bookmarks each minute to who allows them', async () => {
  const events = await watched('resourceVersion=0&allowWatchBookmarks=true', () => clock.advance(61_000));
  expect(told(events)).toEqual(['BOOKMARK']);
});

it('ends after timeoutSeconds', async () => {
  const answer = server.call('GET', `${path}?watch=true&timeoutSeconds=5`);
  await clock.advance(5_000);
  expect(await answer).toMatchObject({ status: 200, text: '' });
  expect(server.server.chain).toBeDefined();
});

it('answers tables, the columns with the first event only', async () => {
  await create('a');
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  const events = (await watched('', () => create('b'), { accept })) as unknown as {
    object: { columnDefinitions: unknown; rows: { cells: unknown[] }[] };
  }[];
  expect(events.map(({ object }) => object.rows[0]!.cells[0])).toEqual(['a', 'b']);
  expect(events.map(({ object }) => object.columnDefinitions !== null)).toEqual([true, false]);
});

it.each([
  ['resourceVersion=1', 200, '"code":410'],
  ['resourceVersion=x', 400, 'invalid syntax'],
  ['labelSelector=a+b', 400, 'BadRequest'],
  ['sendInitialEvents=true', 422, 'resourceVersionMatch'],
  ['resourceVersionMatch=NotOlderThan', 422, 'forbidden for watch'],
])('%s is answered %i', async (query, status, text) => {
  const answer = await server.call('GET', `${path}?watch=1&${query}`);
  expect(answer.status).toBe(status);
  expect(answer.text).toContain(text);
});
