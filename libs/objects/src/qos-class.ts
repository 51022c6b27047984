import { lookUp } from '#base';
import { parseQuantity, QuantityError } from '#api';
import type { ResourcedPod } from './pod-resources.ts';

/** As `status.qosClass` has it (Kubernetes, "Pod Quality of Service Classes"). */
export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

type List = Readonly<Record<string, string>>;
const computed = ['cpu', 'memory'] as const;

/**
 * The class by which pods are evicted: Guaranteed when every container has equal requests and limits of both resources, BestEffort
 * when none has any. With resources of the pod as a whole (KEP-2837), these alone count.
 */
export function qosClassOf({ spec }: { spec: ResourcedPod }): QosClass {
  const own = spec.resources;
  const all =
    own && [own.requests, own.limits].some((list) => computed.some((name) => amount(list, name) > 0n))
      ? [own]
      : [...(spec.initContainers ?? []), ...(spec.containers ?? [])].map(({ resources }) => resources ?? {});
  const amounts = all.flatMap(({ requests, limits }) =>
    computed.map((name) => ({ request: amount(requests, name), limit: amount(limits, name) })),
  );
  if (amounts.every(({ request, limit }) => request === 0n && limit === 0n)) return 'BestEffort';
  return amounts.every(({ request, limit }) => limit > 0n && (request === 0n || request === limit)) ? 'Guaranteed' : 'Burstable';
}

/** Zero is as good as nothing, and what is no quantity is for validation to tell. */
function amount(list: List | undefined, name: string): bigint {
  try {
    return parseQuantity(lookUp(list, name) ?? '0').nano;
  } catch (err) {
    if (err instanceof QuantityError) return 0n;
    throw err;
  }
}
