import { ApiError, type KubeObject, labelMatcher } from '#api';
import type { ControllerRevision, PersistentVolumeClaim, StatefulSet } from '#api/types';
import type { WriteItem } from '#client';
import { adoptItem, controllerOf, controllerReference, releaseItem } from '#controller-runtime';
import type { Caches, Controller, Io, ObjectKey } from '#controller-runtime/contract';
import { gvks, resources } from '#objects';
import { orphanPods, podsControlledBy } from '../pods/pod-caches.ts';
import { createRevision } from '../revisions/create-revision.ts';
import { statusItem, write } from '../status.ts';
import { claimCache } from '../volumes/volume-caches.ts';
import { updateClaim } from '../volumes/volume-writes.ts';
import { claimName, createClaims } from './claims.ts';
import { createStatefulPods, deleteStatefulPods, relabel } from './pod-writes.ts';
import { type Action, reconcile, type Seen } from './reconcile.ts';

/** Keeps pods with names, host names and claims of their own, in order. */
export const statefulSetController: Controller<Seen, Action> = {
  name: 'statefulset-controller',
  queueName: 'statefulset',
  primary: resources.statefulSets,
  owns: [resources.pods, resources.controllerRevisions],
  watches: [
    { resource: resources.pods, enqueue: setsThatMayAdopt },
    { resource: resources.controllerRevisions, enqueue: setsThatMayAdopt },
    { resource: resources.persistentVolumeClaims, wakes: ({ deleted }) => deleted, enqueue: setsThatClaim },
  ],
  observe({ namespace, name }, caches) {
    const set = caches.informer<StatefulSet>({ resource: resources.statefulSets }).get(namespace, name);
    if (!set) return undefined;
    const { uid = '' } = set.metadata;
    const revisions = caches
      .informer<ControllerRevision>({ resource: resources.controllerRevisions })
      .list(namespace)
      .filter((revision) => (controllerOf(revision)?.uid ?? uid) === uid);
    const pods = [...podsControlledBy(caches, uid), ...orphanPods(caches, namespace)];
    return { set, pods, revisions, claims: claimsOf(set, pods, caches) };
  },
  reconcile,
  act: {
    adopt: async ({ set, what, object }, io) => {
      const { namespace, name = '', uid } = set.metadata;
      const present = await io.api.get<StatefulSet>({ resource: resources.statefulSets, namespace, name });
      // The cache may be behind: a set that is going, or another of the same name, adopts nothing.
      if (present.metadata.uid !== uid || present.metadata.deletionTimestamp) return;
      await write(io.api, adoptItem(resources[what], object, controllerReference(set, gvks.StatefulSet)));
    },
    release: ({ set, what, object }, io) => write(io.api, releaseItem(resources[what], object, set.metadata.uid ?? '')),
    createRevision: ({ set, revision }, io) => createRevision(io, { resource: resources.statefulSets, owner: set }, revision),
    numberRevision: ({ revision, number }, io) => {
      const { namespace, name = '', uid } = revision.metadata;
      const patch = { metadata: { uid }, revision: number };
      const patchType = 'application/merge-patch+json';
      return write(io.api, { verb: 'patch', resource: resources.controllerRevisions, namespace, name, patchType, patch });
    },
    deleteRevisions: ({ revisions }, io) => deleteRevisions(io, revisions),
    updateStatus: ({ set, status }, io) => write(io.api, statusItem(resources.statefulSets, set, status)),
    relabelPod: ({ set, pod, labels }, io) => relabel(io, set, pod, labels),
    ownClaim: ({ claim }, io) => updateClaim(io.api, claim),
    createClaims: async ({ set, pod }, io) => {
      const failed = await createClaims(io, set, pod);
      if (failed !== undefined) throw new Error(failed);
    },
    deletePods: ({ set, pods }, io) => deleteStatefulPods(io, set, pods),
    createPods: ({ set, pods }, io) => createStatefulPods(io, set, pods),
  },
};

function claimsOf({ metadata, spec }: StatefulSet, pods: readonly KubeObject[], caches: Caches): Map<string, PersistentVolumeClaim> {
  const names = (spec.volumeClaimTemplates ?? []).flatMap((template) =>
    pods.map((pod) => claimName(template.metadata.name ?? '', pod.metadata.name ?? '')),
  );
  const found = names.flatMap((name) => claimCache(caches).get(metadata.namespace ?? '', name) ?? []);
  return new Map(found.map((claim) => [claim.metadata.name ?? '', claim]));
}

/** Whose pods would have a claim of that name. */
function setsThatClaim({ metadata: { namespace = '', name = '' } }: KubeObject, caches: Caches): ObjectKey[] {
  const ofSet = ({ metadata, spec }: StatefulSet): boolean =>
    (spec.volumeClaimTemplates ?? []).some((template) =>
      name.startsWith(`${claimName(template.metadata.name ?? '', metadata.name ?? '')}-`),
    );
  return caches
    .informer<StatefulSet>({ resource: resources.statefulSets })
    .list(namespace)
    .filter(ofSet)
    .map((set) => ({ namespace, name: set.metadata.name ?? '' }));
}

async function deleteRevisions(io: Io, revisions: readonly ControllerRevision[]): Promise<void> {
  const items = revisions.map(({ metadata: { namespace, name = '', uid } }): WriteItem => {
    return { verb: 'delete', resource: resources.controllerRevisions, namespace, name, options: { preconditions: { uid } } };
  });
  for (const result of await io.api.writeMany(items)) {
    if (!result.ok && result.status.code !== 404) throw ApiError.fromStatus(result.status);
  }
}

/** An object without a controller may be adopted by any set of its namespace that chooses it. */
function setsThatMayAdopt(object: KubeObject, caches: Caches): ObjectKey[] {
  const { namespace = '', labels, deletionTimestamp } = object.metadata;
  if (controllerOf(object) || deletionTimestamp) return [];
  return caches
    .informer<StatefulSet>({ resource: resources.statefulSets })
    .list(namespace)
    .filter(({ spec }) => labelMatcher(spec.selector).matches(labels))
    .map(({ metadata: { name = '' } }) => ({ namespace, name }));
}
