import type { IngressClass } from '#api/types';
import { ingressController } from '#objects';
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
  strategy: { generationOf: ({ spec }) => spec, warnings },
  columns,
};

/** Parameters are for the controller to read, and ours has none. */
function warnings({ spec }: IngressClass): string[] {
  if (spec?.controller !== ingressController || !spec.parameters) return [];
  return [`spec.parameters: has no effect, ${ingressController} takes no parameters`];
}
