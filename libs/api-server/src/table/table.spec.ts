import { startTestServer, type TestServer } from '../testing.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  const metadata = { name: 'd' };
  const template = { metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  const spec = { replicas: 3, selector: { matchLabels: { app: 'd' } }, template };
  await server.call('POST', '/apis/apps/v1/namespaces/default/deployments', { body: { metadata, spec } });
});
afterAll(() => server.close());

const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';

it('a Scale has columns of its own', async () => {
  const { json } = await server.call('GET', '/apis/apps/v1/namespaces/default/deployments/d/scale', { headers: { accept } });
  const table = json as { columnDefinitions: { name: string }[]; rows: { cells: unknown[] }[] };
  expect(table.columnDefinitions.map(({ name }) => name)).toEqual(['Name', 'Desired', 'Available', 'Age']);
  expect(table.rows.map(({ cells }) => cells)).toEqual([['d', 3, 0, expect.any(String)]]);
});
