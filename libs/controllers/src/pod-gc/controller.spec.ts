import { sweeping } from '#controller-runtime';
import { resources } from '#objects';
import { node, pod, readyPod, SmallCluster } from '../testing/small-cluster.ts';
import { podGcController } from './controller.ts';

let cluster: SmallCluster;
beforeEach(async () => {
  cluster = new SmallCluster();
  cluster.api.put(resources.nodes, node('n1'));
  for (const name of ['kept', 'lost']) {
    const placed = readyPod(pod(name), cluster.clock.now());
    cluster.api.put(resources.pods, { ...placed, spec: { ...placed.spec, nodeName: name === 'kept' ? 'n1' : 'gone' } });
  }
  await cluster.run(sweeping(podGcController(), cluster.context));
});
afterEach(() => cluster.stop());
const names = () => cluster.pods().map(({ metadata }) => metadata.name);

it('collects the pods of a node that stays away, and says first that they are over', async () => {
  await cluster.settle(39_000);
  expect(names()).toEqual(['kept', 'lost']);
  await cluster.settle(2_000);
  expect(names()).toEqual(['kept']);
  const [marked] = cluster.api.calls.flat().filter(({ subresource }) => subresource === 'status');
  expect(marked).toMatchObject({
    name: 'lost',
    patch: {
      status: {
        phase: 'Failed',
        conditions: [{ type: 'DisruptionTarget', reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' }],
      },
    },
  });
});

it('leaves the pods alone of a node that the server knows and the cache does not', async () => {
  cluster.api.delivering = false; // the cache does not show it
  cluster.api.put(resources.nodes, node('gone'));
  await cluster.settle(100_000);
  expect(names()).toEqual(['kept', 'lost']);
});
