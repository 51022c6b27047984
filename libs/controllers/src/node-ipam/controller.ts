import type { Node } from '#api/types';
import type { Controller } from '#controller-runtime/contract';
import { podCidrsOf, resources } from '#objects';
import { write } from '../status.ts';
import { type Action, type CidrPool, reconcile, type Seen } from './reconcile.ts';

export function nodeIpamController(pools: readonly CidrPool[]): Controller<Seen, Action> {
  /** Handed out, but not in the cache yet: two nodes that join at once must not get the same range. */
  const handedOut = new Map<string, readonly string[]>();
  return {
    name: 'node-ipam-controller',
    queueName: 'node_ipam',
    primary: resources.nodes,
    workers: 1,
    observe({ name }, caches) {
      const nodes = caches.informer<Node>({ resource: resources.nodes });
      const node = nodes.get('', name);
      if (!node) handedOut.delete(name);
      const taken = new Set([...nodes.list().flatMap(podCidrsOf), ...[...handedOut.values()].flat()]);
      return node && { node, taken, pools };
    },
    reconcile,
    act: {
      assign: async ({ node, podCIDRs }, io) => {
        const name = node.metadata.name ?? '';
        handedOut.set(name, podCIDRs);
        try {
          await write(io.api, {
            verb: 'patch',
            resource: resources.nodes,
            name,
            patchType: 'application/merge-patch+json',
            patch: { metadata: { uid: node.metadata.uid }, spec: { podCIDR: podCIDRs[0], podCIDRs } },
          });
        } catch (err) {
          handedOut.delete(name);
          throw err;
        }
      },
      report: async ({ node }, io) => {
        const message = `Node ${node.metadata.name} status is now: CIDRNotAvailable`;
        io.events.event(node, { type: 'Normal', reason: 'CIDRNotAvailable', message });
      },
    },
  };
}
