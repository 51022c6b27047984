import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { agent, api, home, namespace, until, watch, withNamespace } from './api.ts';
import { hostileBodies } from './hostile-bodies.ts';
import type { Row } from './run.ts';

const objectsOfResource = 200;
const clients = 16;
const pods = 320;
const statusesOfPod = 10;
/** Two looks of `collectWhenIdle` and what it takes to become idle. */
const restMs = 90_000;

/**
 * What an hour of tests and small load does to the api-server's memory, in minutes: creates, updates and deletes of objects of 1 to 8 KB
 * over 25 resources with a watch on each, the statuses of 320 pods, bodies that are meant to hurt; then rest.
 */
export async function hour(): Promise<Row[]> {
  const rows: Row[] = [{ what: 'api-server, before', value: await memoryOfServer() }];
  const note = async (what: string): Promise<void> => void rows.push({ what: `api-server, ${what}`, value: await memoryOfServer() });
  await withNamespace(async () => {
    const watches = resources.map(({ path }) => watch(`${path}?watch=true&allowWatchBookmarks=true`, () => undefined));
    await Promise.all(watches.map(({ open }) => open));
    await createUpdateDelete();
    await note(`after ${resources.length * objectsOfResource * 3} writes`);
    await statuses();
    await note(`after ${pods * statusesOfPod} statuses of ${pods} pods`);
    for (const { stop } of watches) stop();
  });
  await sendHostile();
  await note('after hostile bodies');
  agent.destroy();
  await new Promise((resolve) => setTimeout(resolve, restMs));
  await note('after a rest');
  return rows;
}

interface Resource {
  path: string;
  body?: object;
}

const inNamespace = (group: string, plural: string): string => `/${group}/namespaces/${namespace}/${plural}`;
const labels = { app: 'hour' };
const template = {
  metadata: { labels },
  spec: { schedulerName: 'nobody', containers: [{ name: 'c', image: 'none.invalid/none:1' }] },
};
const workload = { spec: { replicas: 0, selector: { matchLabels: labels }, template } };
const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };
const rbac = 'apis/rbac.authorization.k8s.io/v1';
const resources: Resource[] = [
  { path: inNamespace('api/v1', 'configmaps') },
  { path: inNamespace('api/v1', 'secrets') },
  { path: inNamespace('api/v1', 'serviceaccounts') },
  { path: inNamespace('api/v1', 'services'), body: { spec: { clusterIP: 'None', selector: { none: '1' }, ports: [{ port: 80 }] } } },
  { path: inNamespace('api/v1', 'endpoints') },
  { path: inNamespace('api/v1', 'events'), body: { involvedObject: { kind: 'Pod', name: 'x', namespace } } },
  { path: inNamespace('api/v1', 'pods'), body: { spec: { ...template.spec, terminationGracePeriodSeconds: 0 } } },
  { path: inNamespace('api/v1', 'podtemplates'), body: { template } },
  { path: inNamespace('api/v1', 'replicationcontrollers'), body: { spec: { replicas: 0, selector: labels, template } } },
  { path: inNamespace('api/v1', 'resourcequotas'), body: { spec: { hard: { persistentvolumeclaims: '10' } } } },
  { path: inNamespace('api/v1', 'limitranges'), body: { spec: { limits: [{ type: 'PersistentVolumeClaim', max: { storage: '1Ti' } }] } } },
  { path: inNamespace('apis/apps/v1', 'deployments'), body: workload },
  { path: inNamespace('apis/apps/v1', 'replicasets'), body: workload },
  { path: inNamespace('apis/apps/v1', 'statefulsets'), body: { spec: { ...workload.spec, serviceName: 'x' } } },
  {
    path: inNamespace('apis/apps/v1', 'daemonsets'),
    body: {
      spec: { selector: { matchLabels: labels }, template: { ...template, spec: { ...template.spec, nodeSelector: { none: '1' } } } },
    },
  },
  { path: inNamespace('apis/apps/v1', 'controllerrevisions'), body: { revision: 1, data: {} } },
  { path: inNamespace('apis/coordination.k8s.io/v1', 'leases') },
  { path: inNamespace('apis/discovery.k8s.io/v1', 'endpointslices'), body: { addressType: 'IPv4', endpoints: [] } },
  { path: inNamespace('apis/networking.k8s.io/v1', 'networkpolicies'), body: { spec: { podSelector: { matchLabels: { none: '1' } } } } },
  { path: inNamespace('apis/policy/v1', 'poddisruptionbudgets'), body: { spec: { minAvailable: 1, selector: { matchLabels: labels } } } },
  { path: inNamespace(rbac, 'roles'), body: { rules: [] } },
  { path: inNamespace(rbac, 'rolebindings'), body: { roleRef, subjects: [] } },
  { path: `/${rbac}/clusterroles`, body: { rules: [] } },
  { path: `/${rbac}/clusterrolebindings`, body: { roleRef, subjects: [] } },
  { path: '/apis/scheduling.k8s.io/v1/priorityclasses', body: { value: 1 } },
];

