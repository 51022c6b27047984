import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env, eventually, getJson, kubectl } from './clients.ts';
import { buildWeb, nodeName, registry } from './shop.ts';

const namespace = 'autoscaling';
const inNamespace = (...args: string[]): Promise<string> => kubectl(['-n', namespace, ...args]);

/** Busy for as long as its file is there, and never more than its limit allows. */
const script =
  'touch /tmp/load; while true; do if [ -e /tmp/load ]; then i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done; else sleep 0.5; fi; done';
const busy = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'busy' },
  spec: {
    selector: { matchLabels: { app: 'busy' } },
    template: {
      metadata: { labels: { app: 'busy' } },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [
          {
            name: 'loop',
            image: `${registry}/web:v1`,
            command: ['sh', '-c', script],
            resources: { requests: { cpu: '40m' }, limits: { cpu: '80m' } },
          },
        ],
      },
    },
  },
};

beforeAll(async () => {
  await buildWeb('v1');
  await kubectl(['create', 'namespace', namespace]);
  await inNamespaceApply(busy);
});
afterAll(() => kubectl(['delete', 'namespace', namespace]));

const inNamespaceApply = (object: object): Promise<string> => kubectl(['-n', namespace, 'apply', '-f', '-'], JSON.stringify(object));
const hpa = () => getJson('hpa', 'busy', '-n', namespace);
const pods = async (): Promise<string[]> => (await inNamespace('get', 'pods', '-l', 'app=busy', '-o', 'name')).trim().split('\n');
const ready = async (): Promise<number> => (await getJson('deployment', 'busy', '-n', namespace)).status.readyReplicas ?? 0;
const managerPid = async (): Promise<number> => Number(await readFile(join(env('BERTH_HOME'), 'run', 'controller-manager.pid'), 'utf8'));

it('goes up under load and comes back, though its controller is killed meanwhile', async () => {
  await inNamespace('autoscale', 'deployment', 'busy', '--cpu=50%', '--min=1', '--max=3');
  const behavior = { scaleDown: { stabilizationWindowSeconds: 0 } };
  await inNamespace('patch', 'hpa', 'busy', '--type=merge', '-p', JSON.stringify({ spec: { behavior } }));
  await eventually('metrics of the pod', async () => /busy-\S+ +loop +\d+m +\d+Mi/.test(await inNamespace('top', 'pods', '--containers')));
  await eventually('three pods', async () => (await ready()) === 3);
  process.kill(await managerPid(), 'SIGKILL');
  for (const pod of await pods()) await inNamespace('exec', pod, '--', 'rm', '/tmp/load');
  await eventually('one pod', async () => (await ready()) === 1, 90_000);
  expect((await hpa()).status.conditions).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ type: 'AbleToScale', status: 'True' }),
      expect.objectContaining({ type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound' }),
    ]),
  );
});

it('is told of by kubectl', async () => {
  expect(await inNamespace('get', 'hpa')).toMatch(/busy +Deployment\/busy +cpu: \d+%\/50% +1 +3 +\d/);
  const told = await inNamespace('describe', 'hpa', 'busy');
  expect(told).toMatch(/resource cpu on pods +\(as a percentage of request\): +\d+% \(\d+m?\) \/ 50%/);
  expect(told).toMatch(/Min replicas: +1\nMax replicas: +3/);
  expect(told).toMatch(
    /SuccessfulRescale .*horizontal-pod-autoscaler +New size: \d; reason: cpu resource utilization \(percentage of request\) above target/,
  );
  expect(told).toMatch(/SuccessfulRescale .*horizontal-pod-autoscaler +New size: 1; reason: All metrics below target/);
  const v1 = JSON.parse(await kubectl(['get', '--raw', `/apis/autoscaling/v1/namespaces/${namespace}/horizontalpodautoscalers/busy`]));
  expect(v1.spec).toMatchObject({ targetCPUUtilizationPercentage: 50, maxReplicas: 3 });
});

it('kubectl top has every node and pod, and its port the summary of the kubelet', async () => {
  expect(await kubectl(['top', 'nodes'])).toMatch(new RegExp(`${nodeName(1)} +\\d+m +\\d+% +\\d+Mi +\\d+%`));
  expect(await kubectl(['top', 'pods', '-A', '--sum'])).toMatch(/autoscaling +busy-/);
  const [pod] = (await getJson('pods', '-n', namespace, '-l', 'app=busy')).items;
  const summary = JSON.parse(await kubectl(['get', '--raw', `/api/v1/nodes/${pod.spec.nodeName}/proxy/stats/summary`]));
  expect(summary.node).toMatchObject({ nodeName: pod.spec.nodeName, cpu: { usageNanoCores: expect.any(Number) }, rlimit: {} });
  const own = summary.pods.find(({ podRef }: { podRef: { uid: string } }) => podRef.uid === pod.metadata.uid);
  expect(own.containers[0]).toMatchObject({ name: 'loop', memory: { workingSetBytes: expect.any(Number) } });
});
