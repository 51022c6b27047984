import type { PersistentVolume } from '#api/types';
import { accessModesText, volumeClassOf } from '#objects';
import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';

/** `k8s.io/kubernetes/pkg/printers/internalversion`, printPersistentVolume. */
export const columns: readonly Column<PersistentVolume>[] = [
  { name: 'Capacity', type: 'string', value: ({ spec }) => spec?.capacity?.storage ?? '0' },
  { name: 'Access Modes', type: 'string', value: ({ spec }) => accessModesText(spec?.accessModes) },
  { name: 'Reclaim Policy', type: 'string', value: ({ spec }) => spec?.persistentVolumeReclaimPolicy ?? '' },
  {
    name: 'Status',
    type: 'string',
    value: ({ metadata, status }) => (metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? '')),
  },
  {
    name: 'Claim',
    type: 'string',
    value: ({ spec }) => (spec?.claimRef ? `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}` : ''),
  },
  { name: 'StorageClass', type: 'string', value: volumeClassOf },
  { name: 'VolumeAttributesClass', type: 'string', value: ({ spec }) => spec?.volumeAttributesClassName ?? '<unset>' },
  { name: 'Reason', type: 'string', value: ({ status }) => status?.reason ?? '' },
  age,
  { name: 'VolumeMode', type: 'string', priority: 1, value: ({ spec }) => spec?.volumeMode ?? '<unset>' },
];
