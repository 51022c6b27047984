import type { LimitRange, LimitRangeItem } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { columns } from './columns.ts';
import { validateLimitRange } from './validation.ts';

export const limitRange: KindDefinition<LimitRange> = {
  gvk: { group: '', version: 'v1', kind: 'LimitRange' },
  scope: 'Namespaced',
  names: { plural: 'limitranges', singular: 'limitrange', shortNames: ['limits'] },
  applyDefaults: (range) => ({ ...range, spec: { ...range.spec, limits: (range.spec?.limits ?? []).map(withContainerDefaults) } }),
  validate: validateLimitRange,
  strategy: { allowCreateOnUpdate: true },
  columns,
};

/** Of containers: the limit defaults to the maximum, the request to the limit, and then to the minimum. */
function withContainerDefaults(item: LimitRangeItem): LimitRangeItem {
  if (item.type !== 'Container') return item;
  const limits = { ...item.max, ...item.default };
  const requests = { ...item.min, ...limits, ...item.defaultRequest };
  return {
    ...item,
    ...(Object.keys(limits).length > 0 && { default: limits }),
    ...(Object.keys(requests).length > 0 && { defaultRequest: requests }),
  };
}
