import { ApiError, timestamp } from '#api';
import type { Lease, Node, Pod } from '#api/types';
import type { Change, Io, Sweep } from '#controller-runtime/contract';
import { resources } from '#objects';
import { podsOnNode } from '../pods/pod-caches.ts';
import { write } from '../status.ts';
import type { Grace } from './health.ts';
import { type Action, type Memory, reconcile, type Seen } from './reconcile.ts';
import { defaultRates } from './zones.ts';

export interface NodeLifecycleOptions extends Partial<Grace> {
  /** `--node-monitor-period` */
  periodMs?: number;
}

const leaseNamespace = 'kube-node-lease';

/** `pkg/controller/nodelifecycle`: silent nodes become NotReady, their pods too, and taints drive the pods off. */
export function nodeLifecycleController(options: NodeLifecycleOptions = {}): Sweep<Seen, Action, Memory> {
  const { periodMs = 5_000, monitorMs = 40_000, startupMs = 60_000 } = options;
  return {
    name: 'node-lifecycle-controller',
    eventSource: 'node-controller',
    everyMs: periodMs,
    watches: [
      // Conditions and `spec.unschedulable` that others change show as taints at once, not at the next round.
      { resource: resources.nodes, wakes: (change) => !sameHealth(change as Change<Node>) },
      { resource: resources.leases, namespace: leaseNamespace },
      { resource: resources.pods },
    ],
    memory: { heard: new Map(), lastEvictionMs: new Map() },
    observe(caches, { memory, nowMs }) {
      const leases = caches.informer<Lease>({ resource: resources.leases, namespace: leaseNamespace });
      return {
        nodes: caches.informer<Node>({ resource: resources.nodes }).list(),
        lease: (name) => leases.get(leaseNamespace, name),
        podsOn: (name) => podsOnNode(caches, name),
        memory,
        grace: { monitorMs, startupMs },
        rates: defaultRates,
        nowMs,
      };
    },
    reconcile,
    act: {
      tellRegistered: async ({ node }, io) => {
        const { name = '' } = node.metadata;
        const message = `Node ${name} event: Registered Node ${name} in Controller`;
        io.events.event(node, { type: 'Normal', reason: 'RegisteredNode', message });
      },
      updateNode,
      markPodNotReady: ({ pod }, io) => markNotReady(pod, io),
    },
  };
}

function sameHealth({ object, previous }: Change<Node>): boolean {
  const text = (of: Node | undefined): string =>
    JSON.stringify([of?.spec.unschedulable, of?.spec.taints, of?.status?.conditions?.map(({ type, status }) => [type, status])]);
  return text(object) === text(previous);
}

async function updateNode({ node, conditions, taints, fell }: Extract<Action, { do: 'updateNode' }>, io: Io): Promise<void> {
  const { name = '', uid } = node.metadata;
  // With the resourceVersion: a node that has just come back wins.
  let { resourceVersion } = node.metadata;
  if (fell) io.events.event(node, { type: 'Normal', reason: 'NodeNotReady', message: `Node ${name} status is now: NodeNotReady` });
  if (conditions) resourceVersion = await patchNode(io, name, { metadata: { uid, resourceVersion }, status: { conditions } }, 'status');
  if (taints && resourceVersion) await patchNode(io, name, { metadata: { uid, resourceVersion }, spec: { taints } });
}

async function markNotReady(pod: Pod, io: Io): Promise<void> {
  const { namespace, name = '', uid } = pod.metadata;
  const condition = { type: 'Ready', status: 'False', lastTransitionTime: timestamp(io.now()) };
  await write(io.api, {
    verb: 'patch',
    resource: resources.pods,
    subresource: 'status',
    namespace,
    name,
    patchType: 'application/strategic-merge-patch+json',
    patch: { metadata: { uid }, status: { conditions: [condition] } },
  });
  io.events.event(pod, { type: 'Warning', reason: 'NodeNotReady', message: 'Node is not ready' });
}

/** The revision that it has now; undefined when there is no such node any more. */
async function patchNode(io: Io, name: string, patch: object, subresource?: string): Promise<string | undefined> {
  const patchType = 'application/merge-patch+json';
  const [result] = await io.api.writeMany([{ verb: 'patch', resource: resources.nodes, subresource, name, patchType, patch }]);
  if (!result || result.ok) return result?.resourceVersion;
  if (result.status.code === 404) return undefined;
  throw ApiError.fromStatus(result.status);
}
