import { decodeBody, type KubeObject, protobufMediaType } from '#api';
import { startTestServer, type TestServer } from '#api-server/testing';
import type { nodeSession } from '#proto';
import { nodeMetricsTypes } from './types.ts';

const usage = (cpuNanoCores: number, mib: number): nodeSession.Usage => ({
  cpuNanoCores: BigInt(cpuNanoCores),
  memoryBytes: BigInt(mib * 2 ** 20),
  windowMs: 15_003,
});
const namespace = '/api/v1/namespaces/default';
const group = '/apis/metrics.k8s.io/v1beta1';

describe('metrics.k8s.io', () => {
  let server: TestServer;
  const reports = new Map<string, nodeSession.UsageReport>();
  const uids = new Map<string, string>();
  beforeAll(async () => {
    server = await startTestServer();
    server.server.nodes.sessions.usageOf = (node) => reports.get(node);
    await server.call('POST', `${namespace}/serviceaccounts`, { body: { metadata: { name: 'default' } } });
    for (const name of ['n1', 'n2']) await server.call('POST', '/api/v1/nodes', { body: { metadata: { name, labels: { zone: name } } } });
    for (const name of ['a', 'b', 'waiting']) {
      const spec = {
        nodeName: 'n1',
        containers: [
          { name: 'c', image: 'i' },
          { name: 'd', image: 'i' },
        ],
      };
      const { json } = await server.call('POST', `${namespace}/pods`, { body: { metadata: { name, labels: { app: name } }, spec } });
      uids.set(name, (json as KubeObject).metadata.uid ?? '');
      const status = {
        body: { status: { phase: name === 'waiting' ? 'Pending' : 'Running' } },
        headers: { 'content-type': 'application/merge-patch+json' },
      };
      await server.call('PATCH', `${namespace}/pods/${name}/status`, status);
    }
    const containers = [
      { name: 'c', usage: usage(1_234_567, 3) },
      { name: 'd', usage: usage(5_000_000, 1) },
    ];
    const podUsage = (pod: string, podUid = uids.get(pod)!): nodeSession.PodUsage => ({ namespace: 'default', pod, podUid, containers });
    reports.set('n1', {
      takenAt: '2026-01-01T00:00:15.123Z',
      node: usage(2e9, 100),
      pods: [podUsage('a'), podUsage('b', 'another'), podUsage('waiting')],
    });
  });
  afterAll(() => server.close());
  const get = async (path: string) => (await server.call('GET', `${group}/${path}`)).json as { items: KubeObject[] } & KubeObject;
  const names = async (path: string): Promise<unknown> => (await get(path)).items.map(({ metadata }) => metadata.name);

  it('has what a pod uses, by container', async () => {
    expect(await get('namespaces/default/pods/a')).toMatchObject({
      kind: 'PodMetrics',
      apiVersion: 'metrics.k8s.io/v1beta1',
      metadata: { name: 'a', namespace: 'default', labels: { app: 'a' } },
      timestamp: '2026-01-01T00:00:15Z',
      window: '15.003s',
      containers: [
        { name: 'c', usage: { cpu: '1234567n', memory: '3Mi' } },
        { name: 'd', usage: { cpu: '5m', memory: '1Mi' } },
      ],
    });
  });

  it('has what a node uses', async () => {
    expect(await get('nodes/n1')).toMatchObject({
      kind: 'NodeMetrics',
      metadata: { name: 'n1', labels: { zone: 'n1' } },
      window: '15.003s',
      usage: { cpu: '2', memory: '100Mi' },
    });
  });

  it.each([
    ['pods', ['a']],
    ['namespaces/default/pods', ['a']],
    ['namespaces/other/pods', []],
    ['pods?labelSelector=app%3Da', ['a']],
    ['pods?labelSelector=app!%3Da', []],
    ['namespaces/default/pods?fieldSelector=metadata.name%3Db', []],
    ['nodes', ['n1']],
    ['nodes?labelSelector=zone%3Dn2', []],
  ])('lists %s', async (path, want) => expect(await names(path)).toEqual(want));

  it.each([
    ['namespaces/default/pods/none', 'pods "none" not found'],
    ['namespaces/default/pods/waiting', 'podmetrics.metrics.k8s.io "default/waiting" not found'],
    ['nodes/none', 'nodes "none" not found'],
    ['nodes/n2', 'nodemetrics.metrics.k8s.io "n2" not found'],
  ])('has no %s', async (path, message) => expect(await get(path)).toMatchObject({ code: 404, message }));

  it('is read alone', async () => {
    expect(await get('pods?watch=1')).toMatchObject({ code: 405 });
    expect((await server.call('DELETE', `${group}/namespaces/default/pods/a`)).status).toBe(405);
    expect(await server.call('GET', group)).toMatchObject({
      json: {
        resources: [
          { name: 'nodes', kind: 'NodeMetrics', namespaced: false, verbs: ['get', 'list'] },
          { name: 'pods', kind: 'PodMetrics', namespaced: true, verbs: ['get', 'list'] },
        ],
      },
    });
  });

  it('is printed as metrics-server does', async () => {
    const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
    const { json } = await server.call('GET', `${group}/pods`, { headers });
    expect(json).toMatchObject({
      columnDefinitions: [{ name: 'Name' }, { name: 'cpu' }, { name: 'memory' }, { name: 'Window' }],
      rows: [{ cells: ['a', '6234567n', '4Mi', '15.003s'] }],
    });
  });

  it('is there in protobuf, which kubectl asks for', async () => {
    const { bytes, headers } = await server.call('GET', `${group}/nodes/n1`, { headers: { accept: protobufMediaType } });
    expect(headers['content-type']).toBe(protobufMediaType);
    const decoded = decodeBody(server.catalog.types, bytes, { gvk: nodeMetricsTypes.gvk, mediaType: protobufMediaType });
    expect(decoded).toMatchObject({
      metadata: { name: 'n1' },
      timestamp: '2026-01-01T00:00:15Z',
      window: '15.003s',
      usage: { cpu: '2', memory: '100Mi' },
    });
    expect((await server.call('GET', `${group}/pods`, { headers: { accept: protobufMediaType } })).status).toBe(200);
  });

  it('may be served by another in its place', async () => {
    for (const resource of ['nodes', 'pods']) expect(server.catalog.remove({ group: 'metrics.k8s.io', resource })).toBe(true);
    expect((await server.call('GET', `${group}/nodes`)).status).toBe(404);
  });
});
