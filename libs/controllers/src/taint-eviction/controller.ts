import type { Node } from '#api/types';
import { remove } from '#client';
import type { Controller } from '#controller-runtime/contract';
import { resources } from '#objects';
import { podCache, podsOnNode } from '../pods/pod-caches.ts';
import { markDisrupted } from '../pods/disruption.ts';
import { type Action, reconcile, type Seen } from './reconcile.ts';

export const taintEvictionController: Controller<Seen, Action> = {
  name: 'taint-eviction-controller',
  queueName: 'taint_eviction',
  primary: resources.pods,
  watches: [
    {
      resource: resources.nodes,
      enqueue: (node, caches) =>
        podsOnNode(caches, node.metadata.name ?? '').map(({ metadata: { namespace = '', name = '' } }) => ({ namespace, name })),
    },
  ],
  observe({ namespace, name }, caches) {
    const pod = podCache(caches).get(namespace, name);
    const node = pod?.spec.nodeName ? caches.informer<Node>({ resource: resources.nodes }).get('', pod.spec.nodeName) : undefined;
    return pod && node && { pod, node };
  },
  reconcile,
  act: {
    evict: async ({ pod }, io) => {
      const { namespace, name = '', uid } = pod.metadata;
      io.events.event(pod, { type: 'Normal', reason: 'TaintManagerEviction', message: `Marking for deletion Pod ${namespace}/${name}` });
      const reason = { reason: 'DeletionByTaintManager', message: 'Taint manager: deleting due to NoExecute taint' };
      await markDisrupted(io.api, pod, { ...reason, now: io.now() });
      await remove(io.api, { resource: resources.pods, namespace, name }, { preconditions: { uid } });
    },
  },
};
