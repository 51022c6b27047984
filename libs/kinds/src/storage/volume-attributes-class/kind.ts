import type { VolumeAttributesClass } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { age } from '../../rules/columns.ts';
import { validateAttributesClass, validateAttributesClassUpdate } from './validation.ts';

export const volumeAttributesClass: KindDefinition<VolumeAttributesClass> = {
  gvk: { group: 'storage.k8s.io', version: 'v1', kind: 'VolumeAttributesClass' },
  scope: 'Cluster',
  names: { plural: 'volumeattributesclasses', singular: 'volumeattributesclass', shortNames: ['vac'] },
  validate: validateAttributesClass,
  validateUpdate: validateAttributesClassUpdate,
  strategy: { returnsDeleted: true },
  columns: [{ name: 'DriverName', type: 'string', value: ({ driverName }) => driverName }, age],
};
