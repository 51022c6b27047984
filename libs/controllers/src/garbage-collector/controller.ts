import { ApiError, apiVersionOf, type KubeObject, type OwnerReference } from '#api';
import { type EventRecorder, type InformerFactory, syncedBefore, type WriteItem } from '#client';
import { type ControllerContext, KeyedWorkers, type Runnable } from '#controller-runtime';
import { type ServedKind, ServedKinds } from '../served.ts';
import { type GraphNode, graphNode, identityOf, means, OwnerGraph, orphansDependents, waitsForDependents } from './graph.ts';
import { type Action, type OwnerState, reconcile } from './reconcile.ts';

export interface GarbageCollectorOptions {
  /** Every kind whose objects may own or be owned. */
  kinds: readonly ServedKind[];
  /** The informers of those kinds; metadata is all that is read of them. */
  informers: InformerFactory;
}

/** Deletes what nobody owns any more, in the background, the foreground, or not at all (orphan). */
export function garbageCollector(context: ControllerContext, options: GarbageCollectorOptions): Runnable {
  const collector = new GarbageCollector(context, options);
  return { name: 'garbage-collector-controller', run: (signal) => collector.run(signal) };
}

/** Events are many, short-lived, and owned by nobody. */
const ignored = new Set(['events']);

class GarbageCollector {
  private readonly graph = new OwnerGraph();
  private readonly kinds: ServedKinds;
  /** Owners that the server does not know, by `identityOf`: an object that was deleted never comes back under the same uid. */
  private readonly absent = new Set<string>();
  private readonly events: EventRecorder;
  private readonly workers: KeyedWorkers;

