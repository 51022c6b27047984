import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus } from '#api/types';
import { cells, created } from '../../testing.ts';
import { horizontalPodAutoscaler } from './kind.ts';

const kind = horizontalPodAutoscaler({ scaleToZero: false });
const spec = { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }, maxReplicas: 3 };
const shown = (metrics: MetricSpec[], currentMetrics: MetricStatus[] = []) =>
  cells(kind, {
    ...created(kind, { spec: { ...spec, metrics } }),
    status: { desiredReplicas: 2, currentReplicas: 2, currentMetrics },
  } as HorizontalPodAutoscaler);
const metric = { name: 'm' };
const resource = (name: string, averageUtilization: number): MetricSpec => ({
  type: 'Resource',
  resource: { name, target: { type: 'Utilization', averageUtilization } },
});
const raw = { type: 'AverageValue', averageValue: '100Mi' };
const pods: MetricSpec = { type: 'Pods', pods: { metric, target: { type: 'AverageValue', averageValue: '5' } } };

describe('the table of autoscalers', () => {
  it('shows what is scaled, and between which numbers', () => {
    expect(shown([])).toMatchObject({ Reference: 'Deployment/d', Targets: 'cpu: <unknown>/80%', MinPods: '1', MaxPods: 3, Replicas: 2 });
  });

  it.each<[string, MetricSpec, MetricStatus]>([
    ['cpu: 50%/80%', resource('cpu', 80), { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 50 } } }],
    [
      'memory: 20Mi/100Mi',
      { type: 'Resource', resource: { name: 'memory', target: raw } },
      { type: 'Resource', resource: { name: 'memory', current: { averageValue: '20Mi' } } },
    ],
    [
      'memory: 20Mi/100Mi',
      { type: 'ContainerResource', containerResource: { name: 'memory', container: 'c', target: raw } },
      { type: 'ContainerResource', containerResource: { name: 'memory', container: 'c', current: { averageValue: '20Mi' } } },
    ],
    ['7/5', pods, { type: 'Pods', pods: { metric, current: { averageValue: '7' } } }],
    [
      '7/5 (avg)',
      { type: 'External', external: { metric, target: { type: 'AverageValue', averageValue: '5' } } },
      { type: 'External', external: { metric, current: { averageValue: '7' } } },
    ],
    [
      '7/5',
      { type: 'External', external: { metric, target: { type: 'Value', value: '5' } } },
      { type: 'External', external: { metric, current: { value: '7' } } },
    ],
    [
      '7/5',
      { type: 'Object', object: { metric, describedObject: { name: 'o', kind: 'O' }, target: { type: 'Value', value: '5' } } },
      { type: 'Object', object: { metric, describedObject: { name: 'o', kind: 'O' }, current: { value: '7' } } },
    ],
  ])('%s', (want, target, current) => expect(shown([target], [current])).toMatchObject({ Targets: want }));

  it('counts what does not fit', () => {
    expect(shown([resource('cpu', 1), resource('memory', 2), pods, pods])).toMatchObject({
      Targets: 'cpu: <unknown>/1%, memory: <unknown>/2% + 2 more...',
    });
  });
});
