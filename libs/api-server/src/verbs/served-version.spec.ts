import { admin, startTestServer, type TestAnswer, type TestServer } from '../testing.ts';

const url = '/apis/events.k8s.io/v1/namespaces/default/events';
const core = '/api/v1/namespaces/default/events';

const good = {
  metadata: { name: 'e' },
  eventTime: '2026-01-01T00:00:00.000000Z',
  reportingController: 'example.com/c',
  reportingInstance: 'i',
  action: 'Doing',
  reason: 'Done',
  regarding: { kind: 'Pod', name: 'p', namespace: 'default' },
  note: 'all is well',
  type: 'Normal',
};

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

async function firstLine({ resources }: TestServer): Promise<unknown> {
  const ended = new AbortController();
  const resource = { group: 'events.k8s.io', version: 'v1', resource: 'events' };
  for await (const [event] of resources.watch({ user: admin, resource, namespace: '', resourceVersion: '0' }, ended.signal)) {
    if (!event || event.type === 'BOOKMARK') continue; // the first batch is empty
    ended.abort();
    return JSON.parse(event.line().toString());
  }
  return undefined;
}

/** What the answer says in the version that was asked, and nothing in the other. */
const inOwnForm = (answer: TestAnswer): unknown => {
  const { apiVersion, note, regarding, reportingController, ...rest } = answer.json as Record<string, unknown>;
  const foreign = ['message', 'involvedObject', 'reportingComponent', 'source', 'count'].filter((field) => field in rest);
  return { status: answer.status, apiVersion, note, regarding, reportingController, foreign };
};
const form = {
  apiVersion: 'events.k8s.io/v1',
  note: 'all is well',
  regarding: good.regarding,
  reportingController: 'example.com/c',
  foreign: [],
};

