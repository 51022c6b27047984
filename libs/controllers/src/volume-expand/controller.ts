import type { PersistentVolume } from '#api/types';
import type { Controller } from '#controller-runtime/contract';
import { resources } from '#objects';
import { statusItem, write } from '../status.ts';
import { claimCache, volumeCache } from '../volumes/volume-caches.ts';
import { updateVolume } from '../volumes/volume-writes.ts';
import { type Action, reconcile, type Seen } from './reconcile.ts';

export const volumeExpandController: Controller<Seen, Action> = {
  name: 'volume_expand',
  primary: resources.persistentVolumeClaims,
  watches: [
    {
      resource: resources.persistentVolumes,
      enqueue: (volume) => {
        const { namespace = '', name } = (volume as PersistentVolume).spec.claimRef ?? {};
        return name ? [{ namespace, name }] : [];
      },
    },
  ],
  observe({ namespace, name }, caches) {
    const claim = claimCache(caches).get(namespace, name);
    return claim && { claim, volume: claim.spec.volumeName ? volumeCache(caches).get('', claim.spec.volumeName) : undefined };
  },
  reconcile,
  act: {
    growVolume: ({ volume }, io) => updateVolume(io.api, volume),
    writeClaimStatus: ({ claim, status }, io) => write(io.api, statusItem(resources.persistentVolumeClaims, claim, status)),
    tell: async ({ about, event }, io) => io.events.event(about, event),
  },
};
