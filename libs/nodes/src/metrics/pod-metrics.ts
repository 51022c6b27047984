import { addQuantities, formatQuantity, type KubeObject, notFound, timestamp } from '#api';
import type { Pod } from '#api/types';
import type { AddedKind } from '#api-server/contract';
import { gvks } from '#objects';
import type { nodeSession } from '#proto';
import { podMetricsTypes } from './types.ts';
import { amountsOf, group, type MetricsParts, readOnly, secondsOf, type UsageAmounts, version, windowOf } from './usage.ts';

interface PodMetrics extends KubeObject {
  timestamp: string;
  window: string;
  containers: { name: string; usage: UsageAmounts }[];
}

/** Each report is looked through once, however many ask for pods of it. */
const byUid = new WeakMap<nodeSession.UsageReport, ReadonlyMap<string, nodeSession.PodUsage>>();

function usageOfPod(report: nodeSession.UsageReport, uid: string): nodeSession.PodUsage | undefined {
  let pods = byUid.get(report);
  if (!pods) byUid.set(report, (pods = new Map(report.pods.map((pod) => [pod.podUid, pod]))));
  return pods.get(uid);
}

/** `k8s.io/metrics/pkg/apis/metrics/v1beta1`, PodMetrics: of running pods, all of whose containers have been measured. */
export function podMetrics({ sessions, view, clock }: MetricsParts): AddedKind {
  function of({ metadata: { name, namespace, labels, uid = '' }, spec, status }: Pod): PodMetrics | undefined {
    const report = status?.phase === 'Running' && spec.nodeName ? sessions.usageOf(spec.nodeName) : undefined;
    const used = report && usageOfPod(report, uid);
    const first = used?.containers[0]?.usage;
    if (!report || !used || !first) return undefined;
    return {
      kind: 'PodMetrics',
      apiVersion: `${group}/${version}`,
      metadata: { name, namespace, creationTimestamp: timestamp(clock.now()), ...(labels && { labels }) },
      timestamp: secondsOf(report.takenAt),
      window: windowOf(first),
      containers: used.containers.flatMap(({ name: container, usage }) => (usage ? [{ name: container, usage: amountsOf(usage) }] : [])),
    };
  }
  return {
    definition: {
      ...readOnly,
      gvk: { group, version, kind: 'PodMetrics' },
      scope: 'Namespaced',
      names: { plural: 'pods', singular: '' },
      columns: [
        { name: 'cpu', type: 'string', format: 'quantity', value: (metrics) => sumOf(metrics as PodMetrics, 'cpu') },
        { name: 'memory', type: 'string', format: 'quantity', value: (metrics) => sumOf(metrics as PodMetrics, 'memory') },
        { name: 'Window', type: 'string', format: 'duration', value: (metrics) => (metrics as PodMetrics).window },
      ],
      made: {
        get(namespace, name) {
          const pod = view.get<Pod>(gvks.Pod, namespace, name);
          if (!pod) throw notFound({ group: '', resource: 'pods' }, name);
          const metrics = of(pod);
          if (!metrics) throw notFound({ group, resource: 'podmetrics' }, `${namespace}/${name}`);
          return metrics;
        },
        list: (namespace) => view.list<Pod>(gvks.Pod, namespace || undefined).flatMap((pod) => of(pod) ?? []),
      },
    },
    types: [podMetricsTypes],
  };
}

/** Of all containers together. */
function sumOf({ containers }: PodMetrics, name: keyof UsageAmounts): string {
  const [first, ...rest] = containers.map(({ usage }) => usage[name]);
  return rest.reduce<string>((sum, each) => formatQuantity(addQuantities(sum, each)), first ?? '0');
}
