import { type KubeObject, notFound, timestamp } from '#api';
import type { Node } from '#api/types';
import type { AddedKind } from '#api-server/contract';
import { gvks } from '#objects';
import { nodeMetricsTypes } from './types.ts';
import { amountsOf, group, type MetricsParts, readOnly, secondsOf, type UsageAmounts, version, windowOf } from './usage.ts';

interface NodeMetrics extends KubeObject {
  timestamp: string;
  window: string;
  usage: UsageAmounts;
}

/** `k8s.io/metrics/pkg/apis/metrics/v1beta1`, NodeMetrics. A node that has not told yet has none. */
export function nodeMetrics({ sessions, view, clock }: MetricsParts): AddedKind {
  function of({ metadata: { name = '', labels } }: Node): NodeMetrics | undefined {
    const report = sessions.usageOf(name);
    if (!report?.node) return undefined;
    return {
      kind: 'NodeMetrics',
      apiVersion: `${group}/${version}`,
      metadata: { name, creationTimestamp: timestamp(clock.now()), ...(labels && { labels }) },
      timestamp: secondsOf(report.takenAt),
      window: windowOf(report.node),
      usage: amountsOf(report.node),
    };
  }
  return {
    definition: {
      ...readOnly,
      gvk: { group, version, kind: 'NodeMetrics' },
      scope: 'Cluster',
      names: { plural: 'nodes', singular: '' },
      columns: [
        { name: 'cpu', type: 'string', format: 'quantity', value: (metrics) => (metrics as NodeMetrics).usage.cpu },
        { name: 'memory', type: 'string', format: 'quantity', value: (metrics) => (metrics as NodeMetrics).usage.memory },
        { name: 'Window', type: 'string', format: 'duration', value: (metrics) => (metrics as NodeMetrics).window },
      ],
      made: {
        get(_namespace, name) {
          const node = view.get<Node>(gvks.Node, '', name);
          if (!node) throw notFound({ group: '', resource: 'nodes' }, name);
          const metrics = of(node);
          if (!metrics) throw notFound({ group, resource: 'nodemetrics' }, name);
          return metrics;
        },
        list: () => view.list<Node>(gvks.Node).flatMap((node) => of(node) ?? []),
      },
    },
    types: [nodeMetricsTypes],
  };
}
