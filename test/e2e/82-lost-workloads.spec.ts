import { berth, env, eventually, getJson, kubectl } from './clients.ts';
import { buildWeb, registry } from './shop.ts';

const image = `${registry}/web:v1`;
const lost = `${env('BERTH_NAME')}-3`;

interface Pod {
  metadata: { name: string; uid: string; deletionTimestamp?: string };
  spec: { nodeName?: string };
  status: { conditions?: { type: string; status: string }[] };
}
const pods = async (app: string): Promise<Pod[]> => (await getJson('pods', '-n', 'lost', '-l', `app=${app}`)).items;
const isReady = ({ status, metadata }: Pod): boolean =>
  !metadata.deletionTimestamp && (status.conditions ?? []).some(({ type, status: is }) => type === 'Ready' && is === 'True');

/** One on each node as far as there are nodes, and away soon from one that is gone. */
const podOf = (app: string, command: string, more: object = {}) => ({
  metadata: { labels: { app } },
  spec: {
    ...more,
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'c', image, command: ['sh', '-c', command] }],
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels: { app } } },
    ],
    tolerations: ['not-ready', 'unreachable'].map((key) => ({
      key: `node.kubernetes.io/${key}`,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 2,
    })),
  },
});
const create = (apiVersion: string, kind: string, name: string, spec: object): Promise<string> =>
  kubectl(['-n', 'lost', 'create', '-f', '-'], JSON.stringify({ apiVersion, kind, metadata: { name }, spec }));

beforeAll(async () => {
  await buildWeb('v1');
  await kubectl(['create', 'namespace', 'lost']);
  const store = podOf('db', 'exec sleep 100000');
  await create('apps/v1', 'StatefulSet', 'db', {
    serviceName: 'db',
    replicas: 3,
    podManagementPolicy: 'Parallel',
    selector: { matchLabels: { app: 'db' } },
    template: store,
  });
  // Each is over when somebody makes the Service `gate`.
  const wait = 'until nslookup gate.lost.svc.cluster.local >/dev/null 2>&1; do sleep 0.5; done';
  await create('batch/v1', 'Job', 'work', {
    completions: 3,
    parallelism: 3,
    completionMode: 'Indexed',
    template: podOf('work', wait, { restartPolicy: 'Never' }),
  });
  await eventually('all to run on all nodes', async () => {
    const all = [...(await pods('db')), ...(await pods('work'))];
    return all.filter(isReady).length === 6 && new Set(all.map(({ spec }) => spec.nodeName)).size === 3;
  });
});
afterAll(async () => {
  await berth('node', 'start', lost);
  await kubectl(['taint', 'node', lost, 'node.kubernetes.io/out-of-service-']).catch(() => ''); // there is none where all went well
  await kubectl(['delete', 'namespace', 'lost']);
});

it('a node gone with stateful pods and a Job: none runs twice, each index counts once, and nothing is left', async () => {
  const before = await pods('db');
  const held = before.find(({ spec }) => spec.nodeName === lost)!;
  await berth('node', 'stop', lost);
  const elsewhere = async (): Promise<Pod[]> => (await pods('work')).filter((pod) => isReady(pod) && pod.spec.nodeName !== lost);
  await eventually('another pod for the index', async () => (await elsewhere()).length === 3, 90_000);
  // Nobody can know that the lost one does not run: its name is not given to another.
  const during = await pods('db');
  expect(during.map(({ metadata }) => metadata.uid).sort()).toEqual(before.map(({ metadata }) => metadata.uid).sort());
  expect(during.find(({ metadata }) => metadata.uid === held.metadata.uid)?.metadata).toHaveProperty('deletionTimestamp');
  // Until somebody says so.
  await kubectl(['taint', 'node', lost, 'node.kubernetes.io/out-of-service=nodeshutdown:NoExecute']);
  await eventually('it to run elsewhere', async () => {
    const now = (await pods('db')).find(({ metadata }) => metadata.name === held.metadata.name);
    return now && isReady(now) && now.metadata.uid !== held.metadata.uid && now.spec.nodeName !== lost;
  });
  await kubectl(['-n', 'lost', 'create', 'service', 'clusterip', 'gate', '--tcp=80']);
  await kubectl(['-n', 'lost', 'wait', '--for=condition=Complete', 'job/work', '--timeout=60s']);
  expect((await getJson('job', 'work', '-n', 'lost')).status).toMatchObject({ succeeded: 3, failed: 1, completedIndexes: '0-2' });
  await kubectl(['taint', 'node', lost, 'node.kubernetes.io/out-of-service-']);
  await berth('node', 'start', lost);
  await eventually('the node', async () => / Ready /.test(await kubectl(['get', 'node', lost])), 90_000);
  await eventually('only what there should be', async () => {
    const [store, work] = [await pods('db'), await pods('work')];
    return store.length === 3 && store.every(isReady) && work.every(({ metadata }) => !metadata.deletionTimestamp);
  });
});
