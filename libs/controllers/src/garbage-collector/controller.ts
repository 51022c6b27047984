import { ApiError, apiVersionOf, gvkOf, type KindName, type OwnerReference } from '#api';
import type { Api, WriteItem } from '#client';
import type { Caches, Controller, Io, ObjectKey } from '#controller-runtime/contract';
import { write } from '../status.ts';
import {
  type GraphNode,
  graphNode,
  identityOf,
  keyOf,
  means,
  orphansDependents,
  OwnerGraph,
  sameLinks,
  waitsForDependents,
} from './graph.ts';
import { type Action, reconcile, type Seen } from './reconcile.ts';

/** Events are many, short-lived, and owned by nobody. */
const ignored = new Set(['events']);

/** Deletes what nobody owns any more, in the background, the foreground, or not at all (orphan). */
export function garbageCollector(): Controller<Seen, Action> {
  const absent = new AbsentOwners();
  return {
    name: 'garbage-collector-controller',
    queueName: 'garbage_collector_attempt_to_delete',
    everyKind: {
      of: ({ resource }) => !ignored.has(resource.resource),
      /** Their owners could not be found before. */
      joined: ({ gvk }, caches) =>
        caches.kinds().flatMap(({ kind, cache }) =>
          cache.list().flatMap((object) => {
            const owners = object.metadata.ownerReferences ?? [];
            return owners.some((owner) => owner.kind === gvk.kind && gvkOf(owner).group === gvk.group)
              ? [keyOf(graphNode(kind, object))]
              : [];
          }),
        ),
      enqueue({ object, previous, deleted }, kind, caches) {
        const node = graphNode(kind, object);
        if (deleted) absent.remember(identityOf(node));
        return touched(node, { before: previous && graphNode(kind, previous), deleted, graph: new OwnerGraph(caches.kinds()) });
      },
    },
    workers: 20,
    async observe({ name: uid }, caches, api) {
      const graph = new OwnerGraph(caches.kinds());
      const node = graph.get(uid);
      if (!node) return undefined;
      const stateOf = (reference: OwnerReference) => ownerState(node, reference, { graph, caches, api, absent });
      return { node, dependents: graph.dependentsOf(uid), owners: node.deleting ? [] : await Promise.all(node.owners.map(stateOf)) };
    },
    reconcile,
    act: {
      // With the resourceVersion: it may have been adopted or saved since it was seen.
      delete: ({ node, propagationPolicy }, io) => {
        const preconditions = { uid: node.uid, resourceVersion: node.resourceVersion };
        return write(io.api, { verb: 'delete', ...placeOf(node), options: { propagationPolicy, preconditions } });
      },
      dropOwners: ({ node, uids }, io) => patch(io, node, { ownerReferences: node.owners.filter((owner) => !uids.includes(owner.uid)) }),
      unblockOwners: ({ node }, io) =>
        patch(io, node, { ownerReferences: node.owners.map((owner) => ({ ...owner, blockOwnerDeletion: false })) }),
      dropFinalizer: ({ node, finalizer }, io) => patch(io, node, { finalizers: node.finalizers.filter((each) => each !== finalizer) }),
      tellMisplaced: async ({ node, reference }, io) => tellMisplaced(node, reference, io),
    },
  };
}

/** Owners that the server does not know, by `identityOf`: an object that was deleted never comes back under the same uid. */
class AbsentOwners {
  private readonly identities = new Set<string>();

  has(identity: string): boolean {
    return this.identities.has(identity);
  }

  remember(identity: string): void {
    this.identities.add(identity);
    if (this.identities.size > 10_000) this.identities.delete(this.identities.values().next().value!);
  }
}

