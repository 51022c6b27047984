import type { KubeObject } from '#api';
import type { Pod, PersistentVolumeClaim, Volume } from '#api/types';
import type { Informer } from '#client';
import type { Caches } from '#controller-runtime/contract';
import { resources } from '#objects';

const byClaim = 'claims';
const indexed = new WeakSet<Informer<KubeObject>>();

/** The claim that a volume of a pod comes from: of an ephemeral one it is made, and named after both (KEP-1698). */
export function claimNameOf(pod: Pod, { name, persistentVolumeClaim, ephemeral }: Volume): string | undefined {
  return ephemeral ? `${pod.metadata.name}-${name}` : persistentVolumeClaim?.claimName;
}

/** Every pod that names the claim, placed or not, ended ones included. */
export function podsUsingClaim(caches: Caches, { metadata }: KubeObject): readonly Pod[] {
  const pods = caches.informer<Pod>({ resource: resources.pods });
  if (!indexed.has(pods)) {
    indexed.add(pods);
    pods.addIndex(byClaim, (pod) => claimsOf(pod).map((name) => `${pod.metadata.namespace}/${name}`));
  }
  return pods.byIndex(byClaim, `${metadata.namespace}/${metadata.name}`);
}

export const claimsOf = (pod: Pod): string[] =>
  (pod.spec.volumes ?? []).flatMap((volume) => {
    const name = claimNameOf(pod, volume);
    return name === undefined ? [] : [name];
  });

/** Whether the claim was made for a volume of this pod, and not by somebody under the same name. */
export const isMadeFor = (pod: Pod, { metadata }: PersistentVolumeClaim): boolean =>
  metadata.ownerReferences?.some(({ controller, uid }) => controller && uid === pod.metadata.uid) ?? false;
