import type { Node, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '#api/types';
import { lookUp } from '#base';
import type { Caches, Controller, ObjectKey } from '#controller-runtime/contract';
import { claimClassOf, defaultClassOf, localStorage, resources, storageNames } from '#objects';
import { claimCache, claimsNaming, volumeCache, volumesKeptFor, volumesToGive } from '../volumes/volume-caches.ts';
import { createVolume, updateClaim, updateVolume, updateVolumeStatus } from '../volumes/volume-writes.ts';
import { podsUsingClaim } from '../volumes/claim-users.ts';
import { statusItem, write } from '../status.ts';
import { type Action, reconcile, type Seen } from './reconcile.ts';

/** Gives claims their volumes. The volumes themselves are kept by the volume binder; both are upstream's one controller. */
export const claimBinder: Controller<Seen, Action> = {
  name: 'persistentvolume-controller',
  queueName: 'claims',
  primary: resources.persistentVolumeClaims,
  watches: [
    { resource: resources.persistentVolumes, enqueue: (volume, caches) => claimsConcerned(volume as PersistentVolume, caches) },
    { resource: resources.storageClasses, enqueue: (object, caches) => claimsOfClass(object as StorageClass, caches) },
    // Only the words in which a claim waits depend on its pods.
    { resource: resources.pods, wakes: ({ previous, deleted }) => !previous && !deleted, enqueue: (pod) => claimsOfPod(pod as Pod) },
  ],
  reads: [resources.nodes],
  // One at a time: two claims that are decided together would choose the same volume, and one of them in vain.
  workers: 1,
  observe({ namespace, name }, caches) {
    const claim = claimCache(caches).get(namespace, name);
    if (!claim) return undefined;
    const classes = caches.informer<StorageClass>({ resource: resources.storageClasses });
    const className = claimClassOf(claim);
    const node = lookUp(claim.metadata.annotations ?? {}, storageNames.selectedNode);
    return {
      claim,
      volume: claim.spec.volumeName ? volumeCache(caches).get('', claim.spec.volumeName) : undefined,
      volumes: claim.spec.volumeName ? [] : [...volumesKeptFor(caches, claim), ...volumesToGive(caches, className ?? '')],
      storageClass: className ? classes.get('', className) : undefined,
      defaultClass: className === undefined ? defaultClassOf(classes.list()) : undefined,
      waitingPods: podsUsingClaim(caches, claim)
        .filter(({ spec }) => !spec.nodeName)
        .map(({ metadata }) => metadata.name ?? ''),
      node: node === undefined ? undefined : caches.informer<Node>({ resource: resources.nodes }).get('', node),
    };
  },
  reconcile,
  act: {
    keepVolume: ({ volume }, io) => updateVolume(io.api, volume),
    writeVolumeStatus: ({ volume, status }, io) => updateVolumeStatus(io.api, volume, status),
    writeClaim: ({ claim }, io) => updateClaim(io.api, claim),
    writeClaimStatus: ({ claim, status }, io) => write(io.api, statusItem(resources.persistentVolumeClaims, claim, status)),
    makeVolume: async ({ claim, volume }, io) => {
      await createVolume(io.api, volume);
      const message = `Successfully provisioned volume ${volume.metadata.name} using ${localStorage.provisioner}`;
      io.events.event(claim, { type: 'Normal', reason: 'ProvisioningSucceeded', message });
    },
    tell: async ({ about, event }, io) => io.events.event(about, event),
  },
};

/** Whom it is kept for; or, when it is free, all who still look for one of its class. */
function claimsConcerned(volume: PersistentVolume, caches: Caches): ObjectKey[] {
  const { claimRef } = volume.spec;
  const naming = claimsNaming(caches, volume.metadata.name ?? '').map(keyOf);
  if (claimRef?.name) return [{ namespace: claimRef.namespace ?? '', name: claimRef.name }, ...naming];
  if (volume.status?.phase !== 'Available') return naming;
  return [
    ...naming,
    ...claimsNaming(caches, '')
      .filter((claim) => (claimClassOf(claim) ?? '') === (volume.spec.storageClassName ?? ''))
      .map(keyOf),
  ];
}

/** A class that is the default concerns those too that name none. */
function claimsOfClass({ metadata: { name = '' } }: StorageClass, caches: Caches): ObjectKey[] {
  return claimsNaming(caches, '')
    .filter((claim) => [name, undefined].includes(claimClassOf(claim)))
    .map(keyOf);
}

const claimsOfPod = ({ metadata: { namespace = '' }, spec }: Pod): ObjectKey[] =>
  (spec.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) => (claim ? [{ namespace, name: claim.claimName }] : []));

const keyOf = ({ metadata: { namespace = '', name = '' } }: PersistentVolumeClaim): ObjectKey => ({ namespace, name });
