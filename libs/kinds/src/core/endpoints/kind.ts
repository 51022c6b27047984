import type { Endpoints } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { columns } from './columns.ts';
import { validateEndpoints } from './validation.ts';

export const endpoints: KindDefinition<Endpoints> = {
  gvk: { group: '', version: 'v1', kind: 'Endpoints' },
  scope: 'Namespaced',
  names: { plural: 'endpoints', singular: 'endpoints', shortNames: ['ep'] },
  deprecated: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  validate: validateEndpoints,
  strategy: { allowCreateOnUpdate: true },
  columns,
};
