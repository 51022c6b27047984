import { ApiError } from '#api';
import type { Node } from '#api/types';
import { type Api, remove } from '#client';
import type { Sweep } from '#controller-runtime/contract';
import { resources } from '#objects';
import { disruptionTarget, patchStatus } from '../pods/disruption.ts';
import { podCache } from '../pods/pod-caches.ts';
import { type Action, overdue, reconcile, type Seen, unknownNodes, type UnknownSince } from './reconcile.ts';

/** Takes away pods that nobody else will. `terminatedThreshold`: finished pods that stay to be looked at. */
export function podGcController(terminatedThreshold = 12_500): Sweep<Seen, Action, UnknownSince> {
  return {
    name: 'pod-garbage-collector-controller',
    everyMs: 20_000, // `gcCheckPeriod` of upstream's controller
    watches: [{ resource: resources.pods }, { resource: resources.nodes }],
    memory: new Map(),
    async observe(caches, { api, memory, nowMs }) {
      const pods = podCache(caches).list();
      const nodes = new Map(
        caches
          .informer<Node>({ resource: resources.nodes })
          .list()
          .map((node): [string, Node] => [node.metadata.name ?? '', node]),
      );
      const unknownSince = unknownNodes({ pods, nodes }, memory, nowMs);
      return { pods, nodes, unknownSince, missingNodes: await missing(api, overdue(unknownSince, nowMs)), terminatedThreshold };
    },
    reconcile,
    concurrency: 64,
    act: {
      async collect({ pod, fails, disruption }, io) {
        const { namespace, name = '', uid } = pod.metadata;
        const condition = disruption && disruptionTarget('DeletionByPodGC', disruption, io.now());
        if (fails) await patchStatus(io.api, pod, { phase: 'Failed', ...(condition && { conditions: [condition] }) });
        await remove(io.api, { resource: resources.pods, namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } });
      },
    },
  };
}

async function missing(api: Api, nodes: readonly string[]): Promise<Set<string>> {
  const absent = new Set<string>();
  for (const name of nodes) {
    try {
      await api.get({ resource: resources.nodes, name });
    } catch (err) {
      if (!(err instanceof ApiError) || err.code !== 404) throw err;
      absent.add(name);
    }
  }
  return absent;
}
