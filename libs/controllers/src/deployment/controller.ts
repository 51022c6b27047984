import { ApiError, type KubeObject } from '#api';
import type { Deployment, ReplicaSet } from '#api/types';
import type { WriteItem } from '#client';
import { adoptItem, controllerOf, controllerReference, releaseItem } from '#controller-runtime';
import type { Caches, Controller, Io, ObjectKey } from '#controller-runtime/contract';
import { podsControlledBy } from '../pods/pod-caches.ts';
import { gvks, isTerminal, resources } from '#objects';
import { statusItem, write } from '../status.ts';
import { revisionAnnotation } from './annotations.ts';
import { progressDeadline } from './limits.ts';
import { withProgressing } from './conditions.ts';
import { type Action, reconcile, type Seen } from './reconcile.ts';
import { sameTemplate } from './template.ts';

/** Rolls pods from one template to the next through ReplicaSets, one per template. */
export const deploymentController: Controller<Seen, Action> = {
  name: 'deployment-controller',
  queueName: 'deployment',
  primary: resources.deployments,
  owns: [resources.replicaSets],
  watches: [
    { resource: resources.replicaSets, enqueue: (set, caches) => deploymentsThatMayAdopt(set, caches) },
    { resource: resources.pods, enqueue: (pod, caches) => recreatingDeployment(pod, caches) },
  ],
  observe({ namespace, name }, caches) {
    const deployment = caches.informer<Deployment>({ resource: resources.deployments }).get(namespace, name);
    if (!deployment) return undefined;
    const sets = caches
      .informer<ReplicaSet>({ resource: resources.replicaSets })
      .list(namespace)
      .filter((set) => (controllerOf(set)?.uid ?? deployment.metadata.uid) === deployment.metadata.uid);
    const runningPods = (set: ReplicaSet): number =>
      podsControlledBy(caches, set.metadata.uid ?? '').filter((pod) => !isTerminal(pod)).length;
    return { deployment, sets, runningPods };
  },
  reconcile,
  act: {
    adoptSet: async ({ deployment, set }, io) => {
      const { namespace, name = '', uid } = deployment.metadata;
      const present = await io.api.get<Deployment>({ resource: resources.deployments, namespace, name });
      if (present.metadata.uid !== uid || present.metadata.deletionTimestamp) return; // the cache is behind
      await write(io.api, adoptItem(resources.replicaSets, set, controllerReference(deployment, gvks.Deployment)));
    },
    releaseSet: ({ deployment, set }, io) => write(io.api, releaseItem(resources.replicaSets, set, deployment.metadata.uid ?? '')),
    createSet: ({ deployment, set }, io) => createSet(deployment, set, io),
    updateSets: ({ deployment, updates }, io) => updateSets(deployment, updates, io),
    setRevision: ({ deployment, revision }, io) =>
      write(io.api, {
        verb: 'patch',
        resource: resources.deployments,
        namespace: deployment.metadata.namespace,
        name: deployment.metadata.name ?? '',
        patchType: 'application/merge-patch+json',
        patch: { metadata: { uid: deployment.metadata.uid, annotations: { [revisionAnnotation]: revision } } },
      }),
    updateStatus: ({ deployment, status }, io) => write(io.api, statusItem(resources.deployments, deployment, status)),
    deleteSets: async ({ sets }, io) => {
      for (const set of sets) {
        const { namespace, name = '', uid } = set.metadata;
        const item: WriteItem = { verb: 'delete', resource: resources.replicaSets, namespace, name, options: { preconditions: { uid } } };
        await write(io.api, item);
      }
    },
  },
};