describe('an event of events.k8s.io/v1', () => {
  it('is answered in that form by every verb', async () => {
    const change = (type: string, body: unknown) => server.call('PATCH', `${url}/e`, { body, headers: { 'content-type': type } });
    expect(inOwnForm(await server.call('POST', `${url}?dryRun=All`, { body: good }))).toEqual({ status: 201, ...form });
    expect(inOwnForm(await server.call('POST', url, { body: good }))).toEqual({ status: 201, ...form });
    expect(inOwnForm(await server.call('GET', `${url}/e`))).toEqual({ status: 200, ...form });
    expect(inOwnForm(await server.call('PUT', `${url}/e`, { body: good }))).toEqual({ status: 200, ...form }); // changes nothing
    const labelled = { ...good, metadata: { name: 'e', labels: { a: 'b' } } };
    expect(inOwnForm(await server.call('PUT', `${url}/e?dryRun=All`, { body: labelled }))).toEqual({ status: 200, ...form });
    expect(inOwnForm(await server.call('PUT', `${url}/e`, { body: labelled }))).toEqual({ status: 200, ...form });
    const patch = { metadata: { labels: { a: 'c' } } };
    expect(inOwnForm(await change('application/merge-patch+json', patch))).toEqual({ status: 200, ...form });
    expect(inOwnForm(await change('application/strategic-merge-patch+json', patch))).toEqual({ status: 200, ...form });
    const ops = [{ op: 'test', path: '/note', value: 'all is well' }];
    expect(inOwnForm(await change('application/json-patch+json', ops))).toEqual({ status: 200, ...form });
    const finalizer = { metadata: { finalizers: ['example.com/f'] } };
    await change('application/merge-patch+json', finalizer);
    expect(inOwnForm(await server.call('DELETE', `${url}/e`))).toEqual({ status: 200, ...form });
  });

  it('is applied in that form, to what is there and to nothing', async () => {
    const apply = (config: object, name: string) =>
      server.call('PATCH', `${url}/${name}?fieldManager=m`, {
        body: { apiVersion: 'events.k8s.io/v1', kind: 'Event', ...config },
        headers: { 'content-type': 'application/apply-patch+yaml' },
      });
    expect(inOwnForm(await apply({ ...good, metadata: { name: 'f' } }, 'f'))).toEqual({ status: 201, ...form });
    const series = { count: 2, lastObservedTime: good.eventTime };
    expect(inOwnForm(await apply({ ...good, metadata: { name: 'f' }, series }, 'f'))).toEqual({ status: 200, ...form });
    expect(await apply({ ...good, apiVersion: 'v1', metadata: { name: 'f' } }, 'f')).toMatchObject({
      status: 400,
      json: { message: 'Incorrect version specified in apply patch. Specified patch version: v1, expected: events.k8s.io/v1' },
    });
    expect((await server.call('GET', `${core}/f`)).json).toMatchObject({ message: 'all is well', series });
  });

  it('is listed, watched, shown as a table and deleted as the same event in either version', async () => {
    await server.call('POST', url, { body: good });
    expect((await server.call('GET', url)).json).toMatchObject({ apiVersion: 'events.k8s.io/v1', items: [{ note: 'all is well' }] });
    expect(await firstLine(server)).toMatchObject({ type: 'ADDED', object: { apiVersion: 'events.k8s.io/v1', note: 'all is well' } });
    const table = await server.call('GET', `${url}?includeObject=Object`, {
      headers: { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' },
    });
    expect(table.json).toMatchObject({
      rows: [
        {
          cells: [expect.anything(), 'Normal', 'Done', 'pod/p', '', 'example.com/c, i', 'all is well', expect.anything(), 1, 'e'],
          object: { note: 'all is well' },
        },
      ],
    });
    expect((await server.call('GET', `${core}/e`)).json).toMatchObject({ message: 'all is well', apiVersion: 'v1' });
    expect((await server.call('POST', url, { body: good })).json).toMatchObject({ message: 'events "e" already exists', code: 409 });
    expect((await server.call('DELETE', url)).json).toMatchObject({ apiVersion: 'events.k8s.io/v1', items: [{ note: 'all is well' }] });
  });

  it.each([
    [
      'no reporter',
      { reportingController: undefined },
      ['reportingController Required', 'reportingController Invalid', 'reportingController Invalid'],
    ],
    ['no instance', { reportingInstance: undefined }, ['reportingInstance Required']],
    ['no action', { action: undefined }, ['action Required']],
    ['no reason', { reason: undefined }, ['reason Required']],
    ['no time', { eventTime: null }, ['eventTime Required']],
    ['an unknown type', { type: 'Odd' }, ['type Invalid']],
    ['a long action', { action: 'a'.repeat(129) }, ['action Invalid']],
    ['a long note', { note: 'a'.repeat(1025) }, ['message Invalid']],
    ['what is deprecated', { deprecatedCount: 1, deprecatedSource: { host: 'h' } }, ['count Invalid', 'source Invalid']],
    ['a series of one', { series: { count: 1 } }, ['series.count Invalid', 'series.lastObservedTime Required']],
  ])('is refused with %s', async (_what, wrong, want) => {
    const { status, json } = await server.call('POST', url, { body: { ...good, ...wrong } });
    const { causes } = (json as { details: { causes: { field: string; reason: string }[] } }).details;
    expect({ status, causes: causes.map(({ field, reason }) => `${field} ${reason.replace('FieldValue', '')}`) }).toEqual({
      status: 422,
      causes: want,
    });
  });

  it('keeps what it says: only its series goes on', async () => {
    await server.call('POST', url, { body: good });
    const { json } = await server.call('PUT', `${url}/e`, { body: { ...good, note: 'other', reason: 'Other' } });
    expect(json).toMatchObject({ code: 422, details: { causes: [{ field: 'reason' }, { field: 'message' }] } });
    // The older version is as lax as it was.
    const { status } = await server.call('PATCH', `${core}/e`, {
      body: { message: 'other' },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(status).toBe(200);
  });
});

describe('generation', () => {
  it('is had by the kinds whose strategy counts, and by no other', () => {
    const counting = server.server.kinds.all
      .filter(({ definition }) => definition.strategy && 'generationOf' in definition.strategy)
      .map(({ gvk }) => gvk.kind);
    expect(counting.toSorted()).toEqual(
      'CSIDriver CronJob DaemonSet Deployment EndpointSlice Ingress IngressClass Job NetworkPolicy Pod PodDisruptionBudget PodTemplate PriorityClass ReplicaSet ReplicationController StatefulSet'.split(
        ' ',
      ),
    );
  });

  const selector = { matchLabels: { a: 'b' } };
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  it.each([
    ['/apis/scheduling.k8s.io/v1/priorityclasses', { value: 1 }, { description: 'x' }, 1],
    ['/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', { addressType: 'IPv4' }, { metadata: { annotations: { a: 'b' } } }, 1],
    ['/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', { addressType: 'IPv4' }, { metadata: { labels: { a: 'b' } } }, 2],
    [
      '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices',
      { addressType: 'IPv4' },
      { endpoints: [{ addresses: ['10.0.0.1'] }] },
      2,
    ],
    ['/apis/apps/v1/namespaces/default/deployments', { spec: { selector, template } }, { metadata: { annotations: { a: 'b' } } }, 2],
    ['/apis/apps/v1/namespaces/default/deployments', { spec: { selector, template } }, { metadata: { labels: { a: 'b' } } }, 1],
    ['/apis/apps/v1/namespaces/default/replicasets', { spec: { selector, template } }, { metadata: { annotations: { a: 'b' } } }, 1],
    ['/apis/apps/v1/namespaces/default/replicasets', { spec: { selector, template } }, { spec: { replicas: 3 } }, 2],
    [
      '/apis/networking.k8s.io/v1/namespaces/default/networkpolicies',
      { spec: { podSelector: {} } },
      { spec: { podSelector: selector } },
      2,
    ],
    ['/api/v1/namespaces/default/podtemplates', { template }, { template: { metadata: { labels: { c: 'd' } } } }, 2],
    ['/api/v1/namespaces/default/configmaps', {}, { data: { a: 'b' } }, undefined],
    ['/api/v1/namespaces/default/services', { spec: { ports: [{ port: 1 }] } }, { spec: { selector: { a: 'b' } } }, undefined],
  ])('%s %j, then %j: %s', async (path, body, patch, want) => {
    expect((await server.call('POST', path, { body: { metadata: { name: 'x' }, ...body } })).status).toBe(201);
    const headers = { 'content-type': 'application/merge-patch+json' };
    const { status, json } = await server.call('PATCH', `${path}/x`, { body: patch, headers });
    expect({ status, generation: (json as { metadata: { generation?: number } }).metadata.generation }).toEqual({
      status: 200,
      generation: want,
    });
  });
});
