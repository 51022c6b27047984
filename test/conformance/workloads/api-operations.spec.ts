import { startTestServer, type TestAnswer, type TestServer } from '#api-server/testing';

/*
 * What the conformance tests of sig-apps ask of the API of every workload ("API operations", "lifecycle", "status sub-resource", "scale
 * subresource"), once for each kind. What the controllers do is proved elsewhere: docs/conformance.md.
 */

const selector = { matchLabels: { app: 'a' } };
const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
const once = { spec: { ...template.spec, restartPolicy: 'Never' } };

interface Row {
  kind: string;
  path: string;
  spec: object;
  /** A change that each may make to what is wanted, and one of the status. */
  change: object;
  status: object;
  scales?: boolean;
}

const rows: Row[] = [
  {
    kind: 'Deployment',
    path: 'apps/v1/deployments',
    spec: { selector, template },
    change: { replicas: 3 },
    status: { replicas: 1 },
    scales: true,
  },
  {
    kind: 'ReplicaSet',
    path: 'apps/v1/replicasets',
    spec: { selector, template },
    change: { replicas: 3 },
    status: { replicas: 1 },
    scales: true,
  },
  {
    kind: 'StatefulSet',
    path: 'apps/v1/statefulsets',
    spec: { selector, template },
    change: { replicas: 3 },
    status: { replicas: 1 },
    scales: true,
  },
  {
    kind: 'DaemonSet',
    path: 'apps/v1/daemonsets',
    spec: { selector, template },
    change: { minReadySeconds: 3 },
    status: { currentNumberScheduled: 1, numberMisscheduled: 0, desiredNumberScheduled: 1, numberReady: 0 },
  },
  { kind: 'Job', path: 'batch/v1/jobs', spec: { suspend: true, template: once }, change: { parallelism: 3 }, status: { ready: 0 } },
  {
    kind: 'CronJob',
    path: 'batch/v1/cronjobs',
    spec: { schedule: '@hourly', jobTemplate: { spec: { template: once } } },
    change: { suspend: true },
    status: { lastScheduleTime: '2026-01-01T00:00:00Z' },
  },
  {
    kind: 'PodDisruptionBudget',
    path: 'policy/v1/poddisruptionbudgets',
    spec: { selector, minAvailable: 1 },
    change: { minAvailable: '50%' },
    status: { disruptionsAllowed: 1, currentHealthy: 1, desiredHealthy: 0, expectedPods: 1 },
  },
  {
    kind: 'ReplicationController',
    path: 'v1/replicationcontrollers',
    spec: { selector: { app: 'a' }, template },
    change: { replicas: 3 },
    status: { replicas: 1 },
    scales: true,
  },
];

type Shown = { metadata: { name: string; labels?: object; annotations?: object }; spec: object; status: object };
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

describe.each(rows)('the API of a $kind', ({ kind, path, spec, change, status, scales }) => {
  const [version, plural] = [path.slice(0, path.lastIndexOf('/')), path.slice(path.lastIndexOf('/') + 1)];
  const root = version === 'v1' ? '/api/v1' : `/apis/${version}`;
  const all = `${root}/namespaces/default/${plural}`;
  const body = (name: string, labels: object = { test: kind }) => ({ apiVersion: version, kind, metadata: { name, labels }, spec });
  const create = (name: string) => server.call('POST', all, { body: body(name) });
  const merge = { 'content-type': 'application/merge-patch+json' };
  const patch = (name: string, changed: object) => server.call('PATCH', `${all}/${name}`, { body: changed, headers: merge });
  const get = async (name: string): Promise<Shown> => (await server.call('GET', `${all}/${name}`)).json as Shown;
  const items = ({ json }: TestAnswer): string[] => (json as { items: Shown[] }).items.map(({ metadata }) => metadata.name);

  it('creates, reads, lists in all namespaces by label, patches and replaces', async () => {
    expect((await create('one')).status).toBe(201);
    expect(await get('one')).toMatchObject({ metadata: { labels: { test: kind } }, spec });
    expect(items(await server.call('GET', `${root}/${plural}?labelSelector=test%3D${kind}`))).toEqual(['one']);
    expect((await patch('one', { metadata: { labels: { patched: 'yes' } }, spec: change })).json).toMatchObject({ spec: change });
    const present = await get('one');
    const next = { ...present, metadata: { ...present.metadata, annotations: { replaced: 'yes' } } };
    expect((await server.call('PUT', `${all}/one`, { body: next })).status).toBe(200);
    expect((await get('one')).metadata).toMatchObject({ labels: { patched: 'yes' }, annotations: { replaced: 'yes' } });
  });

  it('watches', async () => {
    const ended = new AbortController();
    const { resourceVersion } = ((await server.call('GET', all)).json as { metadata: { resourceVersion: string } }).metadata;
    await create('seen');
    await patch('seen', { metadata: { annotations: { a: 'b' } } });
    await server.call('DELETE', `${all}/seen?propagationPolicy=Background`);
    const watched = await server.call('GET', `${all}?watch=1&resourceVersion=${resourceVersion}&timeoutSeconds=1`, {
      signal: ended.signal,
    });
    const told = watched.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; object: Shown });
    expect(told.filter(({ object }) => object.metadata.name === 'seen').map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
  });

  it('has a status of its own, which is read, patched and replaced, and which the object itself leaves alone', async () => {
    await create('two');
    const of = `${all}/two/status`;
    expect(
      (await server.call('PATCH', of, { body: { metadata: { annotations: { by: 'status' } }, status }, headers: merge })).json,
    ).toMatchObject({
      metadata: { annotations: { by: 'status' } },
      status,
    });
    const read = await server.call('GET', of);
    expect(read.json).toMatchObject({ status });
    expect((await server.call('PUT', of, { body: { ...(read.json as Shown), spec: change } })).status).toBe(200);
    expect(await get('two')).toMatchObject({ spec, status });
    await patch('two', { status: null });
    expect(await get('two')).toMatchObject({ status });
  });

  it('deletes a collection by label', async () => {
    await create('three');
    expect((await server.call('DELETE', `${all}?labelSelector=test%3D${kind}&propagationPolicy=Background`)).status).toBe(200);
    expect(items(await server.call('GET', all))).toEqual([]);
  });

  if (scales) {
    it('is scaled', async () => {
      await create('four');
      const of = `${all}/four/scale`;
      const read = (await server.call('GET', of)).json as Shown;
      expect(read).toMatchObject({ kind: 'Scale', spec: { replicas: 1 } });
      expect((await server.call('PUT', of, { body: { ...read, spec: { replicas: 2 } } })).json).toMatchObject({ spec: { replicas: 2 } });
      expect((await get('four')).spec).toMatchObject({ replicas: 2 });
      await server.call('PATCH', of, { body: { spec: { replicas: 4 } }, headers: merge });
      expect((await get('four')).spec).toMatchObject({ replicas: 4 });
    });
  }
});
