import { lookUp } from '#base';
import { compareQuantities, type FieldError, forbiddenField, formatQuantity, invalidValue, notSupported } from '#api';
import type { PodSpec } from '#api/types';
import { containerTotals } from '#objects';
import { nanosOf } from '../../../rules/quantities.ts';
import { isHugePages, type ResourceList, validateResourceName, validateResources } from './resources.ts';

const podLevel = ['cpu', 'hugepages-', 'memory'];

/** KEP-2837: resources of the pod as a whole bound those of its containers. */
export function validatePodResources(spec: PodSpec, path: string): FieldError[] {
  const { resources } = spec;
  if (!resources) return [];
  const requests: ResourceList = resources.requests ?? {};
  const limits: ResourceList = resources.limits ?? {};
  const sums = containerTotals(spec, 'requests');
  return [
    ...(resources.claims === undefined ? [] : [forbiddenField(`${path}.claims`, 'claims cannot be set for Resources at pod-level')]),
    ...validateResources(resources, path, { nameCheck: validatePodLevelName }),
    ...[...sums].flatMap(([name, sum]) =>
      Object.hasOwn(requests, name) && sum.nano > (nanosOf(lookUp(requests, name) ?? '0') ?? 0n)
        ? [
            invalidValue(
              `${path}.requests[${name}]`,
              lookUp(requests, name),
              `must be greater than or equal to aggregate container requests of ${formatQuantity(sum)}`,
            ),
          ]
        : [],
    ),
    ...(spec.containers ?? []).flatMap((container, i) =>
      Object.entries<string>(container.resources?.limits ?? {}).flatMap(([name, limit]) => {
        const bound = lookUp(limits, name);
        if (bound === undefined || compareQuantities(limit, bound) <= 0) return [];
        return [invalidValue(`${path}.containers[${i}][${name}].limits`, limit, `must be less than or equal to pod limits of ${bound}`)];
      }),
    ),
  ];
}

function validatePodLevelName(name: string, field: string): FieldError[] {
  const errors = validateResourceName(name, field);
  if (errors.length > 0 || name === 'cpu' || name === 'memory' || isHugePages(name)) return errors;
  return [notSupported(field, name, podLevel)];
}