  constructor(
    private readonly context: ControllerContext,
    private readonly options: GarbageCollectorOptions,
  ) {
    const { clock, logger, metrics } = context;
    this.kinds = new ServedKinds(options.kinds);
    this.events = context.events.recorder('garbage-collector-controller');
    for (const kind of this.collected) this.options.informers.informer({ resource: kind.resource });
    this.workers = new KeyedWorkers({
      name: 'garbage_collector_attempt_to_delete',
      clock,
      logger,
      metrics,
      workers: 20,
      work: (uid) => this.work(uid),
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    const caches = this.collected.map((kind) => ({
      kind,
      cache: this.options.informers.informer<KubeObject>({ resource: kind.resource }),
    }));
    // The whole graph first: an owner that has not been read yet is not absent.
    if (
      !(await syncedBefore(
        signal,
        caches.map(({ cache }) => cache),
      ))
    )
      return;
    for (const { kind, cache } of caches) for (const object of cache.list()) this.graph.put(graphNode(kind, object));
    for (const node of this.graph.all()) this.enqueue(node);
    const stops = caches.map(({ kind, cache }) => cache.onChange(({ object, deleted }) => this.changed(kind, object, deleted)));
    await this.workers.run(signal);
    for (const stop of stops) stop();
  }

  private get collected(): ServedKind[] {
    return this.options.kinds.filter((kind) => !ignored.has(kind.resource.resource));
  }

  private changed(kind: ServedKind, object: KubeObject, deleted: boolean): void {
    const node = graphNode(kind, object);
    if (deleted) {
      const before = this.graph.get(node.uid) ?? node;
      this.graph.remove(node.uid);
      this.rememberAbsent(identityOf(node));
      for (const dependent of this.graph.dependentsOf(node.uid)) this.workers.add(dependent.uid);
      // Owners that wait for their dependents may be free now.
      for (const { uid } of before.owners) if (this.isWaiting(uid)) this.workers.add(uid);
      return;
    }
    const before = this.graph.get(node.uid);
    this.graph.put(node);
    if (before && sameLinks(before, node)) return; // a status, a label: nothing that decides who goes
    for (const { uid } of before?.owners ?? []) if (this.isWaiting(uid)) this.workers.add(uid);
    this.enqueue(node);
  }

  private enqueue(node: GraphNode): void {
    if (node.owners.length > 0 || waitsForDependents(node) || orphansDependents(node)) this.workers.add(node.uid);
  }

  private isWaiting(uid: string): boolean {
    const node = this.graph.get(uid);
    return node !== undefined && waitsForDependents(node);
  }

  private rememberAbsent(identity: string): void {
    this.absent.add(identity);
    if (this.absent.size > 10_000) this.absent.delete(this.absent.values().next().value!);
  }

  private async work(uid: string): Promise<void> {
    const node = this.graph.get(uid);
    if (!node) return;
    const owners = node.deleting
      ? []
      : await Promise.all(node.owners.map(async (reference) => ({ reference, state: await this.stateOf(node, reference) })));
    for (const action of reconcile({ node, dependents: this.graph.dependentsOf(uid), owners })) await this.act(action);
  }

  private async stateOf(node: GraphNode, reference: OwnerReference): Promise<OwnerState> {
    const owner = this.graph.get(reference.uid);
    if (owner && means({ reference, dependent: node, owner })) return waitsForDependents(owner) ? 'waiting' : 'present';
    if (owner?.kind.namespaced && owner.namespace !== node.namespace) this.tellInvalidNamespace(node, reference);
    const kind = this.kinds.ofReference(reference);
    if (!kind) return 'unresolvable';
    if (kind.namespaced && node.namespace === '') {
      if (!owner) this.tellInvalidNamespace(node, reference);
      return 'unresolvable';
    }
    const identity = identityOf({ kind, namespace: node.namespace, name: reference.name, uid: reference.uid });
    if (this.absent.has(identity)) return 'absent';
    if ((await this.presentUid(kind, node.namespace, reference.name)) === reference.uid) return 'present';
    this.rememberAbsent(identity);
    return 'absent';
  }

  private tellInvalidNamespace({ kind, namespace, name, uid, resourceVersion }: GraphNode, reference: OwnerReference): void {
    const owner = `[${reference.apiVersion}/${reference.kind}, namespace: ${namespace}, name: ${reference.name}, uid: ${reference.uid}]`;
    const about = {
      apiVersion: apiVersionOf(kind.gvk),
      kind: kind.gvk.kind,
      metadata: { ...(namespace && { namespace }), name, uid, resourceVersion },
    };
    const message = `ownerRef ${owner} does not exist in namespace ${JSON.stringify(namespace)}`;
    this.events.event(about, { type: 'Warning', reason: 'OwnerRefInvalidNamespace', message });
  }

  private async presentUid(kind: ServedKind, namespace: string, name: string): Promise<string | undefined> {
    try {
      const place = kind.namespaced ? { namespace } : {};
      return (await this.context.api.get({ resource: kind.resource, ...place, name })).metadata.uid;
    } catch (err) {
      if (err instanceof ApiError && err.code === 404) return undefined;
      throw err;
    }
  }

  private async act(action: Action): Promise<void> {
    const { node } = action;
    switch (action.do) {
      case 'lookAt':
        return this.workers.add(node.uid);
      case 'delete': {
        const { propagationPolicy } = action;
        // With the resourceVersion: it may have been adopted or saved since it was seen.
        const preconditions = { uid: node.uid, resourceVersion: node.resourceVersion };
        return this.send({ verb: 'delete', ...placeOf(node), options: { propagationPolicy, preconditions } });
      }
      case 'dropOwners':
        return this.patch(node, { ownerReferences: node.owners.filter((owner) => !action.uids.includes(owner.uid)) });
      case 'unblockOwners':
        return this.patch(node, { ownerReferences: node.owners.map((owner) => ({ ...owner, blockOwnerDeletion: false })) });
      case 'dropFinalizer':
        return this.patch(node, { finalizers: node.finalizers.filter((finalizer) => finalizer !== action.finalizer) });
    }
  }

  private patch(node: GraphNode, metadata: object): Promise<void> {
    const { uid, resourceVersion } = node;
    const patch = { metadata: { ...metadata, uid, resourceVersion } };
    return this.send({ verb: 'patch', ...placeOf(node), patchType: 'application/merge-patch+json', patch });
  }

  /** 409: the cache is behind; the change that it has not shown yet brings the object here again, and the retry as well. */
  private async send(item: WriteItem): Promise<void> {
    const [result] = await this.context.api.writeMany([item]);
    if (result && !result.ok && result.status.code !== 404) throw ApiError.fromStatus(result.status);
  }
}

function sameLinks(a: GraphNode, b: GraphNode): boolean {
  const text = ({ owners, finalizers, deleting }: GraphNode): string => JSON.stringify([owners, finalizers, deleting]);
  return text(a) === text(b);
}

function placeOf({ kind, namespace, name }: GraphNode): Pick<WriteItem, 'resource' | 'namespace'> & { name: string } {
  return { resource: kind.resource, ...(kind.namespaced && { namespace }), name };
}
