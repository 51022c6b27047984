import type { EndpointSlice } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { columns } from './columns.ts';
import { validateEndpointSlice, validateEndpointSliceUpdate } from './validation.ts';

export const endpointSlice: KindDefinition<EndpointSlice> = {
  gvk: { group: 'discovery.k8s.io', version: 'v1', kind: 'EndpointSlice' },
  scope: 'Namespaced',
  names: { plural: 'endpointslices', singular: 'endpointslice' },
  validate: validateEndpointSlice,
  validateUpdate: validateEndpointSliceUpdate,
  // Labels count: they say of which service the slice is.
  strategy: { generationOf: ({ metadata, ...rest }) => ({ ...rest, labels: metadata.labels }) },
  columns,
};
