import { ApiError, timestamp } from '#api';
import type { Lease, Node, Pod } from '#api/types';
import { resources, syncedBefore } from '#client';
import type { ControllerContext, Runnable } from '#controller-runtime';
import type { Io } from '#controller-runtime/contract';
import { podCache, podsOnNode } from '../pods/pod-caches.ts';
import { write } from '../status.ts';
import type { Grace } from './health.ts';
import { type Action, type Memory, reconcile } from './reconcile.ts';
import { defaultRates } from './zones.ts';

export interface NodeLifecycleOptions extends Partial<Grace> {
  /** `--node-monitor-period` */
  periodMs?: number;
}

/** `pkg/controller/nodelifecycle`: silent nodes become NotReady, their pods too, and taints drive the pods off. */
export function nodeLifecycleController(context: ControllerContext, options: NodeLifecycleOptions = {}): Runnable {
  const { api, clock, logger, informers } = context;
  const { periodMs = 5_000, monitorMs = 40_000, startupMs = 60_000 } = options;
  const nodes = informers.informer<Node>({ resource: resources.nodes });
  const leases = informers.informer<Lease>({ resource: resources.leases, namespace: 'kube-node-lease' });
  const pods = podCache(informers);
  const io: Io = { api, events: context.events.recorder('node-controller'), now: () => clock.now() };
  let memory: Memory = { heard: new Map(), lastEvictionMs: new Map() };

  async function round(): Promise<void> {
    for (const node of nodes.list()) {
      const { name = '' } = node.metadata;
      const message = `Node ${name} event: Registered Node ${name} in Controller`;
      if (!memory.heard.has(name)) io.events.event(node, { type: 'Normal', reason: 'RegisteredNode', message });
    }
    const { actions, memory: next } = reconcile(
      {
        nodes: nodes.list(),
        lease: (name) => leases.get('kube-node-lease', name),
        podsOn: (name) => podsOnNode(informers, name),
        memory,
        grace: { monitorMs, startupMs },
        rates: defaultRates,
        nowMs: clock.monotonicMs(),
      },
      clock.now(),
    );
    memory = next;
    const revisions = new Map<Node, string>();
    for (const action of actions) {
      // Conflicts are everyday: the node itself writes its status. The next round sees what it wrote.
      await act(action, io, revisions).catch((err: unknown) => logger.debug({ err }, 'a node could not be updated, trying again'));
    }
  }

  return {
    name: 'node-lifecycle-controller',
    async run(signal) {
      if (!(await syncedBefore(signal, [nodes, leases, pods]))) return;
      let dirty = true;
      let lastMs = 0;
      // Conditions and `spec.unschedulable` that others change show as taints at once, not at the next tick.
      const stop = nodes.onChange(({ object, previous }) => {
        if (!sameHealth(object, previous)) dirty = true;
      });
      for await (const _tick of clock.every(Math.min(periodMs, 1_000), signal)) {
        if (!dirty && clock.monotonicMs() - lastMs < periodMs) continue;
        dirty = false;
        lastMs = clock.monotonicMs();
        await round();
      }
      stop();
    },
  };
}

function sameHealth(node: Node, previous: Node | undefined): boolean {
  const text = (of: Node | undefined): string =>
    JSON.stringify([of?.spec.unschedulable, of?.spec.taints, of?.status?.conditions?.map(({ type, status }) => [type, status])]);
  return text(node) === text(previous);
}

/** `revisions`: of the nodes that this round has written already. */
async function act(action: Action, io: Io, revisions: Map<Node, string>): Promise<void> {
  switch (action.do) {
    case 'setConditions': {
      const { node, conditions, wasReady } = action;
      const { name = '', uid, resourceVersion } = node.metadata;
      if (wasReady) io.events.event(node, { type: 'Normal', reason: 'NodeNotReady', message: `Node ${name} status is now: NodeNotReady` });
      // With the resourceVersion: a node that has just come back wins.
      const patch = { metadata: { uid, resourceVersion }, status: { conditions } };
      const written = await patchNode(io, name, patch, 'status');
      if (written) revisions.set(node, written);
      return;
    }
    case 'setTaints': {
      const { name = '', uid, resourceVersion } = action.node.metadata;
      const metadata = { uid, resourceVersion: revisions.get(action.node) ?? resourceVersion };
      await patchNode(io, name, { metadata, spec: { taints: action.taints } });
      return;
    }
    case 'markPodNotReady':
      return markNotReady(action.pod, io);
  }
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

async function patchNode(io: Io, name: string, patch: object, subresource?: string): Promise<string | undefined> {
  const patchType = 'application/merge-patch+json';
  const [result] = await io.api.writeMany([{ verb: 'patch', resource: resources.nodes, subresource, name, patchType, patch }]);
  if (!result || result.ok) return result?.resourceVersion;
  if (result.status.code === 404) return undefined;
  throw ApiError.fromStatus(result.status);
}
