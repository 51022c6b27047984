import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env, eventually, getJson, kubectl, kubectlResult } from './clients.ts';
import { buildWeb, registry } from './shop.ts';

const image = `${registry}/web:v1`;
const inNamespace = (...args: string[]): Promise<string> => kubectl(['-n', 'claims', ...args]);
const rolledOut = () => inNamespace('rollout', 'status', 'sts/db', '--timeout=120s');
const claims = async () => (await getJson('pvc', '-n', 'claims', '--sort-by=.metadata.name')).items;
const mine = async () =>
  (await getJson('pv')).items.filter(
    (volume: { spec: { claimRef?: { namespace: string } } }) => volume.spec.claimRef?.namespace === 'claims',
  );
const inPod = (pod: string, script: string): Promise<string> => inNamespace('exec', pod, '--', 'sh', '-c', script);
const create = (...items: object[]): Promise<string> =>
  kubectl(['-n', 'claims', 'create', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
const containers = [
  {
    name: 'c',
    image,
    command: ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 1; done'],
    volumeMounts: [{ name: 'data', mountPath: '/data' }],
  },
];
const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '16Mi' } } };

async function kill(part: string): Promise<void> {
  const pid = async (): Promise<number> => Number(await readFile(join(env('BERTH_HOME'), 'run', `${part}.pid`), 'utf8'));
  const before = await pid();
  process.kill(before, 'SIGKILL');
  await eventually(`another ${part}`, async () => (await pid()) !== before);
}

beforeAll(async () => {
  await buildWeb('v1');
  await kubectl(['create', 'namespace', 'claims']);
  const labels = { app: 'db' };
  const template = { metadata: { labels }, spec: { containers } };
  const volumeClaimTemplates = [{ metadata: { name: 'data' }, spec: claim }];
  const persistentVolumeClaimRetentionPolicy = { whenScaled: 'Delete', whenDeleted: 'Retain' };
  const spec = { replicas: 3, serviceName: 'db', selector: { matchLabels: labels }, template, volumeClaimTemplates };
  await create({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db' },
    spec: { ...spec, persistentVolumeClaimRetentionPolicy },
  });
  await rolledOut();
});
afterAll(() => kubectl(['delete', 'namespace', 'claims']));

describe('claims', () => {
  it('are shown as kubectl shows them', async () => {
    expect(await kubectl(['get', 'sc'])).toMatch(/^local \(default\) +local\.storage\.berth\.io +Delete +WaitForFirstConsumer +true /m);
    expect(await inNamespace('get', 'pvc', '-o', 'wide')).toMatch(
      /^data-db-0 +Bound +pvc-\S+ +16Mi +RWO +local +<unset> +\S+ +Filesystem$/m,
    );
    expect(await kubectl(['get', 'pv', '-o', 'wide'])).toMatch(/^pvc-\S+ +16Mi +RWO +Delete +Bound +claims\/data-db-0 +local +<unset> /m);
    expect(await inNamespace('describe', 'pvc', 'data-db-0')).toMatch(/Used By: +db-0\n/);
  });

  it('keep the data of a stateful set, whatever becomes of its pods', async () => {
    for (const i of [0, 1, 2]) await inPod(`db-${i}`, `echo ${i} > /data/f`);
    const [before] = (await getJson('pods', '-n', 'claims', '-l', 'statefulset.kubernetes.io/pod-name=db-0')).items;
    await inNamespace('delete', 'pod', 'db-0', 'db-2');
    await rolledOut();
    await inNamespace('rollout', 'restart', 'sts/db');
    await rolledOut();
    expect(await Promise.all([0, 1, 2].map((i) => inPod(`db-${i}`, 'cat /data/f')))).toEqual(['0\n', '1\n', '2\n']);
    const [after] = (await getJson('pods', '-n', 'claims', '-l', 'statefulset.kubernetes.io/pod-name=db-0')).items;
    expect([after.spec.nodeName, after.metadata.uid]).toEqual([before.spec.nodeName, expect.not.stringMatching(before.metadata.uid)]);
  });

  it('that are used stay until nobody uses them', async () => {
    await create(
      { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'used' }, spec: claim },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'user' },
        spec: { containers, volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'used' } }] },
      },
    );
    await inNamespace('wait', 'pod/user', '--for=condition=Ready', '--timeout=60s');
    await inNamespace('delete', 'pvc', 'used', '--wait=false');
    expect(await inNamespace('get', 'pvc', 'used')).toMatch(/ Terminating /);
    await inPod('user', 'echo still > /data/f');
    await inNamespace('delete', 'pod', 'user');
    await eventually(
      'the claim to go',
      async () => !(await claims()).some((each: { metadata: { name: string } }) => each.metadata.name === 'used'),
    );
    await eventually('its volume to go', async () => (await mine()).length === 3);
  });

  it('come of a pod’s own template, and go with the pod', async () => {
    const volumes = [{ name: 'data', ephemeral: { volumeClaimTemplate: { spec: claim } } }];
    await create({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'scratch' }, spec: { containers, volumes } });
    await inNamespace('wait', 'pod/scratch', '--for=condition=Ready', '--timeout=60s');
    expect(await inNamespace('get', 'pvc', 'scratch-data')).toMatch(/ Bound /);
    await inNamespace('delete', 'pod', 'scratch');
    await eventually('the claim to go', async () => (await kubectlResult(['-n', 'claims', 'get', 'pvc', 'scratch-data'])).code !== 0);
  });

  it('go with the pods that a smaller set gives up', async () => {
    await inNamespace('scale', 'sts/db', '--replicas=2');
    await eventually('two claims', async () => (await claims()).length === 2);
    await eventually('two volumes', async () => (await mine()).length === 2);
  });

  it('have a volume each, though controller-manager and scheduler are killed meanwhile', async () => {
    const names = Array.from({ length: 12 }, (_, i) => `many-${i}`);
    const pod = (name: string): object => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, labels: { many: 'yes' } },
      spec: { containers, volumes: [{ name: 'data', persistentVolumeClaim: { claimName: name } }] },
    });
    const made = create(
      ...names.flatMap((name) => [{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name }, spec: claim }, pod(name)]),
    );
    await eventually('the first to be bound', async () => (await inNamespace('get', 'pvc')).includes('Bound') && (await mine()).length > 2);
    await kill('controller-manager');
    await kill('scheduler');
    await made;
    await inNamespace('wait', 'pod', '-l', 'many=yes', '--for=condition=Ready', '--timeout=90s');
    const bound = (await claims()).map((each: { spec: { volumeName: string } }) => each.spec.volumeName);
    expect(new Set(bound).size).toBe(14);
    expect(new Set((await mine()).map((each: { metadata: { name: string } }) => each.metadata.name))).toEqual(new Set(bound));
  });
});
