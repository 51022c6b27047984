import type { KubeObject } from '#api';
import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus } from '#api/types';
import { startTestServer, type TestServer } from '#api-server/testing';
import { created } from '../../testing.ts';
import { fromStored, toStored } from './conversion.ts';
import { horizontalPodAutoscaler } from './kind.ts';

const kind = horizontalPodAutoscaler({ scaleToZero: true });
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' };
const metric = { name: 'm', selector: { matchLabels: { App: 'A' } } };
const describedObject = { kind: 'Service', name: 's', apiVersion: 'v1' };
const metrics: MetricSpec[] = [
  { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '100Mi' } } },
  { type: 'Resource', resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 60 } } },
  {
    type: 'ContainerResource',
    containerResource: { name: 'cpu', container: 'c', target: { type: 'Utilization', averageUtilization: 70 } },
  },
  { type: 'Pods', pods: { metric, target: { type: 'AverageValue', averageValue: '5' } } },
  { type: 'Object', object: { metric, describedObject, target: { type: 'Value', value: '5' } } },
  { type: 'Object', object: { metric, describedObject, target: { type: 'AverageValue', averageValue: '500m' } } },
  { type: 'External', external: { metric, target: { type: 'Value', value: '5' } } },
  { type: 'External', external: { metric, target: { type: 'AverageValue', averageValue: '5' } } },
];
const cpu: MetricSpec = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } };
const currentMetrics: MetricStatus[] = [
  { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 30, averageValue: '3m' } } },
  { type: 'ContainerResource', containerResource: { name: 'cpu', container: 'c', current: { averageUtilization: 1, averageValue: '1' } } },
  { type: 'Pods', pods: { metric, current: { averageValue: '4' } } },
  { type: 'Object', object: { metric, describedObject, current: { value: '4' } } },
  { type: 'External', external: { metric, current: { value: '4' } } },
];
const conditions = [{ type: 'AbleToScale', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z', reason: 'R', message: 'm' }];
const stored = (changes: object, status?: HorizontalPodAutoscaler['status']): HorizontalPodAutoscaler => ({
  ...created(kind, { metadata: { name: 'a', annotations: { own: 'kept' } }, spec: { scaleTargetRef, maxReplicas: 3, ...changes } }),
  ...(status && { status }),
});
const inV1 = (object: object): KubeObject => ({
  apiVersion: 'autoscaling/v1',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'a' },
  ...object,
});
const annotationsOf = (object: KubeObject): Record<string, string> => object.metadata.annotations ?? {};

describe('an autoscaler of autoscaling/v1', () => {
  it.each<[string, HorizontalPodAutoscaler]>([
    ['the processor alone', stored({ metrics: [cpu] }, { desiredReplicas: 1, currentReplicas: 1 })],
    [
      'every kind of metric',
      stored({ metrics: [...metrics, cpu] }, { desiredReplicas: 1, currentReplicas: 1, currentMetrics, conditions }),
    ],
    [
      'a behavior',
      stored(
        { metrics, behavior: { scaleUp: { tolerance: '0' }, scaleDown: { stabilizationWindowSeconds: 5 } } },
        { desiredReplicas: 1, currentReplicas: 1 },
      ),
    ],
  ])('says as much as the stored one: %s', (_what, object) => expect(toStored(fromStored(object))).toEqual(object));

  it('has numbers of the processor in fields, and everything else in annotations', () => {
    const object = fromStored(stored({ metrics: [metrics[0], cpu], behavior: {} }, { desiredReplicas: 1, currentMetrics, conditions }));
    expect(object).toMatchObject({
      apiVersion: 'autoscaling/v1',
      spec: { targetCPUUtilizationPercentage: 50, maxReplicas: 3, minReplicas: 1 },
      status: { currentReplicas: 0, desiredReplicas: 1, currentCPUUtilizationPercentage: 30 },
    });
    const annotations = annotationsOf(object);
    const name = (short: string): string => annotations[`autoscaling.alpha.kubernetes.io/${short}`] ?? '';
    expect(annotations.own).toBe('kept');
    expect(name('metrics')).toBe('[{"type":"Resource","resource":{"name":"memory","targetAverageValue":"100Mi"}}]');
    expect(name('conditions')).toBe(JSON.stringify(conditions));
    expect(JSON.parse(name('current-metrics'))).toHaveLength(currentMetrics.length);
    expect(name('behavior')).toBe(
      '{"ScaleUp":{"StabilizationWindowSeconds":0,"SelectPolicy":"Max","Policies":[{"Type":"Pods","Value":4,"PeriodSeconds":15},{"Type":"Percent","Value":100,"PeriodSeconds":15}],"Tolerance":null},"ScaleDown":{"StabilizationWindowSeconds":null,"SelectPolicy":"Max","Policies":[{"Type":"Percent","Value":100,"PeriodSeconds":15}],"Tolerance":null}}',
    );
  });

  it.each(['{', '[1]', '[{"type":1}]', '[{"type":"Pods","status":{},"pods":{"metricName":{}}}]', '"x"', 'null'])(
    'takes no notice of annotations that say %s',
    (text) => {
      const annotations = Object.fromEntries(
        ['metrics', 'current-metrics', 'conditions', 'behavior'].map((name) => [`autoscaling.alpha.kubernetes.io/${name}`, text]),
      );
      const object = toStored(
        inV1({ metadata: { name: 'a', annotations }, spec: { scaleTargetRef, maxReplicas: 3 }, status: { desiredReplicas: 1 } }),
      );
      expect(object).toMatchObject({ metadata: { name: 'a' }, spec: { metrics: [{ resource: { target: { averageUtilization: 80 } } }] } });
      expect(annotationsOf(object)).toEqual({});
      expect((object as HorizontalPodAutoscaler).status).toEqual({ desiredReplicas: 1 });
      expect((object as HorizontalPodAutoscaler).spec.behavior).toBeUndefined();
    },
  );

  describe('over the API', () => {
    let server: TestServer;
    beforeAll(async () => void (server = await startTestServer()));
    afterAll(() => server.close());
    const path = (version: string, name = ''): string => `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers/${name}`;

    it('is one object with that of v2', async () => {
      const body = { metadata: { name: 'a' }, spec: { scaleTargetRef, maxReplicas: 3, targetCPUUtilizationPercentage: 50 } };
      expect(await server.call('POST', path('v1').slice(0, -1), { body })).toMatchObject({ status: 201 });
      expect((await server.call('GET', path('v2', 'a'))).json).toMatchObject({ apiVersion: 'autoscaling/v2', spec: { metrics: [cpu] } });
      const patch = {
        body: { spec: { metrics: [metrics[0], cpu], maxReplicas: 5 } },
        headers: { 'content-type': 'application/merge-patch+json' },
      };
      expect(await server.call('PATCH', path('v2', 'a'), patch)).toMatchObject({ status: 200 });
      const again = { body: { spec: { targetCPUUtilizationPercentage: 60 } }, headers: patch.headers };
      expect((await server.call('PATCH', path('v1', 'a'), again)).json).toMatchObject({
        spec: { maxReplicas: 5, targetCPUUtilizationPercentage: 60 },
      });
      expect((await server.call('GET', path('v2', 'a'))).json).toMatchObject({
        spec: { metrics: [metrics[0], { resource: { target: { averageUtilization: 60 } } }] },
      });
      const { json } = await server.call('GET', path('v2', 'a'), { headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' } });
      expect(json).toMatchObject({
        rows: [{ cells: ['a', 'Deployment/d', 'memory: <unknown>/100Mi, cpu: <unknown>/60%', '1', 5, 0, expect.anything()] }],
      });
    });
  });
});
