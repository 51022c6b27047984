import { ApiError } from '#api';
import type { Node } from '#api/types';
import { remove, resources, syncedBefore } from '#client';
import type { ControllerContext, Runnable } from '#controller-runtime';
import { markDisrupted } from '../pods/disruption.ts';
import { podCache } from '../pods/pod-caches.ts';
import { type Action, reconcile, unknownNodes } from './reconcile.ts';

/** `gcCheckPeriod` and `quarantineTime` of upstream's controller. */
const periodMs = 20_000;
const quarantineMs = 40_000;

export function podGcController(context: ControllerContext, terminatedThreshold = 12_500): Runnable {
  const { api, clock, logger, informers } = context;
  const pods = podCache(informers);
  const nodes = informers.informer<Node>({ resource: resources.nodes });
  const missingSince = new Map<string, number>();

  /** A node may be newer than the cache, or just be made again: it counts as missing after the quarantine and a look at the server. */
  async function missingNodes(byName: ReadonlyMap<string, Node>): Promise<Set<string>> {
    const unknown = unknownNodes(pods.list(), byName);
    for (const name of missingSince.keys()) if (!unknown.has(name)) missingSince.delete(name);
    const missing = new Set<string>();
    for (const name of unknown) {
      const since = missingSince.get(name) ?? clock.monotonicMs();
      missingSince.set(name, since);
      if (clock.monotonicMs() - since < quarantineMs) continue;
      if (await isMissing(name)) missing.add(name);
    }
    return missing;
  }

  async function isMissing(name: string): Promise<boolean> {
    try {
      await api.get({ resource: resources.nodes, name });
      return false;
    } catch (err) {
      if (err instanceof ApiError && err.code === 404) return true;
      throw err;
    }
  }

  async function collect({ pod, disruption }: Action): Promise<void> {
    const { namespace, name = '', uid } = pod.metadata;
    logger.info({ namespace, name, disruption }, 'collecting a pod');
    if (disruption) await markDisrupted(api, pod, { reason: 'DeletionByPodGC', message: disruption, now: clock.now(), phase: 'Failed' });
    await remove(api, { resource: resources.pods, namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } });
  }

  async function round(): Promise<void> {
    const byName = new Map(nodes.list().map((node): [string, Node] => [node.metadata.name ?? '', node]));
    const actions = reconcile({ pods: pods.list(), nodes: byName, missingNodes: await missingNodes(byName), terminatedThreshold });
    await Promise.all(actions.map(collect));
  }

  return {
    name: 'pod-garbage-collector-controller',
    async run(signal) {
      if (!(await syncedBefore(signal, [pods, nodes]))) return;
      for await (const _tick of clock.every(periodMs, signal)) {
        await round().catch((err: unknown) => logger.warn({ err }, 'a round of pod collection failed, trying again'));
      }
    },
  };
}
