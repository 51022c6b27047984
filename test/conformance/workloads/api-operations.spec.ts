import { startTestServer, type TestAnswer, type TestServer } from '#api-server/testing';

/*
 * What the conformance tests of sig-apps, sig-autoscaling, sig-network and sig-storage ask of the API of every kind ("API operations", "lifecycle", "status sub-resource", "scale
 * subresource"), once for each kind. What the controllers do is proved elsewhere: docs/conformance.md.
 */

const selector = { matchLabels: { app: 'a' } };
const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
const once = { spec: { ...template.spec, restartPolicy: 'Never' } };

interface Row {
  kind: string;
  path: string;
  /** All but its metadata. */
  body: object;
  /** A change that whoever writes the object may make. */
  change: object;
  /** Of kinds that have one. */
  status?: object;
  scales?: boolean;
  scope?: 'Cluster';
}

const rows: Row[] = [
  {
    kind: 'Deployment',
    path: 'apps/v1/deployments',
    body: { spec: { selector, template } },
    change: { spec: { replicas: 3 } },
    status: { replicas: 1 },
    scales: true,
  },
  {
    kind: 'ReplicaSet',
    path: 'apps/v1/replicasets',
    body: { spec: { selector, template } },
    change: { spec: { replicas: 3 } },
    status: { replicas: 1 },
    scales: true,
  },
  {
    kind: 'StatefulSet',
    path: 'apps/v1/statefulsets',
    body: { spec: { selector, template } },
    change: { spec: { replicas: 3 } },
    status: { replicas: 1 },
    scales: true,
  },
  {
    kind: 'DaemonSet',
    path: 'apps/v1/daemonsets',
    body: { spec: { selector, template } },
    change: { spec: { minReadySeconds: 3 } },
    status: { currentNumberScheduled: 1, numberMisscheduled: 0, desiredNumberScheduled: 1, numberReady: 0 },
  },
  {
    kind: 'Job',
    path: 'batch/v1/jobs',
    body: { spec: { suspend: true, template: once } },
    change: { spec: { parallelism: 3 } },
    status: { ready: 0 },
  },
  {
    kind: 'CronJob',
    path: 'batch/v1/cronjobs',
    body: { spec: { schedule: '@hourly', jobTemplate: { spec: { template: once } } } },
    change: { spec: { suspend: true } },
    status: { lastScheduleTime: '2026-01-01T00:00:00Z' },
  },
  {
    kind: 'PodDisruptionBudget',
    path: 'policy/v1/poddisruptionbudgets',
    body: { spec: { selector, minAvailable: 1 } },
    change: { spec: { minAvailable: '50%' } },
    status: { disruptionsAllowed: 1, currentHealthy: 1, desiredHealthy: 0, expectedPods: 1 },
  },
  {
    kind: 'ReplicationController',
    path: 'v1/replicationcontrollers',
    body: { spec: { selector: { app: 'a' }, template } },
    change: { spec: { replicas: 3 } },
    status: { replicas: 1 },
    scales: true,
  },
  {
    kind: 'HorizontalPodAutoscaler',
    path: 'autoscaling/v2/horizontalpodautoscalers',
    body: { spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }, maxReplicas: 2 } },
    change: { spec: { maxReplicas: 3 } },
    status: { currentReplicas: 1, desiredReplicas: 1 },
  },
  {
    kind: 'Ingress',
    path: 'networking.k8s.io/v1/ingresses',
    body: { spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } } } },
    change: { spec: { defaultBackend: { service: { name: 't' } } } },
    status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } },
  },
  {
    kind: 'IngressClass',
    path: 'networking.k8s.io/v1/ingressclasses',
    body: { spec: { controller: 'example.com/c' } },
    change: { spec: { parameters: { apiGroup: 'example.com', kind: 'P', name: 'p', scope: 'Cluster' } } },
    scope: 'Cluster',
  },
  {
    kind: 'NetworkPolicy',
    path: 'networking.k8s.io/v1/networkpolicies',
    body: { spec: { podSelector: {} } },
    change: { spec: { podSelector: selector } },
  },
  {
    kind: 'EndpointSlice',
    path: 'discovery.k8s.io/v1/endpointslices',
    body: { addressType: 'IPv4', endpoints: [] },
    change: { endpoints: [{ addresses: ['192.0.2.1'] }] },
  },
  {
    kind: 'Lease',
    path: 'coordination.k8s.io/v1/leases',
    body: { spec: {} },
    change: { spec: { holderIdentity: 'a', leaseDurationSeconds: 9 } },
  },
  {
    kind: 'RuntimeClass',
    path: 'node.k8s.io/v1/runtimeclasses',
    body: { handler: 'h' },
    change: { overhead: { podFixed: { cpu: '1m' } } },
    scope: 'Cluster',
  },
  {
    kind: 'PersistentVolumeClaim',
    path: 'v1/persistentvolumeclaims',
    body: { spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'none', resources: { requests: { storage: '1Gi' } } } },
    change: {},
    status: { phase: 'Pending' },
  },
  {
    kind: 'PersistentVolume',
    path: 'v1/persistentvolumes',
    body: { spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/tmp/a' } } },
    change: { spec: { persistentVolumeReclaimPolicy: 'Delete' } },
    status: { phase: 'Available' },
    scope: 'Cluster',
  },
  {
    kind: 'StorageClass',
    path: 'storage.k8s.io/v1/storageclasses',
    body: { provisioner: 'example.com/p' },
    change: { allowVolumeExpansion: true },
    scope: 'Cluster',
  },
  {
    kind: 'VolumeAttachment',
    path: 'storage.k8s.io/v1/volumeattachments',
    body: { spec: { attacher: 'example.com', nodeName: 'n', source: { persistentVolumeName: 'v' } } },
    change: {},
    status: { attached: true },
    scope: 'Cluster',
  },
  {
    kind: 'CSIDriver',
    path: 'storage.k8s.io/v1/csidrivers',
    body: { spec: { attachRequired: false } },
    change: { spec: { requiresRepublish: true } },
    scope: 'Cluster',
  },
  {
    kind: 'CSINode',
    path: 'storage.k8s.io/v1/csinodes',
    body: { spec: { drivers: [] } },
    change: { spec: { drivers: [{ name: 'example.com', nodeID: 'n', topologyKeys: [] }] } },
    scope: 'Cluster',
  },
  {
    kind: 'VolumeAttributesClass',
    path: 'storage.k8s.io/v1/volumeattributesclasses',
    body: { driverName: 'example.com', parameters: { iops: '1' } },
    change: {},
    scope: 'Cluster',
  },
  {
    kind: 'CSIStorageCapacity',
    path: 'storage.k8s.io/v1/csistoragecapacities',
    body: { storageClassName: 'c', capacity: '1Gi' },
    change: { capacity: '2Gi' },
  },
];

