import type { PodDisruptionBudget } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { columns } from './columns.ts';
import { validateBudget, validateBudgetStatus } from './validation.ts';

export const podDisruptionBudget: KindDefinition<PodDisruptionBudget> = {
  gvk: { group: 'policy', version: 'v1', kind: 'PodDisruptionBudget' },
  scope: 'Namespaced',
  names: { plural: 'poddisruptionbudgets', singular: 'poddisruptionbudget', shortNames: ['pdb'] },
  validate: validateBudget,
  strategy: {
    prepareForCreate: (budget) => ({ ...budget, status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 } }),
    prepareForUpdate: (next, previous) => ({ ...next, status: previous.status }),
    generationOf: ({ spec }) => spec,
    allowUnconditionalUpdate: false,
  },
  columns,
  subresources: {
    status: {
      do: 'view',
      part: 'status',
      prepareForUpdate: (next, previous) => ({ ...next, spec: previous.spec }),
      validateUpdate: validateBudgetStatus,
    },
  },
};