/** Whom a change concerns: the object itself, its dependents when it is gone, and owners that may have waited for it. */
function touched(
  node: GraphNode,
  { before, deleted, graph }: { before: GraphNode | undefined; deleted: boolean; graph: OwnerGraph },
): ObjectKey[] {
  const waiting = ({ owners }: GraphNode): ObjectKey[] =>
    owners.flatMap(({ uid }) => {
      const owner = graph.get(uid);
      return owner && waitsForDependents(owner) ? [keyOf(owner)] : [];
    });
  if (deleted) return [...graph.dependentsOf(node.uid).map(keyOf), ...waiting(node)];
  if (before && sameLinks(before, node)) return [];
  const isJudged = node.owners.length > 0 || waitsForDependents(node) || orphansDependents(node);
  return [...(before ? waiting(before) : []), ...(isJudged ? [keyOf(node)] : [])];
}

interface Sources {
  graph: OwnerGraph;
  caches: Caches;
  api: Api;
  absent: AbsentOwners;
}

async function ownerState(node: GraphNode, reference: OwnerReference, sources: Sources): Promise<Seen['owners'][number]> {
  const { graph, caches, api, absent } = sources;
  const owner = graph.get(reference.uid);
  if (owner && means({ reference, dependent: node, owner })) {
    return { reference, state: waitsForDependents(owner) ? 'waiting' : 'present' };
  }
  const kind = kindOf(reference, caches.served());
  const isElsewhere = owner?.kind.namespaced === true && owner.namespace !== node.namespace;
  const isUnreachable = kind?.namespaced === true && node.namespace === '';
  const misplaced = isElsewhere || (isUnreachable && !owner);
  if (!kind || isUnreachable) return { reference, state: 'unresolvable', misplaced };
  const identity = identityOf({ kind, namespace: node.namespace, name: reference.name, uid: reference.uid });
  if (absent.has(identity)) return { reference, state: 'absent', misplaced };
  if ((await presentUid(api, kind, node, reference.name)) === reference.uid) return { reference, state: 'present', misplaced };
  absent.remember(identity);
  return { reference, state: 'absent', misplaced };
}

/** Another version of the same kind is the same kind. */
function kindOf({ apiVersion, kind }: OwnerReference, served: readonly KindName[]): KindName | undefined {
  const { group } = gvkOf({ apiVersion, kind });
  return served.find(({ gvk }) => gvk.kind === kind && gvk.group === group);
}

async function presentUid(
  api: Api,
  { resource, namespaced }: KindName,
  { namespace }: GraphNode,
  name: string,
): Promise<string | undefined> {
  try {
    return (await api.get({ resource, ...(namespaced && { namespace }), name })).metadata.uid;
  } catch (err) {
    if (err instanceof ApiError && err.code === 404) return undefined;
    throw err;
  }
}

function tellMisplaced({ kind, namespace, name, uid, resourceVersion }: GraphNode, reference: OwnerReference, { events }: Io): void {
  const owner = `[${reference.apiVersion}/${reference.kind}, namespace: ${namespace}, name: ${reference.name}, uid: ${reference.uid}]`;
  const metadata = { ...(namespace && { namespace }), name, uid, resourceVersion };
  const message = `ownerRef ${owner} does not exist in namespace ${JSON.stringify(namespace)}`;
  const about = { apiVersion: apiVersionOf(kind.gvk), kind: kind.gvk.kind, metadata };
  events.event(about, { type: 'Warning', reason: 'OwnerRefInvalidNamespace', message });
}

/** A 409 says that the cache is behind: the change that it has not shown yet brings the object here again, and the retry as well. */
function patch({ api }: Io, node: GraphNode, metadata: object): Promise<void> {
  const { uid, resourceVersion } = node;
  const merged = { metadata: { ...metadata, uid, resourceVersion } };
  return write(api, { verb: 'patch', ...placeOf(node), patchType: 'application/merge-patch+json', patch: merged });
}

function placeOf({ kind, namespace, name }: GraphNode): Pick<WriteItem, 'resource' | 'namespace'> & { name: string } {
  return { resource: kind.resource, ...(kind.namespaced && { namespace }), name };
}
