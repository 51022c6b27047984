import { ApiError } from '#api';
import type { Namespace } from '#api/types';
import { type Resource, resources, syncedBefore, type WriteItem } from '#client';
import { type ControllerContext, KeyedWorkers, type Runnable } from '#controller-runtime';
import { podCache } from '../pods/pod-caches.ts';
import type { ServedKind } from '../served.ts';
import { statusItem, write } from '../status.ts';
import { conditionsOf, type Remaining } from './reconcile.ts';

const contentFinalizer = 'kubernetes';
const batchSize = 256;
/** How long until a look at content that is on its way out. Pods tell by themselves when they are gone. */
const lookAgainMs = 1_000;

/** Empties a namespace that is being deleted, pods first (KEP-5080), then lets it go. */
export function namespaceController(context: ControllerContext, kinds: readonly ServedKind[]): Runnable {
  const { clock, logger, metrics, informers } = context;
  const namespaces = informers.informer<Namespace>({ resource: resources.namespaces });
  const pods = podCache(informers);
  const emptying = new NamespaceEmptying(context, kinds);
  const workers = new KeyedWorkers({
    name: 'namespace',
    clock,
    logger,
    metrics,
    workers: 4,
    async work(name) {
      const namespace = namespaces.get('', name);
      if (!namespace?.metadata.deletionTimestamp || !namespace.spec.finalizers?.includes(contentFinalizer)) return;
      return (await emptying.step(namespace)) ? undefined : { requeueAfterMs: lookAgainMs };
    },
  });
  return {
    name: 'namespace-controller',
    async run(signal) {
      if (!(await syncedBefore(signal, [namespaces, pods]))) return;
      const stops = [
        namespaces.onChange(({ object, deleted }) => {
          if (!deleted && object.metadata.deletionTimestamp) workers.add(object.metadata.name ?? '');
        }),
        pods.onChange(({ object, deleted }) => {
          const { namespace = '' } = object.metadata;
          if (deleted && namespaces.get('', namespace)?.metadata.deletionTimestamp) workers.add(namespace);
        }),
      ];
      await workers.run(signal);
      for (const stop of stops) stop();
    },
  };
}

class NamespaceEmptying {
  private readonly podKind: readonly ServedKind[];
  private readonly others: readonly ServedKind[];

  constructor(
    private readonly context: ControllerContext,
    kinds: readonly ServedKind[],
  ) {
    const namespaced = kinds.filter((kind) => kind.namespaced);
    const isPod = ({ resource: { group, resource } }: ServedKind): boolean => group === '' && resource === 'pods';
    this.podKind = namespaced.filter(isPod);
    this.others = namespaced.filter((kind) => !isPod(kind));
  }

  /** One round; true when the namespace is empty and has been let go. */
  async step(namespace: Namespace): Promise<boolean> {
    const { api, clock } = this.context;
    const name = namespace.metadata.name ?? '';
    const failures: string[] = [];
    const remaining = await this.empty(this.podKind, name, failures);
    // Secrets, volumes and policies outlast the pods that use them.
    if (remaining.every(({ objects }) => objects.length === 0)) remaining.push(...(await this.empty(this.others, name, failures)));
    const conditions = conditionsOf({ namespace, remaining, failures }, clock.now());
    if (JSON.stringify(conditions) !== JSON.stringify(namespace.status?.conditions)) {
      await write(api, statusItem(resources.namespaces, namespace, { ...namespace.status, phase: 'Terminating', conditions }));
    }
    if (failures.length > 0) throw new Error(`could not empty namespace ${name}: ${failures.join(', ')}`);
    if (remaining.some(({ objects }) => objects.length > 0)) return false;
    await this.finalize(name);
    return true;
  }

  /** Deletes what there is of these kinds and answers what is left after it, for it may have finalizers or a grace period. */
  private async empty(kinds: readonly ServedKind[], namespace: string, failures: string[]): Promise<Remaining[]> {
    return Promise.all(
      kinds.map(async ({ resource }) => {
        try {
          return { resource, objects: await this.deleteAll(resource, namespace) };
        } catch (err) {
          failures.push(
            `unexpected items still remain in namespace: ${namespace} for gvr: ${resource.group}/${resource.version}, Resource=${resource.resource}: ${String(err)}`,
          );
          return { resource, objects: [] };
        }
      }),
    );
  }

  private async deleteAll(resource: Resource, namespace: string): Promise<Remaining['objects']> {
    const { api } = this.context;
    const { items } = await api.list({ resource, namespace });
    const toDelete = items.filter((item) => !item.metadata.deletionTimestamp);
    for (let from = 0; from < toDelete.length; from += batchSize) {
      const writes = toDelete.slice(from, from + batchSize).map((item): WriteItem => {
        const options = { propagationPolicy: 'Background' as const, preconditions: { uid: item.metadata.uid } };
        return { verb: 'delete', resource, namespace, name: item.metadata.name ?? '', options };
      });
      for (const result of await api.writeMany(writes)) {
        if (!result.ok && result.status.code !== 404 && result.status.code !== 409) throw ApiError.fromStatus(result.status);
      }
    }
    return items.length === 0 ? [] : (await api.list({ resource, namespace })).items;
  }

  private async finalize(name: string): Promise<void> {
    const { api } = this.context;
    const present = await api.get<Namespace>({ resource: resources.namespaces, name });
    const finalizers = (present.spec.finalizers ?? []).filter((finalizer) => finalizer !== contentFinalizer);
    const object: Namespace = { ...present, spec: { ...present.spec, finalizers } };
    await write(api, { verb: 'update', resource: resources.namespaces, subresource: 'finalize', name, object });
  }
}
