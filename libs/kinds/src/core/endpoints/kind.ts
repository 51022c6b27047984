import type { Endpoints } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { columns } from './columns.ts';
import { validateEndpoints } from './validation.ts';

export const endpoints: KindDefinition<Endpoints> = {
  gvk: { group: '', version: 'v1', kind: 'Endpoints' },
  scope: 'Namespaced',
  names: { plural: 'endpoints', singular: 'endpoints', shortNames: ['ep'] },
  validate: validateEndpoints,
  strategy: { allowCreateOnUpdate: true },
  columns,
};
