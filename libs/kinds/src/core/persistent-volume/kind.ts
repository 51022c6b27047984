import type { PersistentVolume } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { columns } from './columns.ts';
import { applyVolumeDefaults, prepareStatus, strategy } from './strategy.ts';
import { validateVolume, validateVolumeUpdate } from './validation.ts';

export const persistentVolume: KindDefinition<PersistentVolume> = {
  gvk: { group: '', version: 'v1', kind: 'PersistentVolume' },
  scope: 'Cluster',
  names: { plural: 'persistentvolumes', singular: 'persistentvolume', shortNames: ['pv'] },
  applyDefaults: applyVolumeDefaults,
  validate: validateVolume,
  validateUpdate: validateVolumeUpdate,
  strategy,
  columns,
  subresources: { status: { do: 'view', part: 'status', prepareForUpdate: prepareStatus } },
};
