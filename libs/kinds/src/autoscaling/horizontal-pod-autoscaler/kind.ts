import type { HorizontalPodAutoscaler } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { columns } from './columns.ts';
import { autoscalingV1 } from './conversion.ts';
import { applyAutoscalerDefaults, strategy } from './strategy.ts';
import { validateAutoscaler, validateAutoscalerStatus } from './validation.ts';

export interface AutoscalerFeatures {
  /** The feature gate HPAScaleToZero, alpha in 1.36: `minReplicas` may be 0 where a metric does not come from pods (KEP-2021). */
  scaleToZero: boolean;
}

export const horizontalPodAutoscaler = ({ scaleToZero }: AutoscalerFeatures): KindDefinition<HorizontalPodAutoscaler> => ({
  gvk: { group: 'autoscaling', version: 'v2', kind: 'HorizontalPodAutoscaler' },
  scope: 'Namespaced',
  names: { plural: 'horizontalpodautoscalers', singular: 'horizontalpodautoscaler', shortNames: ['hpa'], categories: ['all'] },
  applyDefaults: applyAutoscalerDefaults,
  // All rules depend on what was there before: they stand in the two below.
  validate: () => [],
  validateCreate: (autoscaler) => validateAutoscaler(autoscaler, undefined, scaleToZero),
  validateUpdate: (next, previous) => validateAutoscaler(next, previous, scaleToZero),
  strategy,
  columns,
  subresources: {
    status: {
      do: 'view',
      part: 'status',
      prepareForUpdate: (next, previous) => ({ ...next, spec: previous.spec }),
      validateUpdate: validateAutoscalerStatus,
    },
  },
  alsoServed: [autoscalingV1],
});
