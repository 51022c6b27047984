import type { Pod } from '#api/types';
import type { Controller } from '#controller-runtime/contract';
import { isTerminal, resources } from '#objects';
import { claimsOf, podsUsingClaim } from '../volumes/claim-users.ts';
import { claimCache } from '../volumes/volume-caches.ts';
import { updateClaim } from '../volumes/volume-writes.ts';
import { type Action, reconcile, type Seen } from './reconcile.ts';

export const pvcProtectionController: Controller<Seen, Action> = {
  name: 'pvc-protection-controller',
  queueName: 'pvcprotection',
  primary: resources.persistentVolumeClaims,
  watches: [
    {
      resource: resources.pods,
      // Only a pod that goes can let go of a claim.
      wakes: ({ object, deleted }) => deleted || object.metadata.deletionTimestamp !== undefined || isTerminal(object as Pod),
      enqueue: (pod) => claimsOf(pod as Pod).map((name) => ({ namespace: pod.metadata.namespace ?? '', name })),
    },
  ],
  async observe({ namespace, name }, caches, api) {
    const claim = claimCache(caches).get(namespace, name);
    if (!claim) return undefined;
    const cached = podsUsingClaim(caches, claim);
    if (!claim.metadata.deletionTimestamp) return { claim, pods: cached };
    // The cache may not show a pod yet that has just been placed.
    const seen = { claim, pods: cached };
    if (reconcile(seen).actions.length === 0) return seen;
    return { claim, pods: (await api.list<Pod>({ resource: resources.pods, namespace })).items };
  },
  reconcile,
  act: { write: ({ object }, io) => updateClaim(io.api, object) },
};