const padding = (n: number): string => 'x'.repeat(1024 + ((n * 977) % 7168));

async function createUpdateDelete(): Promise<void> {
  await inTurns(resources.length * objectsOfResource, async (n) => {
    const { path, body } = resources[n % resources.length]!;
    const name = `hour-${n}`;
    const metadata = { name, annotations: { padding: padding(n) } };
    await api('POST', path, { ...body, metadata });
    await api('PATCH', `${path}/${name}`, { metadata: { annotations: { changed: padding(n + 1) } } }, 'application/merge-patch+json');
    await api('DELETE', `${path}/${name}`, { gracePeriodSeconds: 0 });
  });
}

async function statuses(): Promise<void> {
  const path = inNamespace('api/v1', 'pods');
  await inTurns(pods, async (n) => {
    const name = `pod-${n}`;
    await api('POST', path, { metadata: { name, annotations: { padding: padding(n) } }, spec: template.spec });
    for (let i = 0; i < statusesOfPod; i++) {
      const status = {
        message: `${i}`,
        conditions: [{ type: 'Ready', status: i % 2 ? 'True' : 'False', message: padding(n + i).slice(0, 1000) }],
      };
      await api('PATCH', `${path}/${name}/status`, { status }, 'application/strategic-merge-patch+json');
    }
  });
  await api('DELETE', path);
  await until('the pods to be gone', async () => (await api('GET', path)).items.length === 0);
}

async function sendHostile(): Promise<void> {
  const refused = { count: 0 };
  await api('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'hour' } });
  const all = Array.from({ length: 4 }, () => hostileBodies()).flat();
  await inTurns(
    all.length,
    async (n) => {
      const { method, path, body, type } = all[n]!;
      await api(method, path, body, type).catch(() => refused.count++);
    },
    4,
  );
  await api('DELETE', '/api/v1/namespaces/default/configmaps/hour');
}

/** Calls with 0 to `count` - 1, as many at a time as there are clients. */
async function inTurns(count: number, work: (n: number) => Promise<void>, atATime = clients): Promise<void> {
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: atATime }, client));
}

async function memoryOfServer(): Promise<string> {
  const pid = Number(readFileSync(join(home, 'run', 'api-server.pid'), 'utf8'));
  const resident = Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  const metrics: string = await api('GET', '/metrics');
  const metric = (name: string): number => Number(new RegExp(`^${name}(?:{[^}]*})? (\\S+)$`, 'm').exec(metrics)?.[1]) / 1024 / 1024;
  const heap = metric('nodejs_heap_size_used_bytes');
  return `${resident.toFixed(0)} MiB resident, heap ${heap.toFixed(0)}, external ${metric('nodejs_external_memory_bytes').toFixed(0)}`;
}
