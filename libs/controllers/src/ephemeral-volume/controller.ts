import { ApiError } from '#api';
import type { PersistentVolumeClaim, Pod } from '#api/types';
import type { Controller } from '#controller-runtime/contract';
import { controllerOf } from '#controller-runtime';
import { resources } from '#objects';
import { claimsOf } from '../volumes/claim-users.ts';
import { claimCache } from '../volumes/volume-caches.ts';
import { type Action, reconcile, type Seen } from './reconcile.ts';

export const ephemeralVolumeController: Controller<Seen, Action> = {
  name: 'ephemeral-volume-controller',
  queueName: 'ephemeral_volume',
  primary: resources.pods,
  wakes: ({ object, deleted }) => !deleted && ((object as Pod).spec.volumes?.some(({ ephemeral }) => ephemeral) ?? false),
  watches: [
    {
      resource: resources.persistentVolumeClaims,
      wakes: ({ deleted }) => deleted,
      enqueue: (claim) => {
        const owner = controllerOf(claim);
        return owner?.kind === 'Pod' ? [{ namespace: claim.metadata.namespace ?? '', name: owner.name }] : [];
      },
    },
  ],
  observe({ namespace, name }, caches) {
    const pod = caches.informer<Pod>({ resource: resources.pods }).get(namespace, name);
    if (!pod) return undefined;
    const found = claimsOf(pod).flatMap((claim): [string, PersistentVolumeClaim][] => {
      const present = claimCache(caches).get(namespace, claim);
      return present ? [[claim, present]] : [];
    });
    return { pod, claims: new Map(found) };
  },
  reconcile,
  act: {
    createClaim: async ({ pod, claim }, io) => {
      const { namespace, name } = claim.metadata;
      const [result] = await io.api.writeMany([{ verb: 'create', resource: resources.persistentVolumeClaims, namespace, object: claim }]);
      // One that is there already shows in the cache soon, and whose it is with it.
      if (!result || result.ok || result.status.reason === 'AlreadyExists') return;
      const message = `ephemeral volume ${name}: create PVC ${namespace}/${name}: ${result.status.message}`;
      io.events.event(pod, { type: 'Warning', reason: 'FailedBinding', message });
      throw ApiError.fromStatus(result.status);
    },
    tell: async ({ pod, message }, io) => io.events.event(pod, { type: 'Warning', reason: 'FailedBinding', message }),
  },
};
