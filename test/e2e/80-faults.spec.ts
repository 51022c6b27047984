import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { berth, env, eventually, fetchText, getJson, kubectl, kubectlResult } from './clients.ts';
import { deployShop, execIn, nodeAddress, shopPods } from './shop.ts';

beforeAll(async () => {
  await deployShop();
});

async function pidOf(part: string): Promise<number> {
  const path = part.startsWith('agent/') ? join('nodes', part.slice(6), 'agent.pid') : join('run', `${part}.pid`);
  return Number(await readFile(join(env('BERTH_HOME'), path), 'utf8'));
}

const isServing = async (): Promise<boolean> =>
  (await Promise.all([1, 2, 3].map((n) => fetchText(`http://${nodeAddress(n)}:30090/`)))).every(({ status }) => status === 200);

describe.each(['scheduler', 'controller-manager', 'api-server', 'redis', 'registry', 'agent/1', 'agent/2'])(
  'after kill -9 of %s',
  (name) => {
    it('is started again; no container is, nothing acknowledged is lost, and the service answers', async () => {
      const part = name.startsWith('agent/') ? `agent/${env('BERTH_NAME')}-${name.slice(6)}` : name;
      const before = await shopPods();
      const marker = `marker-${Date.now()}`;
      // Writes go on until the process is dead: whatever was acknowledged must be there afterwards.
      const acknowledged: string[] = [];
      let writing = true;
      const writer = (async () => {
        for (let i = 0; writing; i++) {
          const { code } = await kubectlResult(['-n', 'shop', 'create', 'configmap', `${marker}-${i}`, '--request-timeout=5s']);
          if (code === 0) acknowledged.push(`${marker}-${i}`);
        }
      })();
      await eventually('the first write', async () => acknowledged.length > 1);
      const pid = await pidOf(part);
      process.kill(pid, 'SIGKILL');
      await eventually('a new process', async () => (await pidOf(part)) !== pid);
      writing = false;
      await writer;
      await eventually('the API to answer', async () => (await kubectlResult(['get', '--raw', '/readyz'])).stdout === 'ok');
      const { items } = await getJson('configmaps', '-n', 'shop');
      const present = new Set(items.map((item: { metadata: { name: string } }) => item.metadata.name));
      expect(acknowledged.filter((written) => !present.has(written))).toEqual([]);
      await eventually('the service', isServing);
      // The cluster acts again: a new pod is scheduled and started by whatever was killed.
      await kubectl(['-n', 'shop', 'scale', 'deployment/web', '--replicas=4']);
      await kubectl(['-n', 'shop', 'rollout', 'status', 'deployment/web', '--timeout=90s']);
      const after = await shopPods();
      for (const { uid, restarts } of before) expect(after.find((pod) => pod.uid === uid)?.restarts).toBe(restarts);
      await kubectl(['-n', 'shop', 'scale', 'deployment/web', '--replicas=3']);
      await eventually('three pods', async () => (await getJson('pods', '-n', 'shop', '-l', 'app=web')).items.length === 3);
    });
  },
);

interface Balanced {
  status: { loadBalancer: { ingress?: { ip: string }[] } };
}

