import { startTestServer, type TestServer } from '../testing.ts';

let server: TestServer;
const pods = '/api/v1/namespaces/default/pods';
beforeAll(async () => {
  server = await startTestServer();
  await server.call('POST', '/api/v1/namespaces/default/serviceaccounts', { body: { metadata: { name: 'default' } } });
  await server.call('POST', pods, { body: { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } } });
});
afterAll(() => server.close());

describe('POST of a Binding to its old path', () => {
  const post = (metadata: object, query = '') =>
    server.call('POST', `/api/v1/namespaces/default/bindings${query}`, { body: { metadata, target: { kind: 'Node', name: 'n1' } } });
  const node = async () => ((await server.call('GET', `${pods}/p`)).json as { spec: { nodeName?: string } }).spec.nodeName;

  it('refuses what there is not, and another pod of the name', async () => {
    expect((await post({ name: 'none' })).json).toMatchObject({ code: 404, message: 'pods "none" not found' });
    expect((await post({ name: 'p', uid: 'another' })).json).toMatchObject({ code: 409 });
    expect(await node()).toBeUndefined();
  });

  it('assigns the pod, unless it is only tried', async () => {
    expect((await post({ name: 'p' }, '?dryRun=All')).json).toMatchObject({ status: 'Success' });
    expect(await node()).toBeUndefined();
    expect(await post({ name: 'p' })).toMatchObject({ status: 201, json: { kind: 'Status', status: 'Success' } });
    expect(await node()).toBe('n1');
    expect((await post({ name: 'p' })).json).toMatchObject({ code: 409 });
  });
});
