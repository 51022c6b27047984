import { startTestServer, type TestServer } from '#api-server/testing';
import type { KubeObject } from '#api';
import { VolumeControllers } from '../oracle/volume-controllers.ts';

/** Upstream's conformance behaviours of sig-storage that are about the API alone, each by the name that it has there. */
interface Lifecycle {
  behaviour: string;
  path: string;
  body: object;
  /** What an update may change. */
  change: object;
  status?: object;
}

const volume = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], storageClassName: 'none' };
const request = { accessModes: ['ReadWriteOnce'], storageClassName: 'none', resources: { requests: { storage: '1Gi' } } };
const condition = { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from an e2e test' };
const storage = '/apis/storage.k8s.io/v1';
const attachment = { attacher: 'x.example.com', nodeName: 'n', source: { persistentVolumeName: 'p' } };

const lifecycles: readonly Lifecycle[] = [
  {
    behaviour: 'PersistentVolumes: should run through the lifecycle of a PV; should apply changes to a pv status',
    path: '/api/v1/persistentvolumes',
    body: { spec: { ...volume, csi: { driver: 'x.example.com', volumeHandle: 'h' } } },
    change: { spec: { persistentVolumeReclaimPolicy: 'Retain', capacity: { storage: '2Gi' } } },
    status: { message: 'StatusUpdate', reason: 'E2E' },
  },
  {
    behaviour: 'PersistentVolumes: should run through the lifecycle of a PVC; should apply changes to a pvc status',
    path: '/api/v1/namespaces/default/persistentvolumeclaims',
    body: { spec: request },
    change: { metadata: { annotations: { changed: 'yes' } } },
    status: { conditions: [condition] },
  },
  {
    behaviour: 'StorageClasses: should run through the lifecycle of a StorageClass',
    path: `${storage}/storageclasses`,
    body: { provisioner: 'x.example.com' },
    change: { allowVolumeExpansion: true },
  },
  {
    behaviour: 'CSIInlineVolumes: should run through the lifecycle of a CSIDriver',
    path: `${storage}/csidrivers`,
    body: { spec: { volumeLifecycleModes: ['Ephemeral'] } },
    change: { spec: { podInfoOnMount: true } },
  },
  {
    behaviour: 'CSINodes: should run through the lifecycle of a csinode',
    path: `${storage}/csinodes`,
    body: { spec: { drivers: [{ name: 'x.example.com', nodeID: 'n', topologyKeys: ['example.com/zone'] }] } },
    change: { spec: { drivers: [] } },
  },
  {
    behaviour: 'CSIStorageCapacity: should support CSIStorageCapacities API operations',
    path: `${storage}/namespaces/default/csistoragecapacities`,
    body: { storageClassName: 'none', nodeTopology: { matchLabels: { a: 'b' } }, capacity: '1Gi' },
    change: { capacity: '2Gi' },
  },
  {
    behaviour:
      'VolumeAttachment: should run through the lifecycle of a VolumeAttachment; should apply changes to a volumeattachment status',
    path: `${storage}/volumeattachments`,
    body: { spec: attachment },
    change: { metadata: { annotations: { changed: 'yes' } } },
    status: { attached: true },
  },
  {
    behaviour: 'VolumeAttributesClass: should run through the lifecycle of a VolumeAttributesClass',
    path: `${storage}/volumeattributesclasses`,
    body: { driverName: 'x.example.com', parameters: { iops: '1' } },
    change: { metadata: { annotations: { changed: 'yes' } } },
  },
];

describe('the conformance behaviours of sig-storage', () => {
  let server: TestServer;
  let controllers: VolumeControllers;
  beforeAll(async () => {
    server = await startTestServer();
    controllers = new VolumeControllers(server);
  });
  afterAll(async () => {
    await controllers.stop();
    await server.close();
  });

  const ask = async <T = KubeObject>(method: string, path: string, body?: unknown): Promise<T> => {
    const headers = { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' };
    const { status, json, text } = await server.call(method, path, { headers, ...(body !== undefined && { body }) });
    expect([status, status < 300 ? '' : text]).toEqual([expect.any(Number), '']);
    return json as T;
  };
  const names = async (path: string): Promise<(string | undefined)[]> =>
    (await ask<{ items: KubeObject[] }>('GET', path)).items.map(({ metadata }) => metadata.name);
  /** Of all namespaces. */
  const everywhere = (path: string): string => path.replace('/namespaces/default', '');

  it.each(lifecycles)('$behaviour', async ({ path, body, change, status }) => {
    const label = { e2e: 'lifecycle' };
    const of = (name: string): object => ({ ...body, metadata: { name, labels: label } });
    const first = await ask('POST', path, of('a-e2e'));
    const selected = `${everywhere(path)}?labelSelector=e2e=lifecycle`;
    expect(await names(selected)).toEqual(['a-e2e']);
    const ended = new AbortController();
    const watched = server.call('GET', `${path}?watch=1&labelSelector=e2e=lifecycle&resourceVersion=${first.metadata.resourceVersion}`, {
      signal: ended.signal,
    });

    const patched = await ask('PATCH', `${path}/a-e2e`, { metadata: { labels: { patched: 'yes' } } });
    expect(patched.metadata.labels).toEqual({ ...label, patched: 'yes' });
    await ask('PATCH', `${path}/a-e2e`, change);
    const present = await ask('GET', `${path}/a-e2e`);
    expect(present).toMatchObject(change);
    await ask('PUT', `${path}/a-e2e`, {
      ...present,
      metadata: { ...present.metadata, labels: { ...present.metadata.labels, updated: 'yes' } },
    });
    if (status) {
      const changed = await ask<KubeObject & { status: object }>('PATCH', `${path}/a-e2e/status`, { status });
      expect(changed.status).toMatchObject(status);
      const again = await ask<KubeObject & { status: object }>('GET', `${path}/a-e2e/status`);
      expect((await ask<typeof again>('PUT', `${path}/a-e2e/status`, again)).status).toMatchObject(status);
    }
    await ask('DELETE', `${path}/a-e2e`);
    await ask('POST', path, of('b-e2e'));
    await ask('DELETE', `${path}?labelSelector=e2e=lifecycle`);
    await controllers.settled();
    expect(await names(selected)).toEqual([]);
    ended.abort();
    const events = (await watched).text
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect([...new Set(events)].toSorted()).toEqual(['ADDED', 'DELETED', 'MODIFIED']);
  });
});
