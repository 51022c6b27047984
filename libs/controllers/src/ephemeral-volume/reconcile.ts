import type { PersistentVolumeClaim, Pod } from '#api/types';
import { controllerReference } from '#controller-runtime';
import type { Plan } from '#controller-runtime/contract';
import { gvks } from '#objects';
import { claimNameOf, isMadeFor } from '../volumes/claim-users.ts';

export interface Seen {
  pod: Pod;
  /** Of its namespace, by name; those that its volumes would have. */
  claims: ReadonlyMap<string, PersistentVolumeClaim>;
}

export type Action = { do: 'createClaim'; pod: Pod; claim: PersistentVolumeClaim } | { do: 'tell'; pod: Pod; message: string };

/** KEP-1698: a claim for each ephemeral volume, which goes with the pod. */
export function reconcile({ pod, claims }: Seen): Plan<Action> {
  if (pod.metadata.deletionTimestamp) return { actions: [] };
  return {
    actions: (pod.spec.volumes ?? []).flatMap((volume): Action[] => {
      if (!volume.ephemeral) return [];
      const name = claimNameOf(pod, volume) ?? '';
      const present = claims.get(name);
      if (!present) return [{ do: 'createClaim', pod, claim: claimFor(pod, name, volume.ephemeral.volumeClaimTemplate) }];
      if (isMadeFor(pod, present)) return [];
      const { namespace } = pod.metadata;
      const why = `PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`;
      return [{ do: 'tell', pod, message: `ephemeral volume ${volume.name}: ${why}` }];
    }),
  };
}

type Template = NonNullable<NonNullable<NonNullable<Pod['spec']['volumes']>[number]['ephemeral']>['volumeClaimTemplate']>;

function claimFor(pod: Pod, name: string, template: Template | undefined): PersistentVolumeClaim {
  const { annotations, labels } = template?.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name,
      namespace: pod.metadata.namespace,
      ...(annotations && { annotations }),
      ...(labels && { labels }),
      ownerReferences: [controllerReference(pod, gvks.Pod)],
    },
    spec: template?.spec ?? {},
  };
}
