import { startTestServer, type TestServer } from '../testing.ts';
import { readPath } from './read.ts';

describe('a path that parts of the system read', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    const body = { metadata: { name: 'd' }, spec: { replicas: 2, selector: { matchLabels: { a: 'b' } }, template } };
    await server.call('POST', '/apis/apps/v1/namespaces/default/deployments', { body });
  });
  afterAll(() => server.close());
  const read = async (url: string): Promise<unknown> =>
    JSON.parse((await readPath(server.server.chain, { url, signal: new AbortController().signal })).toString());
  const deployments = '/apis/apps/v1/namespaces/default/deployments';

  it('answers what HTTPS does, subresources and discovery too', async () => {
    expect(await read(`${deployments}/d/scale`)).toMatchObject({ kind: 'Scale', spec: { replicas: 2 } });
    expect(await read(`${deployments}?labelSelector=none`)).toMatchObject({ kind: 'DeploymentList', items: [] });
    expect(await read('/apis/apps')).toMatchObject({ kind: 'APIGroup' });
  });

  it.each([
    [`${deployments}/e/scale`, { code: 404, message: 'deployments.apps "e" not found' }],
    [`${deployments}/d/nothing`, { code: 404, message: 'the server could not find the requested resource' }],
    ['/apis/nothing.example.com/v1/things', { code: 404, message: 'the server could not find the requested resource' }],
    [`${deployments}?watch=1`, { code: 400, message: 'what does not end by itself is not read this way' }],
  ])('is refused as there: %s', async (url, want) => expect(read(url)).rejects.toMatchObject(want));
});
