import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { mustRun } from '#base';
import { env, eventually, getJson, kubectl } from './clients.ts';
import { buildWeb, registry } from './shop.ts';

const driver = 'test.csi.berth.io';
const image = `${registry}/web:v1`;
const inNamespace = (...args: string[]): Promise<string> => kubectl(['-n', 'volumes', ...args]);
const create = (...items: object[]): Promise<string> =>
  kubectl(['-n', 'volumes', 'create', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
const inPod = (script: string): Promise<string> => inNamespace('exec', 'all', '--', 'sh', '-c', script);
const node = (): string => `${env('BERTH_NAME')}-1`;
const ofNode = (...path: string[]): string => join(env('BERTH_HOME'), 'nodes', node(), ...path);
const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '16Mi' } } };
const root = resolve('.');
let data: string;
let running: ChildProcess | undefined;

/** As a pod of it would, in the mount namespace of the node. */
function startDriver(): void {
  const program = [join(root, 'deploy/bin/node24'), '--no-warnings', join(root, 'dist/test/csi-driver.mjs')];
  const args = ['--data', join(data, 'volumes'), '--log', join(data, 'log')];
  running = spawn('nsenter', [`--mount=${ofNode('ns/mnt')}`, `--wd=${root}`, '--', ...program, ...args], { stdio: 'ignore' });
}

async function stopDriver(): Promise<void> {
  const ending = running;
  if (!ending) return;
  running = undefined;
  const ended = new Promise((done) => ending.once('close', done));
  ending.kill('SIGTERM');
  await ended;
}

const called = (): string[] => (existsSync(join(data, 'log')) ? readFileSync(join(data, 'log'), 'utf8').trim().split('\n') : []);
const drivers = async (): Promise<string[]> =>
  ((await getJson('csinode', node())).spec.drivers as { name: string }[]).map(({ name }) => name);
const agentPid = (): number => Number(readFileSync(ofNode('agent.pid'), 'utf8'));

async function killAgent(): Promise<void> {
  const before = agentPid();
  process.kill(before, 'SIGKILL');
  await eventually('another agent', async () => agentPid() !== before);
}

/** What is mounted on the node, or lies there, for pods that are no more. */
async function left(uid: string): Promise<string[]> {
  const mounts = (await mustRun(['nsenter', `--mount=${ofNode('ns/mnt')}`, '--', 'cat', '/proc/self/mountinfo'])).split('\n');
  const staged = ofNode('kubelet/plugins/kubernetes.io/csi', driver);
  return [
    ...mounts.filter((line) => line.includes(uid)),
    ...[ofNode('pods', uid), ofNode('kubelet/pods', uid)].filter((path) => existsSync(path)),
    ...(existsSync(staged) ? readdirSync(staged) : []),
  ];
}

const volumes = {
  scratch: { emptyDir: {} },
  memory: { emptyDir: { medium: 'Memory' } },
  config: { configMap: { name: 'words' } },
  secret: { secret: { secretName: 'words' } },
  pod: { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
  several: { projected: { sources: [{ configMap: { name: 'words' } }, { serviceAccountToken: { path: 'token' } }] } },
  host: { hostPath: { path: '/etc', type: 'Directory' } },
  claimed: { persistentVolumeClaim: { claimName: 'local' } },
  own: { ephemeral: { volumeClaimTemplate: { spec: claim } } },
  image: { image: { reference: image } },
  inline: { csi: { driver, volumeAttributes: { of: 'pod' } } },
  driven: { persistentVolumeClaim: { claimName: 'driven' } },
};
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'all' },
  spec: {
    nodeSelector: { 'kubernetes.io/hostname': '' },
    terminationGracePeriodSeconds: 1,
    securityContext: { fsGroup: 4321, fsGroupChangePolicy: 'OnRootMismatch' },
    containers: [
      {
        name: 'c',
        image,
        command: ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 1; done'],
        volumeMounts: Object.keys(volumes).map((name) => ({ name, mountPath: `/v/${name}` })),
      },
    ],
    volumes: Object.entries(volumes).map(([name, source]) => ({ name, ...source })),
  },
};