/** So many LoadBalancer services of the shop; answers their IPv4 addresses, each of which has answered once. */
async function balancedAddresses(count: number): Promise<string[]> {
  const items = Array.from({ length: count }, (_, i) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `balanced-${i}`, namespace: 'shop', labels: { balanced: 'true' } },
    spec: { type: 'LoadBalancer', selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
  }));
  await kubectl(['create', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  return eventually('addresses of load balancers that answer', async () => {
    const services = (await getJson('services', '-n', 'shop', '-l', 'balanced=true')).items;
    const ips: string[] = services.flatMap(({ status }: Balanced) => (status.loadBalancer.ingress ?? []).map(({ ip }) => ip));
    const answers = await Promise.all(ips.map((ip) => fetchText(`http://${ip}/`).catch(() => undefined)));
    return ips.length === count && answers.every((answer) => answer?.status === 200) && ips;
  });
}

describe('a container whose process is killed', () => {
  it('is restarted with its count raised, and backs off when it happens again', async () => {
    const [pod] = await shopPods();
    const kill = () => execIn(pod!.name, 'sh', '-c', 'kill -9 $(pidof httpd); exit 0').catch(() => ''); // exec dies with its container
    await kill();
    await eventually('a restart', async () => (await shopPods()).find(({ uid }) => uid === pod!.uid)?.restarts === pod!.restarts + 1);
    await eventually('readiness', async () => (await shopPods()).find(({ uid }) => uid === pod!.uid)?.ready);
    await kill();
    await eventually('CrashLoopBackOff', async () => (await kubectl(['-n', 'shop', 'get', 'pod', pod!.name])).includes('CrashLoopBackOff'));
    await eventually('readiness after the back-off', async () => (await shopPods()).find(({ uid }) => uid === pod!.uid)?.ready);
    expect(await isServing()).toBe(true);
  });
});

describe('a node that is gone', () => {
  it('is NotReady, its pods run elsewhere, and when it comes back no pod runs twice', async () => {
    const node = `${env('BERTH_NAME')}-3`;
    const here = (await shopPods()).filter((pod) => pod.node === node);
    expect(here.length).toBeGreaterThan(0);
    await kubectl([
      '-n',
      'shop',
      'patch',
      'deployment',
      'web',
      '--type=merge',
      '-p',
      JSON.stringify({
        spec: {
          template: {
            spec: {
              tolerations: ['not-ready', 'unreachable'].map((key) => ({
                key: `node.kubernetes.io/${key}`,
                operator: 'Exists',
                effect: 'NoExecute',
                tolerationSeconds: 2,
              })),
            },
          },
        },
      }),
    ]);
    await kubectl(['-n', 'shop', 'rollout', 'status', 'deployment/web', '--timeout=90s']);
    const balanced = await balancedAddresses(8);
    await berth('node', 'stop', node);
    await eventually('NotReady', async () => /NotReady/.test(await kubectl(['get', 'node', node])), 90_000);
    await eventually(
      'three ready pods elsewhere',
      async () => (await shopPods()).filter((pod) => pod.ready && pod.node !== node).length === 3,
      90_000,
    );
    for (const n of [1, 2]) expect((await fetchText(`http://${nodeAddress(n)}:30090/`)).status).toBe(200);
    // The node that is gone answered for a third of them.
    for (const ip of balanced) {
      await eventually(`${ip} is answered for`, async () => (await fetchText(`http://${ip}/`).catch(() => undefined))?.status === 200);
    }
    await kubectl(['-n', 'shop', 'delete', 'services', '-l', 'balanced=true']);
    await berth('node', 'start', node);
    await eventually('Ready again', async () => / Ready /.test(await kubectl(['get', 'node', node])), 90_000);
    await eventually('only three pods', async () => (await getJson('pods', '-n', 'shop', '-l', 'app=web')).items.length === 3, 90_000);
    await eventually('the service on every node', isServing);
    expect((await shopPods()).every((pod) => pod.ready)).toBe(true);
  });

  it('is there again though it was taken down and up faster than its agent is started anew', async () => {
    const [node = ''] = (await kubectl(['get', 'nodes', '-o', 'jsonpath={.items[*].metadata.name}'])).split(' ').slice(-1);
    // The wait before an agent is started again grows with each end; what it stands on goes in the midst of it.
    for (let i = 0; i < 6; i++) {
      await berth('node', 'stop', node);
      await berth('node', 'start', node);
    }
    await eventually(
      'the agent answers',
      async () => (await kubectl(['get', '--raw', `/api/v1/nodes/${node}/proxy/healthz`])) === 'ok',
      60_000,
    );
  });
});
