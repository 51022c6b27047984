import { conflict, notFound } from '#api';
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, Pod, Scale } from '#api/types';
import { runnable } from '#controller-runtime';
import { gvks, resources } from '#objects';
import { pod, readyPod, SmallCluster } from '../testing/small-cluster.ts';
import { horizontalPodAutoscalerController } from './controller.ts';

const served = [
  { gvk: gvks.Deployment, resource: resources.deployments, namespaced: true },
  { gvk: gvks.Service, resource: resources.services, namespaced: true },
];

describe('the controller of HorizontalPodAutoscalers', () => {
  let cluster: SmallCluster;
  /** By path; what is not there is not found. */
  let answers: Map<string, unknown>;
  let asked: string[];
  beforeEach(async () => {
    cluster = new SmallCluster(served);
    answers = new Map();
    asked = [];
    cluster.api.answer(resources.deployments, (object) => object);
    const reader = {
      read: async <T>(path: string): Promise<T> => {
        asked.push(path);
        const answer = answers.get(path);
        if (!answer) throw notFound({ group: 'apps', resource: 'deployments' }, 'd');
        return answer as T;
      },
    };
    await cluster.run(runnable(horizontalPodAutoscalerController({ reader }), cluster.context));
  });
  afterEach(() => cluster.stop());

  const scalePath = '/apis/apps/v1/namespaces/default/deployments/d/scale';
  const podsPath = '/apis/metrics.k8s.io/v1beta1/namespaces/default/pods?labelSelector=app%3Dd';
  const scaled = (replicas: number, selector = 'app=d'): void => {
    const scale: Scale = {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'd', namespace: 'default' },
      spec: { replicas },
      status: { replicas, selector },
    };
    answers.set(scalePath, scale);
    // Its scale is written to the fake as the object itself.
    cluster.api.put(resources.deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd', namespace: 'default' } });
  };
  const busy = (cpu: string, count: number): void => {
    const names = Array.from({ length: count }, (_, i) => `p${i}`);
    for (const name of names) {
      const one = readyPod(pod(name, { app: 'd' }), new Date(cluster.clock.now().getTime() - 3_600_000));
      const requests = { cpu: '1' };
      const spec = { ...one.spec, containers: [{ name: 'c', image: 'i', resources: { requests } }] };
      cluster.api.put(resources.pods, { ...one, spec, status: { ...one.status, startTime: '2025-01-01T00:00:00Z' } } as Pod);
    }
    const timestamp = cluster.clock.now().toISOString();
    const items = names.map((name) => ({ metadata: { name }, timestamp, window: '15s', containers: [{ name: 'c', usage: { cpu } }] }));
    answers.set(podsPath, { items });
  };
  const put = async (name = 'h', spec: Partial<HorizontalPodAutoscalerSpec> = {}): Promise<void> => {
    cluster.api.put(resources.horizontalPodAutoscalers, {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name, namespace: 'default' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1beta1', kind: 'Deployment', name: 'd' },
        minReplicas: 1,
        maxReplicas: 10,
        metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }],
        ...spec,
      },
    } as HorizontalPodAutoscaler);
    await cluster.settle();
  };
  const writes = (): number[] =>
    cluster.api.calls
      .flat()
      .flatMap((item) => (item.subresource === 'scale' && item.verb === 'update' ? [(item.object as Scale).spec.replicas ?? 0] : []));
  const status = (name = 'h') =>
    cluster.api.all<HorizontalPodAutoscaler>(resources.horizontalPodAutoscalers).find(({ metadata }) => metadata.name === name)?.status;
  const condition = (type: string, name = 'h') => status(name)?.conditions?.find((each) => each.type === type);

  it('scales any kind of the group and name, whatever the version, and looks again in each period', async () => {
    scaled(2);
    busy('1', 2);
    await put();
    expect(writes()).toEqual([4]);
    expect(status()).toMatchObject({ currentReplicas: 2, desiredReplicas: 4 });
    scaled(4);
    busy('500m', 4);
    const before = asked.length;
    await cluster.settle(14_000);
    expect(asked.length).toBe(before);
    await cluster.settle(2_000);
    expect(asked.slice(before)).toEqual([scalePath, podsPath]);
    expect(condition('AbleToScale')).toMatchObject({ reason: 'ReadyForNewScale' });
    expect(writes()).toEqual([4]);
  });

  it('looks at once when it is told otherwise', async () => {
    scaled(2);
    busy('500m', 2);
    await put();
    await put('h', { minReplicas: 3 });
    expect(writes()).toEqual([3]);
  });

  it('shrinks only after five minutes without a higher wish', async () => {
    scaled(4);
    busy('10m', 4);
    await put();
    await cluster.settle(290_000);
    expect(writes()).toEqual([]);
    await cluster.settle(30_000);
    expect(writes()).toEqual([1]);
  });

  it('says what there is not', async () => {
    await put();
    expect(condition('AbleToScale')).toMatchObject({
      status: 'False',
      reason: 'FailedGetScale',
      message: expect.stringContaining('deployments.apps "d" not found'),
    });
    await put('other', { scaleTargetRef: { apiVersion: 'example.com/v1', kind: 'Widget', name: 'w' } });
    expect(condition('AbleToScale', 'other')?.message).toContain('no matches for kind "Widget" in group "example.com"');
    scaled(1);
    await put('h', { maxReplicas: 9 });
    expect(condition('ScalingActive')).toMatchObject({ status: 'False', reason: 'FailedGetResourceMetric' });
  });

  it('says when the scale cannot be written, and tries again', async () => {
    scaled(2);
    busy('1', 2);
    cluster.api.refuse = (item) =>
      item.subresource === 'scale' ? conflict({ group: 'apps', resource: 'deployments' }, 'd', 'changed') : undefined;
    await put();
    expect(condition('AbleToScale')).toMatchObject({ status: 'False', reason: 'FailedUpdateScale' });
    cluster.api.refuse = () => undefined;
    await cluster.settle(16_000);
    expect(condition('AbleToScale')).toMatchObject({ status: 'True', reason: 'SucceededRescale' });
  });

  it('leaves pods alone that two of them choose', async () => {
    scaled(2);
    busy('1', 2);
    await put('first', { maxReplicas: 2 });
    await put('second');
    expect(condition('ScalingActive', 'second')).toMatchObject({
      status: 'False',
      reason: 'AmbiguousSelector',
      message: 'pods by selector app=d are controlled by multiple HPAs: [{first default} {second default}]',
    });
    cluster.api.removeNow(resources.horizontalPodAutoscalers, 'default', 'first');
    await cluster.settle(16_000);
    expect(condition('ScalingActive', 'second')).toMatchObject({ status: 'True' });
  });

  it('asks for what an object and the outside say', async () => {
    scaled(1);
    const metric = { name: 'rps' };
    const describedObject = { apiVersion: 'v1', kind: 'Service', name: 's' };
    await put('h', {
      metrics: [
        { type: 'Object', object: { describedObject, metric, target: { type: 'Value', value: '1' } } },
        { type: 'External', external: { metric, target: { type: 'Value', value: '1' } } },
        { type: 'Pods', pods: { metric, target: { type: 'AverageValue', averageValue: '1' } } },
      ],
    });
    expect(asked.slice(1)).toEqual([
      '/apis/custom.metrics.k8s.io/v1beta2/namespaces/default/services/s/rps',
      '/apis/external.metrics.k8s.io/v1beta1/namespaces/default/rps',
      '/apis/custom.metrics.k8s.io/v1beta2/namespaces/default/pods/*/rps?labelSelector=app%3Dd',
    ]);
    expect(cluster.events().filter((event) => event.startsWith('FailedGetObjectMetric'))[0]).toContain('on Service default/s');
  });
});
