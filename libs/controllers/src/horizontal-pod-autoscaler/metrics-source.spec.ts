import { notFound } from '#api';
import { metricsSource, milliQuantity, selectorText } from './metrics-source.ts';

const podMetrics = (name: string, containers: Record<string, Record<string, string>>) => ({
  metadata: { name, namespace: 'ns' },
  timestamp: '2026-01-01T00:00:15Z',
  window: '1m0.5s',
  containers: Object.entries(containers).map(([container, usage]) => ({ name: container, usage })),
});

describe('metrics as autoscalers read them', () => {
  const asked: string[] = [];
  let items: unknown[];
  const source = metricsSource({
    read: async <T>(path: string): Promise<T> => {
      asked.push(path);
      if (path.includes('absent')) throw notFound({ group: 'metrics.k8s.io', resource: 'pods' }, 'x');
      return { items } as T;
    },
  });
  const resource = (container = '', name = 'cpu') => source.resource({ resource: name, namespace: 'ns', selector: 'app=a', container });
  const at = new Date('2026-01-01T00:00:15Z');

  it('adds up the containers of a pod, or takes one', async () => {
    items = [podMetrics('p', { c: { cpu: '100m', memory: '1Ki' }, d: { cpu: '1500000n' } })];
    expect(await resource()).toEqual(new Map([['p', { milli: 102, at, windowMs: 60_500 }]]));
    expect(await resource('c')).toEqual(new Map([['p', { milli: 100, at, windowMs: 60_500 }]]));
    // Of one container nothing is known: of the pod nothing is.
    expect(await resource('', 'memory')).toEqual(new Map());
    await expect(resource('e')).rejects.toThrow('container e not present in metrics for pod ns/p');
    expect(asked[0]).toBe('/apis/metrics.k8s.io/v1beta1/namespaces/ns/pods?labelSelector=app%3Da');
  });

  it.each<[string, () => Promise<unknown>, string, unknown]>([
    [
      'of pods',
      () => source.pods({ metric: 'rps', namespace: 'ns', selector: 'app=a', metricSelector: 'verb=GET' }),
      '/apis/custom.metrics.k8s.io/v1beta2/namespaces/ns/pods/*/rps?labelSelector=app%3Da&metricLabelSelector=verb%3DGET',
      new Map([['o', { milli: 1500, at, windowMs: 60_000 }]]),
    ],
    [
      'of an object',
      () => source.object({ metric: 'rps', namespace: 'ns', resource: 'ingresses.networking.k8s.io', name: 'i', metricSelector: '' }),
      '/apis/custom.metrics.k8s.io/v1beta2/namespaces/ns/ingresses.networking.k8s.io/i/rps',
      1500,
    ],
    [
      'of a namespace',
      () => source.object({ metric: 'rps', namespace: 'ns', resource: 'namespaces', name: 'other', metricSelector: '' }),
      '/apis/custom.metrics.k8s.io/v1beta2/namespaces/other/metrics/rps',
      1500,
    ],
    [
      'from outside',
      () => source.external({ metric: 'queue', namespace: 'ns', metricSelector: 'q=a' }),
      '/apis/external.metrics.k8s.io/v1beta1/namespaces/ns/queue?labelSelector=q%3Da',
      [1500],
    ],
  ])('reads what is %s', async (_what, read, path, want) => {
    items = [{ describedObject: { name: 'o' }, timestamp: '2026-01-01T00:00:15Z', value: '1500m' }];
    expect(await read()).toEqual(want);
    expect(asked.at(-1)).toBe(path);
  });

  it('says why there is nothing', async () => {
    items = [];
    await expect(resource()).rejects.toThrow('no metrics returned from resource metrics API');
    await expect(source.external({ metric: 'absent', namespace: 'ns', metricSelector: '' })).rejects.toThrow(
      'unable to fetch metrics from external metrics API: pods.metrics.k8s.io "x" not found',
    );
  });

  it('writes amounts and selectors as the API does', () => {
    expect([milliQuantity(1500), milliQuantity(20_971_520_000), milliQuantity(0)]).toEqual(['1500m', '20971520', '0']);
    expect([selectorText(undefined), selectorText({ matchLabels: { a: 'b' } })]).toEqual(['', 'a=b']);
  });
});