type Shown = { metadata: { name: string; labels?: object; annotations?: object }; spec: object; status: object };
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

describe.each(rows)('the API of a $kind', ({ kind, path, body: wanted, change, status, scales, scope }) => {
  const [version, plural] = [path.slice(0, path.lastIndexOf('/')), path.slice(path.lastIndexOf('/') + 1)];
  const root = version === 'v1' ? '/api/v1' : `/apis/${version}`;
  const all = scope === 'Cluster' ? `${root}/${plural}` : `${root}/namespaces/default/${plural}`;
  const body = (name: string, labels: object = { test: kind }) => ({
    apiVersion: version,
    kind,
    metadata: { name, labels, finalizers: [] },
    ...wanted,
  });
  const create = (name: string) => server.call('POST', all, { body: body(name) });
  const merge = { 'content-type': 'application/merge-patch+json' };
  const patch = (name: string, changed: object) => server.call('PATCH', `${all}/${name}`, { body: changed, headers: merge });
  const get = async (name: string): Promise<Shown> => (await server.call('GET', `${all}/${name}`)).json as Shown;
  const items = ({ json }: TestAnswer): string[] => (json as { items: Shown[] }).items.map(({ metadata }) => metadata.name);

  it('creates, reads, lists in all namespaces by label, patches and replaces', async () => {
    expect((await create('one')).status).toBe(201);
    expect(await get('one')).toMatchObject({ metadata: { labels: { test: kind } }, ...wanted });
    expect(items(await server.call('GET', `${root}/${plural}?labelSelector=test%3D${kind}`))).toEqual(['one']);
    expect((await patch('one', { metadata: { labels: { patched: 'yes' } }, ...change })).json).toMatchObject(change);
    const present = await get('one');
    const next = { ...present, metadata: { ...present.metadata, annotations: { replaced: 'yes' } } };
    expect((await server.call('PUT', `${all}/one`, { body: next })).status).toBe(200);
    expect((await get('one')).metadata).toMatchObject({ labels: { patched: 'yes' }, annotations: { replaced: 'yes' } });
  });

  it('watches', async () => {
    const ended = new AbortController();
    const { resourceVersion } = ((await server.call('GET', all)).json as { metadata: { resourceVersion: string } }).metadata;
    await create('seen');
    await patch('seen', { metadata: { annotations: { a: 'b' }, finalizers: null } });
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

  if (status) {
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
      expect((await server.call('PUT', of, { body: { ...(read.json as Shown), ...change } })).status).toBe(200);
      expect(await get('two')).toMatchObject({ ...wanted, status });
      await patch('two', { status: null });
      expect(await get('two')).toMatchObject({ status });
    });
  }

  it('deletes a collection by label', async () => {
    await create('three');
    const mine = `${all}?labelSelector=test%3D${kind}`;
    for (const name of items(await server.call('GET', mine))) await patch(name, { metadata: { finalizers: null } }); // of what protects volumes
    expect((await server.call('DELETE', `${mine}&propagationPolicy=Background`)).status).toBe(200);
    expect(items(await server.call('GET', mine))).toEqual([]);
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
