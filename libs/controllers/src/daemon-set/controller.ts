import { ApiError, deepEqual, type KubeObject, labelMatcher } from '#api';
import type { ControllerRevision, DaemonSet, Node, Pod } from '#api/types';
import type { WriteItem } from '#client';
import { adoptItem, controllerOf, controllerReference, releaseItem } from '#controller-runtime';
import type { Caches, Change, Controller, Executors, Io, ObjectKey } from '#controller-runtime/contract';
import { gvks, resources } from '#objects';
import { createPods, deletePods, podFromTemplate } from '../pods/create-pods.ts';
import { orphanPods, podsControlledBy } from '../pods/pod-caches.ts';
import { createRevision } from '../revisions/create-revision.ts';
import { statusItem, write } from '../status.ts';
import { FailedPods } from './failed-pods.ts';
import { revisionHashLabel } from './history.ts';
import { boundTo, daemonTolerations } from './placement.ts';
import { generationLabel, templateGeneration } from './places.ts';
import { type Action, reconcile, type Seen } from './reconcile.ts';

/** Keeps one pod of a template on every node that the template fits. */
export function daemonSetController(): Controller<Seen, Action> {
  const failedPods = new FailedPods();
  return {
    name: 'daemonset-controller',
    queueName: 'daemonset',
    primary: resources.daemonSets,
    owns: [resources.pods, resources.controllerRevisions],
    watches: [
      { resource: resources.pods, enqueue: setsThatMayAdopt },
      { resource: resources.controllerRevisions, enqueue: setsThatMayAdopt },
      { resource: resources.nodes, wakes: decidesPlacement, enqueue: (_node, caches) => allSets(caches) },
    ],
    observe({ namespace, name }, caches) {
      const set = caches.informer<DaemonSet>({ resource: resources.daemonSets }).get(namespace, name);
      if (!set) return undefined;
      const { uid = '' } = set.metadata;
      return {
        set,
        nodes: caches.informer<Node>({ resource: resources.nodes }).list(),
        pods: [...podsControlledBy(caches, uid), ...orphanPods(caches, namespace)],
        revisions: caches
          .informer<ControllerRevision>({ resource: resources.controllerRevisions })
          .list(namespace)
          .filter((revision) => (controllerOf(revision)?.uid ?? uid) === uid),
        retryAtMs: (node, now) => failedPods.retryAtMs(set, node, now.getTime()),
      };
    },
    reconcile,
    act: {
      ...act,
      removeEnded: async ({ set, ended }, io) => {
        for (const { pod, node } of ended) {
          const { phase } = pod.status ?? {};
          if (phase === 'Failed') failedPods.failed(set, node, io.now().getTime());
          tellEnded(io, set, pod, node);
        }
        await deletePods(
          io,
          set,
          ended.map(({ pod }) => pod),
        );
      },
    },
  };
}

const act: Omit<Executors<Action>, 'removeEnded'> = {
  adopt: async ({ set, what, object }, io) => {
    const { namespace, name = '', uid } = set.metadata;
    const present = await io.api.get<DaemonSet>({ resource: resources.daemonSets, namespace, name });
    // The cache may be behind: a set that is going, or another of the same name, adopts nothing.
    if (present.metadata.uid !== uid || present.metadata.deletionTimestamp) return;
    await write(io.api, adoptItem(resources[what], object, controllerReference(set, gvks.DaemonSet)));
  },
  release: ({ set, what, object }, io) => write(io.api, releaseItem(resources[what], object, set.metadata.uid ?? '')),
  createRevision: ({ set, revision }, io) => {
    const ownerReferences = [controllerReference(set, gvks.DaemonSet)];
    const object = { ...revision, metadata: { ...revision.metadata, ownerReferences } };
    return createRevision(io, { resource: resources.daemonSets, owner: set }, object);
  },
  markRevision: ({ revision, number, hash }, io) =>
    write(io.api, patchItem('controllerRevisions', revision, { revision: number, metadata: { labels: { [revisionHashLabel]: hash } } })),
  relabelPods: ({ pods, hash }, io) =>
    writeAll(
      io,
      pods.map((pod) => patchItem('pods', pod, { metadata: { labels: { [revisionHashLabel]: hash } } })),
    ),
  deleteRevisions: ({ revisions }, io) =>
    writeAll(
      io,
      revisions.map(({ metadata: { namespace, name = '', uid } }) => {
        const options = { preconditions: { uid } };
        return { verb: 'delete', resource: resources.controllerRevisions, namespace, name, options };
      }),
    ),
  updateStatus: ({ set, status }, io) => write(io.api, statusItem(resources.daemonSets, set, status)),
  deletePods: ({ set, pods }, io) => deletePods(io, set, pods),
  createPods: ({ set, nodes, hash }, io) =>
    createPods(
      io,
      set,
      nodes.map((node) => daemonPod(set, node, hash)),
      { first: 1 },
    ),
};

