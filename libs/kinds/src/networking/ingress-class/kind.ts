import type { IngressClass } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { columns } from './columns.ts';
import { validateIngressClass, validateIngressClassUpdate } from './validation.ts';

export const ingressClass: KindDefinition<IngressClass> = {
  gvk: { group: 'networking.k8s.io', version: 'v1', kind: 'IngressClass' },
  scope: 'Cluster',
  names: { plural: 'ingressclasses', singular: 'ingressclass' },
  validate: validateIngressClass,
  validateUpdate: validateIngressClassUpdate,
  updateRulesFirst: true,
  strategy: { generationOf: ({ spec }) => spec },
  columns,
};
