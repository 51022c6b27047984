import { compareQuantities } from '#api';
import type { AdmissionPlugin } from '#api-server/contract';
import type { PersistentVolumeClaim, StorageClass } from '#api/types';
import { claimClassOf, gvks } from '#objects';
import { isClaim, refuse } from './refuse.ts';

/** A claim grows only where its class says that its volumes can ("Expanding Persistent Volumes Claims"). */
export const claimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  handles: (verb, resource, subresource) => verb === 'update' && isClaim(resource) && subresource === '',
  validate(request, io) {
    const [next, old] = [request.object, request.oldObject] as [PersistentVolumeClaim, PersistentVolumeClaim];
    const sizeOf = ({ spec }: PersistentVolumeClaim): string => spec?.resources?.requests?.storage ?? '0';
    if (compareQuantities(sizeOf(next), sizeOf(old)) <= 0) return;
    if (old.status?.phase !== 'Bound') throw refuse(request, 'Only bound persistent volume claims can be expanded');
    const name = claimClassOf(next);
    const growing = name && claimClassOf(old) && io.get<StorageClass>(gvks.StorageClass, '', name)?.allowVolumeExpansion;
    if (!growing) {
      const why = 'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';
      throw refuse(request, why);
    }
  },
};
