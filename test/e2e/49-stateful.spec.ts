import { eventually, getJson, kubectl } from './clients.ts';
import { buildWeb, registry } from './shop.ts';

const image = `${registry}/web:v1`;
const inNamespace = (...args: string[]): Promise<string> => kubectl(['-n', 'stateful', ...args]);
const rolledOut = () => inNamespace('rollout', 'status', 'sts/db', '--timeout=120s');
const set = () => getJson('sts', 'db', '-n', 'stateful');
const pods = async () => (await getJson('pods', '-n', 'stateful', '-l', 'app=db', '--sort-by=.metadata.name')).items;
const names = async (): Promise<string[]> => (await pods()).map((pod: { metadata: { name: string } }) => pod.metadata.name);
const envs = async (): Promise<string[]> =>
  (await pods()).map((pod: { spec: { containers: { env?: { value: string }[] }[] } }) => pod.spec.containers[0]?.env?.[0]?.value ?? '');

beforeAll(async () => {
  await buildWeb('v1');
  await kubectl(['create', 'namespace', 'stateful']);
  const labels = { app: 'db' };
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'db' }, spec: { clusterIP: 'None', selector: labels } };
  const containers = [{ name: 'c', image, command: ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 1; done'] }];
  const spec = {
    replicas: 3,
    serviceName: 'db',
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers } },
  };
  const items = [service, { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'db' }, spec }];
  await kubectl(['-n', 'stateful', 'create', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  await rolledOut();
});
afterAll(() => kubectl(['delete', 'namespace', 'stateful']));

describe('a stateful set', () => {
  it('makes its pods in order, and each is found by its own name', async () => {
    const all = await pods();
    expect(all.map((pod: { metadata: { name: string } }) => pod.metadata.name)).toEqual(['db-0', 'db-1', 'db-2']);
    const created = all.map((pod: { metadata: { creationTimestamp: string } }) => pod.metadata.creationTimestamp);
    expect(created).toEqual(created.toSorted());
    const found = async () =>
      (await inNamespace('exec', 'db-0', '--', 'sh', '-c', 'hostname; nslookup db-2.db.stateful.svc.cluster.local')).trim();
    await eventually('the name of a pod', async () => (await found()).includes(all[2].status.podIP));
    expect(await found()).toMatch(/^db-0\n/);
    expect(await inNamespace('describe', 'sts', 'db')).toMatch(/SuccessfulCreate .*create Pod db-0 in StatefulSet db successful/);
  });

  it('rolls, restarts, goes back and tells its history', async () => {
    await inNamespace('set', 'env', 'sts/db', 'VERSION=2');
    await rolledOut();
    expect(await envs()).toEqual(['2', '2', '2']);
    expect(await inNamespace('rollout', 'history', 'sts/db')).toMatch(/REVISION.*\n1 .*\n2 /);
    await inNamespace('rollout', 'undo', 'sts/db');
    await rolledOut();
    expect(await envs()).toEqual(['', '', '']);
    expect(await inNamespace('rollout', 'history', 'sts/db')).toMatch(/REVISION.*\n2 .*\n3 /);
    const { currentRevision, updateRevision } = (await set()).status;
    expect(currentRevision).toBe(updateRevision);
  });

  it('comes back under its name, goes down from the highest, and is adopted', async () => {
    const [first] = await pods();
    await inNamespace('delete', 'pod', 'db-0');
    await rolledOut();
    expect((await pods())[0].metadata).toMatchObject({ name: 'db-0', uid: expect.not.stringMatching(first.metadata.uid) });
    await inNamespace('scale', 'sts/db', '--replicas=1');
    await eventually('one pod', async () => (await names()).join() === 'db-0');
    const spec = await set();
    await inNamespace('delete', 'sts', 'db', '--cascade=orphan');
    const [orphan] = await pods();
    expect(orphan.metadata.ownerReferences).toBeUndefined();
    const { name, namespace } = spec.metadata;
    await kubectl(['create', '-f', '-'], JSON.stringify({ ...spec, metadata: { name, namespace }, status: undefined }));
    await rolledOut();
    expect((await pods())[0].metadata).toMatchObject({ uid: orphan.metadata.uid, ownerReferences: [{ kind: 'StatefulSet', name: 'db' }] });
  });
});
