import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { berth, env, eventually, getJson, kubectl, kubectlResult } from './clients.ts';
import { nodeName, registry } from './shop.ts';

const namespace = 'node-own';
const image = `${registry}/demo:v1`;
const node = nodeName(3);
const pod = (name: string, more: object = {}, script = 'trap exit TERM; while :; do sleep 0.1; done'): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace },
  spec: { nodeName: node, terminationGracePeriodSeconds: 1, containers: [{ name: 'c', image, command: ['sh', '-c', script] }], ...more },
});
const apply = (...pods: object[]): Promise<string> =>
  kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: pods }));
const statusOf = async (name: string) => (await getJson('pod', '-n', namespace, name)).status;

describe('what a node does of itself', () => {
  beforeAll(() => kubectl(['create', 'namespace', namespace]));
  afterAll(() => kubectl(['delete', 'namespace', namespace]));

  it('reports its part of the machine, and holds its pods to it', async () => {
    const nodes = (await getJson('nodes')).items;
    const [first] = nodes;
    const { kubeletconfig } = JSON.parse(await kubectl(['get', '--raw', `/api/v1/nodes/${node}/proxy/configz`]));
    expect(kubeletconfig.enforceNodeAllocatable).toEqual(['pods']);
    const kib = (text: string): number => Number.parseInt(text, 10);
    await apply(pod('meter', { containers: [{ name: 'c', image, command: ['sh', '-c', 'sleep 1000'] }] }));
    await kubectl(['-n', namespace, 'wait', '--for=condition=Ready', 'pod/meter', '--timeout=60s']);
    const total = kib((await kubectl(['-n', namespace, 'exec', 'meter', '--', 'awk', '/MemTotal/ { print $2 }', '/proc/meminfo'])).trim());
    expect(Math.abs(kib(first.status.capacity.memory) - total / nodes.length)).toBeLessThan(2);
  });

  it('ends a pod at its deadline', async () => {
    await apply(pod('late', { activeDeadlineSeconds: 2 }));
    const status = await eventually('the deadline', async () => {
      const seen = await statusOf('late');
      return seen.phase === 'Failed' && seen;
    });
    expect(status).toMatchObject({ reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' });
  });

  it('runs static pods, and shows them whatever becomes of what shows them', async () => {
    const file = join(env('BERTH_HOME'), 'nodes', node, 'manifests', 'own.yaml');
    const metadata = `metadata: { name: own, namespace: ${namespace} }`;
    await writeFile(
      file,
      `apiVersion: v1\nkind: Pod\n${metadata}\nspec:\n  terminationGracePeriodSeconds: 1\n  containers: [{ name: c, image: '${image}' }]\n`,
    );
    const name = `own-${node}`;
    await eventually('the mirror pod', async () => (await kubectlResult(['-n', namespace, 'get', 'pod', name])).code === 0);
    await kubectl(['-n', namespace, 'wait', '--for=condition=Ready', `pod/${name}`, '--timeout=60s']);
    const before = await getJson('pod', '-n', namespace, name);
    await kubectl(['-n', namespace, 'delete', 'pod', name]);
    const after = await eventually('another mirror pod', async () => {
      const { code, stdout } = await kubectlResult(['-n', namespace, 'get', 'pod', name, '-o', 'json']);
      const seen = code === 0 ? JSON.parse(stdout) : undefined;
      return seen && seen.metadata.uid !== before.metadata.uid && seen.status.phase === 'Running' && seen;
    });
    expect(after.status.containerStatuses[0].containerID).toBe(before.status.containerStatuses[0].containerID);
    await rm(file);
    await eventually('the end of the static pod', async () => (await kubectlResult(['-n', namespace, 'get', 'pod', name])).code !== 0);
  });

  it('shuts down in order: what matters less ends first, and the API knows', async () => {
    await apply(pod('plain'));
    await kubectl(['-n', namespace, 'wait', '--for=condition=Ready', 'pod/plain', '--timeout=60s']);
    await berth('node', 'stop', node, '--grace-period', '9s');
    try {
      const { status } = await getJson('node', node);
      const ready = status.conditions.find(({ type }: { type: string }) => type === 'Ready');
      expect(ready).toMatchObject({ status: 'False', reason: 'KubeletNotReady', message: 'node is shutting down' });
      expect(await statusOf('plain')).toMatchObject({
        phase: 'Failed',
        reason: 'Terminated',
        message: 'Pod was terminated in response to imminent node shutdown.',
      });
    } finally {
      await berth('node', 'start', node);
      await kubectl(['wait', '--for=condition=Ready', `node/${node}`, '--timeout=60s']);
    }
  });
});
