import { ApiError } from '#api';
import type { Node, PersistentVolume, PersistentVolumeClaim } from '#api/types';
import { lookUp } from '#base';
import type { Api } from '#client';
import type { Caches, Controller, ObjectKey } from '#controller-runtime/contract';
import { localStorage, resources } from '#objects';
import { claimCache, volumeCache, volumesKeptFor } from '../volumes/volume-caches.ts';
import { claimNow, updateVolume, updateVolumeStatus } from '../volumes/volume-writes.ts';
import { type Action, reconcile, type Seen } from './reconcile.ts';

/** Keeps the phase of volumes, and does with the data of those whose claim is gone what their policy says. */
export const volumeBinder: Controller<Seen, Action> = {
  name: 'persistentvolume-controller',
  queueName: 'volumes',
  primary: resources.persistentVolumes,
  watches: [
    { resource: resources.persistentVolumeClaims, enqueue: (claim, caches) => volumesOf(claim as PersistentVolumeClaim, caches) },
    {
      resource: resources.nodes,
      wakes: ({ deleted }) => deleted,
      enqueue: (node, caches) => volumesOn(node.metadata.name ?? '', caches),
    },
  ],
  async observe({ name }, caches, api) {
    const volume = volumeCache(caches).get('', name);
    if (!volume) return undefined;
    const node = lookUp(volume.metadata.labels ?? {}, localStorage.nodeLabel);
    const isGoing = volume.metadata.deletionTimestamp !== undefined;
    return {
      volume,
      claim: await claimOf(volume, caches, api),
      isNodeGone: isGoing && node !== undefined && !caches.informer<Node>({ resource: resources.nodes }).get('', node),
    };
  },
  reconcile,
  act: {
    writeVolumeStatus: ({ volume, status }, io) => updateVolumeStatus(io.api, volume, status),
    writeVolume: ({ volume }, io) => updateVolume(io.api, volume),
    deleteVolume: async ({ volume }, io) => {
      const { name = '', uid } = volume.metadata;
      const options = { preconditions: { uid } };
      const [result] = await io.api.writeMany([{ verb: 'delete', resource: resources.persistentVolumes, name, options }]);
      if (result && !result.ok && result.status.code !== 404) throw ApiError.fromStatus(result.status);
    },
    tell: async ({ about, event }, io) => io.events.event(about, event),
  },
};

/** That a claim is gone means that data may be deleted: the cache alone does not decide it. */
async function claimOf({ spec }: PersistentVolume, caches: Caches, api: Api): Promise<PersistentVolumeClaim | undefined> {
  const { namespace = '', name = '', uid } = spec.claimRef ?? {};
  if (!uid) return undefined;
  const cached = claimCache(caches).get(namespace, name);
  if (cached?.metadata.uid === uid) return cached;
  const present = await claimNow(api, namespace, name);
  return present?.metadata.uid === uid ? present : undefined;
}

function volumesOf(claim: PersistentVolumeClaim, caches: Caches): ObjectKey[] {
  const kept = volumesKeptFor(caches, claim).map(({ metadata }) => metadata.name ?? '');
  return [...new Set([claim.spec.volumeName ?? '', ...kept])].filter(Boolean).map((name) => ({ namespace: '', name }));
}

const volumesOn = (node: string, caches: Caches): ObjectKey[] =>
  volumeCache(caches)
    .list()
    .filter(({ metadata }) => lookUp(metadata.labels ?? {}, localStorage.nodeLabel) === node)
    .map(({ metadata: { name = '' } }) => ({ namespace: '', name }));
