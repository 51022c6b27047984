import { quantityMilliValue, quantityToNumber } from '#api';
import type { HorizontalPodAutoscaler, LabelSelector, MetricSpec, MetricStatus, MetricTarget, Pod, Scale } from '#api/types';
import { milliQuantity } from './metrics-source.ts';
import { byAverage, byRatio, byShare, byUtilization, type Count, type Counted, type PodValue, type Tolerances } from './replica-count.ts';
import type { AutoscalerSettings } from './settings.ts';

/** What was read for one metric: values of pods, or values in thousandths; or why it could not be read. */
export type Fetched = { pods: ReadonlyMap<string, PodValue> } | { values: readonly number[] } | { error: string };

export interface ProposalsSeen {
  hpa: HorizontalPodAutoscaler;
  scale: Scale;
  /** Those that the scale's selector chooses. */
  pods: readonly Pod[];
  /** One for each metric, in order. */
  fetched: readonly Fetched[];
  settings: AutoscalerSettings;
}

/** What one metric asks for; a failure has the reason of the condition and of the event. */
export type Proposal =
  | { replicas: number; metric: string; status: MetricStatus }
  | { failure: { reason: string; message: string; whole: string } };

/** KEP-4951: an autoscaler may have tolerances of its own. */
export function tolerancesOf({ spec: { behavior } }: HorizontalPodAutoscaler, { tolerance }: AutoscalerSettings): Tolerances {
  const own = (text: string | undefined): number => (text === undefined ? tolerance : quantityToNumber(text));
  return { up: own(behavior?.scaleUp?.tolerance), down: own(behavior?.scaleDown?.tolerance) };
}

/** `computeReplicasForMetric` of each. */
export function proposalsOf(seen: ProposalsSeen, now: Date): Proposal[] {
  const { hpa, scale, pods, settings } = seen;
  const currentReplicas = scale.spec.replicas ?? 0;
  const common = { pods, currentReplicas, tolerances: tolerancesOf(hpa, settings), settings, now };
  const statusReplicas = scale.status?.replicas ?? 0;
  return (hpa.spec.metrics ?? []).map((metric, i) =>
    proposalOf(metric, seen.fetched[i] ?? { error: 'not read' }, { common, statusReplicas }),
  );
}

interface Around {
  common: Omit<Counted, 'values' | 'resource'>;
  statusReplicas: number;
}

function proposalOf(metric: MetricSpec, fetched: Fetched, around: Around): Proposal {
  const { reason, compute, prefix } = computations[metric.type as keyof typeof computations] ?? unknown(metric.type);
  try {
    return compute(metric, fetched, around);
  } catch (err) {
    const { message } = err as Error;
    return { failure: { reason, message, whole: `${prefix(metric)}${message}` } };
  }
}

interface Computation {
  reason: string;
  compute: (metric: MetricSpec, fetched: Fetched, around: Around) => Proposal;
  /** What the error of all metrics together has in front of this one's. */
  prefix: (metric: MetricSpec) => string;
}

const unknown = (type: string): Computation => ({
  reason: 'InvalidMetricSourceType',
  compute: () => {
    throw new Error(`unknown metric source type ${JSON.stringify(type)}`);
  },
  prefix: () => '',
});

function podValues(fetched: Fetched, what: string): ReadonlyMap<string, PodValue> {
  if ('pods' in fetched) return fetched.pods;
  throw new Error(`${what}: ${'error' in fetched ? fetched.error : 'no values of pods'}`);
}

/** All series together. */
function total(fetched: Fetched, what: (why: string) => string): number {
  if ('values' in fetched)
    return Math.min(
      Number.MAX_SAFE_INTEGER,
      fetched.values.reduce((sum, value) => sum + value, 0),
    );
  throw new Error(what('error' in fetched ? fetched.error : 'no values'));
}

/** As Go prints a pointer to a LabelSelector. */
const shownSelector = (selector: LabelSelector | undefined): string => {
  if (!selector) return 'nil';
  const labels = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}: ${value},`);
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{},}`;
};

function resourceProposal(
  { name, target, container }: { name: string; target: MetricTarget; container: string },
  fetched: Fetched,
  { common }: Around,
): { count: Count; metric: string } {
  const told = (what: string, work: () => Count): Count => {
    try {
      return work();
    } catch (err) {
      throw new Error(`failed to get ${name} ${what}: ${(err as Error).message}`, { cause: err });
    }
  };
  const counted = (): Counted => ({ ...common, resource: name, values: podValues(fetched, `unable to get metrics for resource ${name}`) });
  const { averageValue, averageUtilization } = target;
  if (averageValue !== undefined) {
    return { count: told('usage', () => byAverage(counted(), quantityMilliValue(averageValue))), metric: `${name} resource` };
  }
  if (averageUtilization === undefined)
    throw new Error('invalid resource metric source: neither an average utilization target nor an average value (usage) target was set');
  const of = container ? 'container resource' : 'resource';
  return {
    count: told('utilization', () => byUtilization(counted(), averageUtilization, container)),
    metric: `${name} ${of} utilization (percentage of request)`,
  };
}

