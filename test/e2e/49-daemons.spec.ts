import { eventually, getJson, kubectl } from './clients.ts';
import { buildWeb, nodeName, registry } from './shop.ts';

let nodes: number;
let node: string;
const daemons = (...args: string[]): Promise<string> => kubectl(['-n', 'daemons', ...args]);
const status = async () => (await getJson('daemonset', 'd', '-n', 'daemons')).status;
const finished = (): Promise<string> => daemons('rollout', 'status', 'daemonset/d', '--timeout=90s');
const onNode = async (): Promise<string[]> =>
  (await getJson('pods', '-n', 'daemons', '--field-selector', `spec.nodeName=${node}`)).items
    .filter((pod: { metadata: { deletionTimestamp?: string } }) => !pod.metadata.deletionTimestamp)
    .map((pod: { metadata: { name: string } }) => pod.metadata.name);
const wanted = (count: number): Promise<unknown> =>
  eventually(`${count} daemons`, async () => {
    const { desiredNumberScheduled, numberAvailable = 0 } = await status();
    return desiredNumberScheduled === count && numberAvailable === count;
  });

beforeAll(async () => {
  nodes = (await getJson('nodes')).items.length;
  node = nodeName(nodes);
  await buildWeb('v1');
  await kubectl(['create', 'namespace', 'daemons']);
  const labels = { app: 'd' };
  const containers = [{ name: 'c', image: `${registry}/web:v1` }];
  const spec = {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers } },
  };
  await kubectl(
    ['-n', 'daemons', 'create', '-f', '-'],
    JSON.stringify({ apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'd' }, spec }),
  );
  await finished();
});
afterAll(() => kubectl(['delete', 'namespace', 'daemons']));

it('a daemon runs on every node, also on one that is drained', async () => {
  expect(await status()).toMatchObject({ desiredNumberScheduled: nodes, numberAvailable: nodes });
  const before = await onNode();
  await kubectl(['drain', node, '--ignore-daemonsets', '--pod-selector=app=d']);
  expect(await onNode()).toEqual(before);
  await daemons('delete', 'pod', ...before);
  await finished();
  expect(await onNode()).toHaveLength(1);
  await kubectl(['uncordon', node]);
});

it('a daemon leaves with a taint, and is back without it', async () => {
  await kubectl(['taint', 'node', node, 'daemons=none:NoExecute']);
  await wanted(nodes - 1);
  await kubectl(['taint', 'node', node, 'daemons-']);
  await wanted(nodes);
});

it('kubectl rolls daemons out, back, and anew', async () => {
  await daemons('set', 'env', 'daemonset/d', 'A=1');
  await finished();
  expect(await daemons('rollout', 'history', 'daemonset/d')).toMatch(/^1 .*\n2 /m);
  expect(await daemons('rollout', 'undo', 'daemonset/d')).toContain('rolled back');
  await finished();
  expect((await getJson('daemonset', 'd', '-n', 'daemons')).spec.template.spec.containers[0].env).toBeUndefined();
  expect(await daemons('rollout', 'history', 'daemonset/d')).toMatch(/^2 .*\n3 /m);
  expect(await daemons('rollout', 'undo', 'daemonset/d', '--to-revision=3')).toContain('already matches revision 3');
  await daemons('rollout', 'restart', 'daemonset/d');
  await finished();
  expect((await status()).updatedNumberScheduled).toBe(nodes);
});
