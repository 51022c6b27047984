import type { PersistentVolume, PersistentVolumeClaim, VolumeAttributesClass } from '#api/types';
import type { Controller } from '#controller-runtime/contract';
import { resources } from '#objects';
import { write } from '../status.ts';
import { claimCache, volumeCache } from '../volumes/volume-caches.ts';
import { type Action, reconcile, type Seen } from './reconcile.ts';

const resource = resources.volumeAttributesClasses;
const keys = (...names: (string | undefined)[]) => names.flatMap((name) => (name ? [{ namespace: '', name }] : []));

export const vacProtectionController: Controller<Seen, Action> = {
  name: 'volumeattributesclass-protection-controller',
  queueName: 'vacprotection',
  primary: resource,
  // Asked for an object as it was, too: what named the class may not do so any more.
  watches: [
    {
      resource: resources.persistentVolumeClaims,
      enqueue: (object) => {
        const { spec, status } = object as PersistentVolumeClaim;
        return keys(spec.volumeAttributesClassName, status?.currentVolumeAttributesClassName);
      },
    },
    { resource: resources.persistentVolumes, enqueue: (object) => keys((object as PersistentVolume).spec.volumeAttributesClassName) },
  ],
  observe({ name }, caches) {
    const attributesClass = caches.informer<VolumeAttributesClass>({ resource }).get('', name);
    return attributesClass && { attributesClass, claims: claimCache(caches).list(), volumes: volumeCache(caches).list() };
  },
  reconcile,
  act: { write: ({ object }, io) => write(io.api, { verb: 'update', resource, name: object.metadata.name ?? '', object }) },
};
