import { ApiError, formatQuantity, type KubeObject, labelMatcher, type LabelSelectorObject, quantityMilliValue, quantityOf } from '#api';
import { lookUp } from '#base';
import type { RawReader } from '#client/contract';
import { durationMs } from './duration.ts';
import type { PodValue } from './replica-count.ts';

/** Reads the three metrics APIs as any client does, whoever serves them: `pkg/controller/podautoscaler/metrics/client.go`. Each throws Error. */
export interface MetricsSource {
  /** Of all containers of a pod together, or of one. */
  resource(asked: { resource: string; namespace: string; selector: string; container: string }): Promise<ReadonlyMap<string, PodValue>>;
  /** custom.metrics.k8s.io, of pods. */
  pods(asked: { metric: string; namespace: string; selector: string; metricSelector: string }): Promise<ReadonlyMap<string, PodValue>>;
  /** custom.metrics.k8s.io, of one object: thousandths. `resource` is `<plural>[.<group>]`. */
  object(asked: { metric: string; namespace: string; resource: string; name: string; metricSelector: string }): Promise<number>;
  /** external.metrics.k8s.io: thousandths, one a series. */
  external(asked: { metric: string; namespace: string; metricSelector: string }): Promise<readonly number[]>;
}

interface PodMetrics extends KubeObject {
  timestamp: string;
  window: string;
  containers: { name: string; usage: Record<string, string> }[];
}

interface MetricValue {
  describedObject: { name: string };
  timestamp: string;
  windowSeconds?: number;
  value: string;
}

/** What a custom metric without a window is taken to cover. */
const defaultWindowMs = 60_000;

/** The form of a label selector in a query; '' chooses all. */
export const selectorText = (selector: LabelSelectorObject | undefined): string => (selector ? labelMatcher(selector).toString() : '');

export function metricsSource(reader: RawReader): MetricsSource {
  const list = async <T>(what: string, path: string, query: Record<string, string>): Promise<T[]> => {
    const asked = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''));
    let items: T[] | undefined;
    try {
      ({ items } = await reader.read<{ items?: T[] }>(`${path}${asked.size > 0 ? `?${asked.toString()}` : ''}`));
    } catch (err) {
      throw new Error(`unable to fetch metrics from ${what} metrics API: ${messageOf(err)}`, { cause: err });
    }
    if (!items?.length) throw new Error(`no metrics returned from ${what} metrics API`);
    return items;
  };
  const part = encodeURIComponent;
  return {
    async resource({ resource, namespace, selector, container }) {
      const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${part(namespace)}/pods`;
      const items = await list<PodMetrics>('resource', path, { labelSelector: selector });
      const values = new Map<string, PodValue>();
      for (const item of items) {
        const milli = usageOf(item, resource, container);
        if (milli !== undefined)
          values.set(item.metadata.name ?? '', { milli, at: new Date(item.timestamp), windowMs: durationMs(item.window) });
      }
      return values;
    },
    async pods({ metric, namespace, selector, metricSelector }) {
      const path = `/apis/custom.metrics.k8s.io/v1beta2/namespaces/${part(namespace)}/pods/*/${part(metric)}`;
      const items = await list<MetricValue>('custom', path, { labelSelector: selector, metricLabelSelector: metricSelector });
      return new Map(items.map((item) => [item.describedObject.name, valueOf(item)]));
    },
    async object({ metric, namespace, resource, name, metricSelector }) {
      const of = resource === 'namespaces' ? `${part(name)}/metrics` : `${part(namespace)}/${part(resource)}/${part(name)}`;
      const path = `/apis/custom.metrics.k8s.io/v1beta2/namespaces/${of}/${part(metric)}`;
      const [first] = await list<MetricValue>('custom', path, { metricLabelSelector: metricSelector });
      return quantityMilliValue(first!.value);
    },
    async external({ metric, namespace, metricSelector }) {
      const path = `/apis/external.metrics.k8s.io/v1beta1/namespaces/${part(namespace)}/${part(metric)}`;
      const items = await list<{ value: string }>('external', path, { labelSelector: metricSelector });
      return items.map(({ value }) => quantityMilliValue(value));
    },
  };
}

const messageOf = (err: unknown): string => (err instanceof ApiError ? (err.status.message ?? err.message) : String(err));

function usageOf({ metadata, containers }: PodMetrics, resource: string, container: string): number | undefined {
  const chosen = container === '' ? containers : containers.filter(({ name }) => name === container);
  if (chosen.length === 0) throw new Error(`container ${container} not present in metrics for pod ${metadata.namespace}/${metadata.name}`);
  let sum = 0;
  for (const { usage } of chosen) {
    const amount = lookUp(usage, resource);
    if (amount === undefined) return undefined;
    sum += quantityMilliValue(amount);
  }
  return sum;
}

const valueOf = ({ value, timestamp, windowSeconds }: MetricValue): PodValue => ({
  milli: quantityMilliValue(value),
  at: new Date(timestamp),
  windowMs: windowSeconds === undefined ? defaultWindowMs : windowSeconds * 1000,
});

/** Thousandths, as a quantity. */
export const milliQuantity = (milli: number): string => formatQuantity(quantityOf(milli / 1000));
