import type { Controller } from '#controller-runtime/contract';
import { resources } from '#objects';
import { volumeCache } from '../volumes/volume-caches.ts';
import { updateVolume } from '../volumes/volume-writes.ts';
import { type Action, reconcile, type Seen } from './reconcile.ts';

export const pvProtectionController: Controller<Seen, Action> = {
  name: 'pv-protection-controller',
  queueName: 'pvprotection',
  primary: resources.persistentVolumes,
  observe: ({ name }, caches) => volumeCache(caches).get('', name),
  reconcile,
  act: { write: ({ object }, io) => updateVolume(io.api, object) },
};