const current = ({ utilization, milli }: Count): { averageUtilization?: number; averageValue: string } => ({
  ...(utilization !== undefined && { averageUtilization: utilization }),
  averageValue: milliQuantity(milli),
});

const computations: Readonly<Record<'Resource' | 'ContainerResource' | 'Pods' | 'Object' | 'External', Computation>> = {
  Resource: {
    reason: 'FailedGetResourceMetric',
    prefix: ({ resource }) => `failed to get ${resource?.name} resource metric value: `,
    compute({ resource }, fetched, around) {
      const { name, target } = resource!;
      const { count, metric } = resourceProposal({ name, target, container: '' }, fetched, around);
      return { replicas: count.replicas, metric, status: { type: 'Resource', resource: { name, current: current(count) } } };
    },
  },
  ContainerResource: {
    reason: 'FailedGetContainerResourceMetric',
    prefix: ({ containerResource }) => `failed to get ${containerResource?.container} container metric value: `,
    compute({ containerResource }, fetched, around) {
      const { name, container, target } = containerResource!;
      const { count, metric } = resourceProposal({ name, target, container }, fetched, around);
      const status = { type: 'ContainerResource', containerResource: { name, container, current: current(count) } };
      return { replicas: count.replicas, metric, status };
    },
  },
  Pods: {
    reason: 'FailedGetPodsMetric',
    prefix: () => 'failed to get pods metric value: ',
    compute({ pods }, fetched, { common }) {
      const { metric, target } = pods!;
      const values = podValues(fetched, `unable to get metric ${metric.name}`);
      const count = byAverage({ ...common, resource: '', values }, quantityMilliValue(target.averageValue ?? '0'));
      return {
        replicas: count.replicas,
        metric: `pods metric ${metric.name}`,
        status: { type: 'Pods', pods: { metric, current: current(count) } },
      };
    },
  },
  Object: {
    reason: 'FailedGetObjectMetric',
    prefix: () => 'failed to get object metric value: ',
    compute({ object }, fetched, { common, statusReplicas }) {
      const { describedObject, metric, target } = object!;
      const milli = (): number => total(fetched, (why) => `unable to get metric ${metric.name}: ${why}`);
      const status = (amount: object): MetricStatus => ({ type: 'Object', object: { describedObject, metric, current: amount } });
      if (target.type === 'Value' && target.value !== undefined) {
        const value = milli();
        const replicas = byRatio(value / quantityMilliValue(target.value), common);
        return { replicas, metric: `${describedObject.kind} metric ${metric.name}`, status: status({ value: milliQuantity(value) }) };
      }
      if (target.type === 'AverageValue' && target.averageValue !== undefined) {
        const count = byShare(milli(), quantityMilliValue(target.averageValue), statusReplicas, common.tolerances);
        return {
          replicas: count.replicas,
          metric: `external metric ${metric.name}(${shownSelector(metric.selector)})`,
          status: status(current(count)),
        };
      }
      throw new Error('invalid object metric source: neither a value target nor an average value target was set');
    },
  },
  External: {
    reason: 'FailedGetExternalMetric',
    prefix: ({ external }) => `failed to get ${external?.metric.name} external metric value: `,
    compute({ external }, fetched, { common, statusReplicas }) {
      const { metric, target } = external!;
      const name = `external metric ${metric.name}(${shownSelector(metric.selector)})`;
      const status = (amount: object): MetricStatus => ({ type: 'External', external: { metric, current: amount } });
      if (target.averageValue !== undefined) {
        const milli = total(fetched, (why) => `failed to get ${metric.name} external metric: ${why}`);
        const count = byShare(milli, quantityMilliValue(target.averageValue), statusReplicas, common.tolerances);
        return { replicas: count.replicas, metric: name, status: status(current(count)) };
      }
      if (target.value === undefined)
        throw new Error('invalid external metric source: neither a value target nor an average value target was set');
      const milli = total(fetched, (why) => `failed to get external metric ${metric.name}: ${why}`);
      const replicas = byRatio(milli / quantityMilliValue(target.value), common);
      return { replicas, metric: name, status: status({ value: milliQuantity(milli) }) };
    },
  },
};
