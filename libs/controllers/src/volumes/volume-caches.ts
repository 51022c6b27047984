import type { KubeObject } from '#api';
import type { PersistentVolume, PersistentVolumeClaim } from '#api/types';
import type { Informer } from '#client';
import type { Caches } from '#controller-runtime/contract';
import { resources, volumeClassOf } from '#objects';

const byClaim = 'claim';
const toGive = 'to-give';
const byVolume = 'volume';
const indexed = new WeakSet<Informer<KubeObject>>();

/** The one cache of volumes, with the indexes that controllers look up by; they are made once. */
export function volumeCache(caches: Caches): Informer<PersistentVolume> {
  const volumes = caches.informer<PersistentVolume>({ resource: resources.persistentVolumes });
  if (!indexed.has(volumes)) {
    indexed.add(volumes);
    volumes.addIndex(byClaim, ({ spec }) => (spec.claimRef ? [`${spec.claimRef.namespace}/${spec.claimRef.name}`] : []));
    volumes.addIndex(toGive, (volume) => (volume.spec.claimRef ? [] : [volumeClassOf(volume)]));
  }
  return volumes;
}

export function claimCache(caches: Caches): Informer<PersistentVolumeClaim> {
  const claims = caches.informer<PersistentVolumeClaim>({ resource: resources.persistentVolumeClaims });
  if (!indexed.has(claims)) {
    indexed.add(claims);
    claims.addIndex(byVolume, ({ spec }) => [spec.volumeName ?? '']);
  }
  return claims;
}

/** Those that name the claim, whichever of that name it is. */
export const volumesKeptFor = (caches: Caches, { metadata }: KubeObject): readonly PersistentVolume[] =>
  volumeCache(caches).byIndex(byClaim, `${metadata.namespace}/${metadata.name}`);

/** Of a class, kept for nobody. */
export const volumesToGive = (caches: Caches, className: string): readonly PersistentVolume[] =>
  volumeCache(caches).byIndex(toGive, className);

/** Claims that name the volume; `''`: that name none yet. */
export const claimsNaming = (caches: Caches, volume: string): readonly PersistentVolumeClaim[] =>
  claimCache(caches).byIndex(byVolume, volume);
