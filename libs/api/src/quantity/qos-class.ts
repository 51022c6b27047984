import type { Pod } from '#api/types';
import { nanosOf } from '../../rules/quantities.ts';

type List = Readonly<Record<string, string>>;
const computed = ['cpu', 'memory'] as const;

/**
 * The class by which pods are evicted: Guaranteed when every container has equal requests and limits of both resources, BestEffort
 * when none has any. With resources of the pod as a whole (KEP-2837), these alone count.
 */
export function qosClassOf({ spec }: Pod): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const own = spec.resources;
  const all =
    own && [own.requests, own.limits].some((list) => computed.some((name) => isSet(list, name)))
      ? [own]
      : [...(spec.initContainers ?? []), ...(spec.containers ?? [])].map(({ resources }) => resources ?? {});
  const any = all.some(({ requests, limits }) => computed.some((name) => isSet(requests, name) || isSet(limits, name)));
  if (!any) return 'BestEffort';
  const guaranteed = all.every(({ requests, limits }) =>
    computed.every(
      (name) => isSet(limits, name) && (!isSet(requests, name) || nanosOf(requests?.[name] ?? '') === nanosOf(limits?.[name] ?? '')),
    ),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

/** Zero is as good as nothing. */
const isSet = (list: List | undefined, name: string): boolean => (nanosOf(list?.[name] ?? '0') ?? 0n) > 0n;