async function createSet(deployment: Deployment, set: ReplicaSet, io: Io): Promise<void> {
  const { namespace, name = '' } = set.metadata;
  const [result] = await io.api.writeMany([{ verb: 'create', resource: resources.replicaSets, namespace, object: set }]);
  if (!result) throw new Error('a write got no outcome');
  if (result.ok) {
    if (set.spec.replicas) scaled(io, deployment, { name, from: 0, to: set.spec.replicas });
    return;
  }
  const refused = ApiError.fromStatus(result.status);
  if (refused.reason === 'AlreadyExists') return nameIsTaken(deployment, set, io);
  if (refused.status.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating')) throw refused;
  const message = `Failed to create new replica set "${name}": ${refused.message}`;
  io.events.event(deployment, { type: 'Warning', reason: 'ReplicaSetCreateError', message });
  if (progressDeadline(deployment) !== undefined) {
    const conditions = withProgressing(deployment.status?.conditions, 'False', 'ReplicaSetCreateError', { message, now: io.now() });
    await write(io.api, statusItem(resources.deployments, deployment, { ...deployment.status, conditions }));
  }
  throw refused;
}

/** Either our own set that the cache does not show yet, or another with the same hash: then the next hash is made with a higher count. */
async function nameIsTaken(deployment: Deployment, set: ReplicaSet, io: Io): Promise<void> {
  const { namespace, name = '' } = set.metadata;
  const present = await io.api.get<ReplicaSet>({ resource: resources.replicaSets, namespace, name });
  const ours = controllerOf(present)?.uid === deployment.metadata.uid && sameTemplate(present.spec.template, deployment.spec.template);
  if (!ours) {
    const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
    await write(io.api, statusItem(resources.deployments, deployment, { ...deployment.status, collisionCount }));
  }
  throw new ApiError({ code: 409, reason: 'AlreadyExists', message: `replicasets.apps "${name}" already exists` });
}

async function updateSets(deployment: Deployment, updates: Extract<Action, { do: 'updateSets' }>['updates'], io: Io): Promise<void> {
  const results = await io.api.writeMany(
    updates.map(({ set, patch }): WriteItem => {
      const { namespace, name = '', uid, resourceVersion } = set.metadata;
      const metadata = { ...('metadata' in patch && (patch.metadata as object)), uid, resourceVersion };
      const patchType = 'application/merge-patch+json';
      return { verb: 'patch', resource: resources.replicaSets, namespace, name, patchType, patch: { ...patch, metadata } };
    }),
  );
  results.forEach((result, i) => {
    const { set, from, to } = updates[i]!;
    if (result.ok && from !== to) scaled(io, deployment, { name: set.metadata.name ?? '', from, to });
  });
  for (const result of results) if (!result.ok) throw ApiError.fromStatus(result.status);
}

function scaled(io: Io, deployment: Deployment, { name, from, to }: { name: string; from: number; to: number }): void {
  const message = `Scaled ${to > from ? 'up' : 'down'} replica set ${name} from ${from} to ${to}`;
  io.events.event(deployment, { type: 'Normal', reason: 'ScalingReplicaSet', message });
}

function deploymentsThatMayAdopt(set: KubeObject, caches: Caches): ObjectKey[] {
  if (controllerOf(set)) return [];
  const { namespace = '' } = set.metadata;
  return caches
    .informer<Deployment>({ resource: resources.deployments })
    .list(namespace)
    .map((deployment) => ({ namespace, name: deployment.metadata.name ?? '' }));
}

/** Recreate waits for the last old pod, which no ReplicaSet's status shows any more once it is going. */
function recreatingDeployment(pod: KubeObject, caches: Caches): ObjectKey[] {
  const { namespace = '' } = pod.metadata;
  const setReference = controllerOf(pod);
  if (setReference?.kind !== 'ReplicaSet') return [];
  const set = caches.informer<ReplicaSet>({ resource: resources.replicaSets }).get(namespace, setReference.name);
  const reference = set && controllerOf(set);
  if (reference?.kind !== 'Deployment') return [];
  const deployment = caches.informer<Deployment>({ resource: resources.deployments }).get(namespace, reference.name);
  return deployment?.spec.strategy?.type === 'Recreate' ? [{ namespace, name: reference.name }] : [];
}
