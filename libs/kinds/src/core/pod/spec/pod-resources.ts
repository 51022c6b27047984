import { compareQuantities, type FieldError, forbiddenField, invalidValue, notSupported } from '#api';
import type { Container, PodSpec } from '#api/types';
import { nanosOf } from '../../../rules/quantities.ts';
import { isSidecar } from './containers.ts';
import { isHugePages, type ResourceList, validateResourceName, validateResources } from './resources.ts';

const podLevel = ['cpu', 'hugepages-', 'memory'];

/** KEP-2837: resources of the pod as a whole bound those of its containers. */
export function validatePodResources(spec: PodSpec, path: string): FieldError[] {
  const { resources } = spec;
  if (!resources) return [];
  const requests: ResourceList = resources.requests ?? {};
  const limits: ResourceList = resources.limits ?? {};
  const sums = containerRequests(spec);
  return [
    ...(resources.claims === undefined ? [] : [forbiddenField(`${path}.claims`, 'claims cannot be set for Resources at pod-level')]),
    ...validateResources(resources, path, { nameCheck: validatePodLevelName }),
    ...[...sums].flatMap(([name, sum]) =>
      name in requests && sum > (nanosOf(requests[name] ?? '0') ?? 0n)
        ? [
            invalidValue(
              `${path}.requests[${name}]`,
              requests[name],
              `must be greater than or equal to aggregate container requests of ${shown(sum)}`,
            ),
          ]
        : [],
    ),
    ...(spec.containers ?? []).flatMap((container, i) =>
      Object.entries<string>(container.resources?.limits ?? {}).flatMap(([name, limit]) => {
        const bound = limits[name];
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

/** What the containers request together, at the worst moment of the pod's life: start-up beside the sidecars, or running. */
export function containerRequests(spec: PodSpec): Map<string, bigint> {
  const running = new Map<string, bigint>();
  const peak = new Map<string, bigint>();
  const requestsOf = (container: Container): [string, bigint][] =>
    Object.entries<string>(container.resources?.requests ?? {}).map(([name, value]) => [name, nanosOf(value) ?? 0n]);
  const add = (container: Container): void => {
    for (const [name, value] of requestsOf(container)) running.set(name, (running.get(name) ?? 0n) + value);
  };
  for (const container of spec.initContainers ?? []) {
    if (isSidecar(container)) add(container);
    else for (const [name, value] of requestsOf(container)) raise(peak, name, value + (running.get(name) ?? 0n));
    for (const [name, value] of running) raise(peak, name, value);
  }
  for (const container of spec.containers ?? []) add(container);
  for (const [name, value] of running) raise(peak, name, value);
  return peak;
}

function raise(peak: Map<string, bigint>, name: string, value: bigint): void {
  if (value > (peak.get(name) ?? 0n)) peak.set(name, value);
}

/** Nano-units as the shortest decimal quantity. */
function shown(nanos: bigint): string {
  if (nanos % 1_000_000_000n === 0n) return String(nanos / 1_000_000_000n);
  return nanos % 1_000_000n === 0n ? `${nanos / 1_000_000n}m` : `${nanos}n`;
}
