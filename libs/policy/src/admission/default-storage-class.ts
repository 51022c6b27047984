import type { AdmissionPlugin } from '#api-server/contract';
import type { PersistentVolumeClaim, StorageClass } from '#api/types';
import { claimClassOf, defaultClassOf, gvks } from '#objects';
import { isClaim } from './refuse.ts';

/** A claim that names no class gets the default one; `""` names none on purpose ("Default StorageClass"). */
export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  handles: (verb, resource, subresource) => verb === 'create' && isClaim(resource) && subresource === '',
  mutate({ object }, io) {
    const claim = object as PersistentVolumeClaim;
    if (claimClassOf(claim) !== undefined) return claim;
    const found = defaultClassOf(io.list<StorageClass>(gvks.StorageClass));
    return found ? { ...claim, spec: { ...claim.spec, storageClassName: found.metadata.name } } : claim;
  },
};
