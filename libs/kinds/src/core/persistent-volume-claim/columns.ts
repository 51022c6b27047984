import type { PersistentVolumeClaim } from '#api/types';
import { accessModesText, claimClassOf } from '#objects';
import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';

/** `k8s.io/kubernetes/pkg/printers/internalversion`, printPersistentVolumeClaim: what a claim has shows once it has a volume. */
export const columns: readonly Column<PersistentVolumeClaim>[] = [
  {
    name: 'Status',
    type: 'string',
    value: ({ metadata, status }) => (metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? '')),
  },
  { name: 'Volume', type: 'string', value: ({ spec }) => spec?.volumeName ?? '' },
  { name: 'Capacity', type: 'string', value: ({ spec, status }) => (spec?.volumeName ? (status?.capacity?.storage ?? '0') : '') },
  { name: 'Access Modes', type: 'string', value: ({ spec, status }) => (spec?.volumeName ? accessModesText(status?.accessModes) : '') },
  { name: 'StorageClass', type: 'string', value: (claim) => claimClassOf(claim) ?? '' },
  { name: 'VolumeAttributesClass', type: 'string', value: ({ spec }) => spec?.volumeAttributesClassName ?? '<unset>' },
  age,
  { name: 'VolumeMode', type: 'string', priority: 1, value: ({ spec }) => spec?.volumeMode ?? '<unset>' },
];
