import type { Ingress } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { columns } from './columns.ts';
import { validateIngress, validateIngressCreate, validateIngressStatus } from './validation.ts';

export const ingress: KindDefinition<Ingress> = {
  gvk: { group: 'networking.k8s.io', version: 'v1', kind: 'Ingress' },
  scope: 'Namespaced',
  names: { plural: 'ingresses', singular: 'ingress', shortNames: ['ing'] },
  validate: validateIngress,
  validateCreate: validateIngressCreate,
  strategy: {
    prepareForCreate: (object) => ({ ...object, status: { loadBalancer: {} } }),
    prepareForUpdate: (next, previous) => ({ ...next, status: previous.status }),
    generationOf: ({ spec }) => spec,
  },
  columns,
  subresources: {
    status: {
      do: 'view',
      part: 'status',
      prepareForUpdate: (next, previous) => ({ ...next, spec: previous.spec }),
      validateUpdate: validateIngressStatus,
    },
  },
};
