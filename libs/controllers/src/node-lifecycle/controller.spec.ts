import type { Node } from '#api/types';
import { sweeping } from '#controller-runtime';
import { resources } from '#objects';
import { node, pod, readyPod, SmallCluster } from '../testing/small-cluster.ts';
import { nodeLifecycleController } from './controller.ts';

let cluster: SmallCluster;
beforeEach(async () => {
  cluster = new SmallCluster();
  cluster.api.put(resources.nodes, node('n1'));
  cluster.api.put(resources.nodes, node('n2'));
  cluster.api.put(resources.pods, readyPod(pod('p'), cluster.clock.now()));
  await cluster.run(sweeping(nodeLifecycleController(), cluster.context));
});
afterEach(() => cluster.stop());

const nodeNamed = (name: string): Node => cluster.api.all<Node>(resources.nodes).find(({ metadata }) => metadata.name === name)!;
const told = (name: string): string[] => [
  ...(nodeNamed(name).status?.conditions ?? []).filter(({ type }) => type === 'Ready').map(({ status }) => `Ready=${status}`),
  ...(nodeNamed(name).spec.taints ?? []).map(({ key, effect }) => `${key.replace('node.kubernetes.io/', '')}:${effect}`),
];
/** n2 says something every few seconds. */
async function later(seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i += 5) {
    const heard = `2026-01-01T01:${String(Math.floor(i / 60)).padStart(2, '0')}:${String(i % 60).padStart(2, '0')}Z`;
    const present = nodeNamed('n2');
    const conditions = present.status!.conditions!.map((each) => ({ ...each, lastHeartbeatTime: heard }));
    cluster.api.put(resources.nodes, { ...present, status: { ...present.status, conditions } });
    await cluster.settle(5_000);
  }
}

it('marks a node that is silent, in one round, and its pods', async () => {
  await later(50);
  expect(told('n1')).toEqual(['Ready=Unknown', 'unreachable:NoSchedule', 'unreachable:NoExecute']);
  expect(told('n2')).toEqual(['Ready=True']);
  expect(cluster.pods()[0]?.status?.conditions).toMatchObject([{ type: 'Ready', status: 'False' }]);
  expect(cluster.events()).toEqual(
    expect.arrayContaining([
      'RegisteredNode: Node n1 event: Registered Node n1 in Controller',
      'NodeNotReady: Node n1 status is now: NodeNotReady',
      'NodeNotReady: Node is not ready',
    ]),
  );
});

it('shows within a second that a node takes no more pods', async () => {
  await cluster.settle(1_000);
  cluster.api.put(resources.nodes, { ...nodeNamed('n2'), spec: { unschedulable: true } });
  await cluster.settle(1_000);
  expect(told('n2')).toEqual(['Ready=True', 'unschedulable:NoSchedule']);
});

it('does not overwrite what a node has just said', async () => {
  await later(40);
  cluster.api.delivering = false; // the node comes back, and the cache does not show it yet
  const present = nodeNamed('n1');
  cluster.api.put(resources.nodes, { ...present, metadata: { ...present.metadata, labels: { back: '' } } });
  await cluster.settle(5_000);
  expect(told('n1')).toEqual(['Ready=True']);
  const tried = cluster.api.calls.flat().filter((item) => item.verb === 'patch' && item.name === 'n1' && item.subresource === 'status');
  expect(tried).toHaveLength(1);
});
