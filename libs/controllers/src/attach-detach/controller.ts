import { ApiError } from '#api';
import type { CSIDriver, Node, PersistentVolume, PersistentVolumeClaim, Pod, VolumeAttachment } from '#api/types';
import { create, remove } from '#client';
import type { Caches, Controller, ObjectKey } from '#controller-runtime/contract';
import { claimNames, isAttached, isTerminal, resources } from '#objects';
import { podCache, podsOnNode } from '../pods/pod-caches.ts';
import { write } from '../status.ts';
import { type Action, reconcile, type Seen } from './reconcile.ts';

/** Asks for the volumes of CSI drivers to be attached to the nodes of the pods that have them. Its keys are nodes. */
export const attachDetachController: Controller<Seen, Action> = {
  name: 'attachdetach-controller',
  queueName: 'attach_detach',
  primary: resources.nodes,
  watches: [
    {
      resource: resources.pods,
      wakes: ({ object }) => claimNames(object).length > 0,
      enqueue: (pod) => nodeOf((pod as Pod).spec.nodeName),
    },
    { resource: resources.volumeAttachments, enqueue: (attachment) => nodeOf((attachment as VolumeAttachment).spec.nodeName) },
    { resource: resources.persistentVolumeClaims, enqueue: ({ metadata }, caches) => nodesOfClaim(metadata, caches) },
  ],
  reads: [resources.persistentVolumes, resources.csiDrivers],
  observe({ name: nodeName }, caches) {
    const node = caches.informer<Node>({ resource: resources.nodes }).get('', nodeName);
    const attachments = caches.informer<VolumeAttachment>({ resource: resources.volumeAttachments }).list();
    const here = attachments.filter(({ spec }) => spec.nodeName === nodeName);
    const wanted = podsOnNode(caches, nodeName)
      .filter((pod) => !isTerminal(pod))
      .flatMap((pod) => volumesOf(pod, caches).map((volume) => ({ pod, volume })));
    if (wanted.length === 0 && here.length === 0 && !node?.status?.volumesAttached?.length) return undefined;
    return { nodeName, node, wanted, attachments: here, elsewhere: attachments.filter(({ spec }) => spec.nodeName !== nodeName) };
  },
  reconcile,
  act: {
    attach: async ({ attachment }, { api }) => {
      try {
        await create(api, resources.volumeAttachments, attachment);
      } catch (err) {
        if (!(err instanceof ApiError && err.code === 409)) throw err; // the cache is behind
      }
    },
    detach: ({ attachment: { metadata } }, { api }) =>
      remove(api, { resource: resources.volumeAttachments, name: metadata.name ?? '' }, { preconditions: { uid: metadata.uid } }),
    report: ({ node, volumesAttached }, { api }) =>
      write(api, {
        verb: 'patch',
        resource: resources.nodes,
        subresource: 'status',
        name: node.metadata.name ?? '',
        patchType: 'application/merge-patch+json',
        patch: { metadata: { uid: node.metadata.uid }, status: { volumesAttached } },
      }),
    say: async ({ pod, type, reason, message }, { events }) => events.event(pod, { type, reason, message }),
  },
};

const nodeOf = (name: string | undefined): ObjectKey[] => (name ? [{ namespace: '', name }] : []);

/** A pod may be on its node before its claim is bound. */
function nodesOfClaim({ namespace = '', name = '' }: PersistentVolumeClaim['metadata'], caches: Caches): ObjectKey[] {
  return podCache(caches)
    .list(namespace)
    .filter((pod) => claimNames(pod).includes(name))
    .flatMap((pod) => nodeOf(pod.spec.nodeName));
}

/** Volumes behind the claims of a pod that somebody has to attach. */
function volumesOf(pod: Pod, caches: Caches): PersistentVolume[] {
  const claims = caches.informer<PersistentVolumeClaim>({ resource: resources.persistentVolumeClaims });
  const volumes = caches.informer<PersistentVolume>({ resource: resources.persistentVolumes });
  const drivers = caches.informer<CSIDriver>({ resource: resources.csiDrivers });
  return claimNames(pod).flatMap((name) => {
    const claim = claims.get(pod.metadata.namespace ?? '', name);
    const volume = claim?.spec.volumeName ? volumes.get('', claim.spec.volumeName) : undefined;
    if (!volume?.spec.csi || volume.spec.claimRef?.uid !== claim?.metadata.uid) return [];
    return isAttached(drivers.get('', volume.spec.csi.driver)) ? [volume] : [];
  });
}