async function start(): Promise<string> {
  pod.spec.nodeSelector['kubernetes.io/hostname'] = node();
  await create(pod);
  await inNamespace('wait', 'pod/all', '--for=condition=Ready', '--timeout=90s');
  return (await getJson('pod', 'all', '-n', 'volumes')).metadata.uid;
}

beforeAll(async () => {
  await buildWeb('v1');
  data = mkdtempSync(join(tmpdir(), 'berth-csi-'));
  const bundled = ['--bundle', '--platform=node', '--format=esm', '--conditions=types', '--packages=external'];
  await mustRun(['node_modules/.bin/esbuild', 'test/e2e/csi-driver.ts', ...bundled, '--outfile=dist/test/csi-driver.mjs']);
  startDriver();
  await kubectl(['create', 'namespace', 'volumes']);
  const csi = { driver, volumeHandle: 'vol-1' };
  await create(
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSIDriver',
      metadata: { name: driver },
      spec: { attachRequired: false, podInfoOnMount: true, volumeLifecycleModes: ['Persistent', 'Ephemeral'], fsGroupPolicy: 'File' },
    },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'words' }, data: { word: 'hello' } },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'words' }, stringData: { word: 'hush' } },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: 'e2e-driven' },
      spec: {
        ...claim,
        resources: undefined,
        capacity: { storage: '16Mi' },
        persistentVolumeReclaimPolicy: 'Retain',
        csi,
        storageClassName: 'by-hand',
      },
    },
    { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'driven' }, spec: { ...claim, storageClassName: 'by-hand' } },
    { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'local' }, spec: claim },
  );
  await eventually('the driver to be known', async () => (await drivers()).includes(driver));
});

afterAll(async () => {
  await kubectl(['delete', 'namespace', 'volumes']);
  await kubectl(['delete', 'pv/e2e-driven', `csidriver/${driver}`]);
  await stopDriver();
  rmSync(data, { recursive: true, force: true });
});

it('a pod has every type of volume', async () => {
  const uid = await start();
  for (const name of ['scratch', 'memory', 'claimed', 'own', 'inline', 'driven']) {
    await inPod(`echo kept > /v/${name}/f`);
    if (name !== 'memory') expect((await inPod(`stat -c %g /v/${name}`)).trim()).toBe('4321');
  }
  expect(await inPod('cat /v/config/word /v/secret/word /v/pod/name /v/several/word')).toBe('hellohushallhello');
  expect(await inPod('test -s /v/several/token && test -f /v/host/passwd && ls /v/image')).toMatch(/^bin$/m);
  for (const name of ['config', 'secret', 'image']) {
    expect(await inPod(`touch /v/${name}/x 2>/dev/null || echo refused`)).toBe('refused\n');
  }
  expect(
    called()
      .filter((line) => line.startsWith('publish'))
      .map((line) => line.includes(`"csi.storage.k8s.io/pod.uid":"${uid}"`)),
  ).toEqual([true, true]);
});

it('what is in a CSI volume outlives its pod, its driver and the agent', async () => {
  const { uid } = (await getJson('pod', 'all', '-n', 'volumes')).metadata;
  await stopDriver();
  await killAgent();
  await inNamespace('delete', 'pod', 'all', '--wait=false');
  startDriver();
  await inNamespace('wait', '--for=delete', 'pod/all', '--timeout=60s');
  expect(await left(uid)).toEqual([]);
  await start();
  expect(await inPod('cat /v/driven/f /v/claimed/f')).toBe('kept\nkept\n');
  expect(await inPod('ls /v/inline /v/own')).not.toContain('f\n');
});

it('nothing is left of a pod that vanishes while its node is away', async () => {
  const { uid } = (await getJson('pod', 'all', '-n', 'volumes')).metadata;
  process.kill(agentPid(), 'SIGSTOP');
  await inNamespace('delete', 'pod', 'all', '--force', '--grace-period=0');
  await killAgent();
  await eventually('all of it to be gone', async () => (await left(uid)).length === 0);
  expect(
    called()
      .slice(-3)
      .map((line) => line.split(' ')[0]),
  ).toContain('unstage');
});

it('a volume of a driver that goes is not offered any more', async () => {
  await stopDriver();
  await eventually('the driver to be unknown', async () => !(await drivers()).includes(driver));
});