function tellEnded(io: Io, set: DaemonSet, { metadata, status }: Pod, node: string): void {
  const pod = `${metadata.namespace}/${metadata.name} on node ${node}`;
  io.events.event(
    set,
    status?.phase === 'Failed'
      ? { type: 'Warning', reason: 'FailedDaemonPod', message: `Found failed daemon pod ${pod}, will try to kill it` }
      : { type: 'Normal', reason: 'SucceededDaemonPod', message: `Found succeeded daemon pod ${pod}, will try to delete it` },
  );
}

/** `pkg/controller/daemon/util`, CreatePodTemplate and ReplaceDaemonSetPodNodeNameNodeAffinity. */
export function daemonPod(set: DaemonSet, node: string, hash: string): KubeObject {
  const { metadata, spec } = set.spec.template;
  const generation = templateGeneration(set);
  const labels = { ...metadata?.labels, ...(generation !== undefined && { [generationLabel]: generation }), [revisionHashLabel]: hash };
  const template = {
    metadata: { ...metadata, labels },
    spec: { ...spec, tolerations: daemonTolerations(spec), affinity: boundTo(node, spec.affinity) },
  };
  return podFromTemplate(set, template, controllerReference(set, gvks.DaemonSet));
}

function patchItem(
  what: 'pods' | 'controllerRevisions',
  { metadata: { namespace, name = '', uid } }: KubeObject,
  change: { metadata?: object } & Record<string, unknown>,
): WriteItem {
  const patch = { ...change, metadata: { ...change.metadata, uid } };
  return { verb: 'patch', resource: resources[what], namespace, name, patchType: 'application/merge-patch+json', patch };
}

async function writeAll(io: Io, items: readonly WriteItem[]): Promise<void> {
  for (const result of await io.api.writeMany(items))
    if (!result.ok && result.status.code !== 404) throw ApiError.fromStatus(result.status);
}

const setsOf = (caches: Caches, namespace?: string): readonly DaemonSet[] =>
  caches.informer<DaemonSet>({ resource: resources.daemonSets }).list(namespace);
const keyOf = ({ metadata: { namespace = '', name = '' } }: KubeObject): ObjectKey => ({ namespace, name });
const allSets = (caches: Caches): ObjectKey[] => setsOf(caches).map(keyOf);

/** What has no controller may be adopted by any set of its namespace that chooses it. */
function setsThatMayAdopt(object: KubeObject, caches: Caches): ObjectKey[] {
  const { namespace, labels, deletionTimestamp } = object.metadata;
  if (controllerOf(object) || deletionTimestamp) return [];
  return setsOf(caches, namespace)
    .filter(({ spec }) => labelMatcher(spec.selector).matches(labels))
    .map(keyOf);
}

/** A node's status changes all the time; where a daemon may be is decided by labels and taints alone. */
function decidesPlacement({ object, previous, deleted }: Change): boolean {
  if (!previous || deleted) return true;
  const [now, before] = [object as Node, previous as Node];
  return !deepEqual(now.metadata.labels ?? {}, before.metadata.labels ?? {}) || !deepEqual(now.spec.taints ?? [], before.spec.taints ?? []);
}
