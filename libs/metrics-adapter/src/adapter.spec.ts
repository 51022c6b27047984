import { serviceUnavailable } from '#api';
import { startTestServer, type TestServer } from '#api-server/testing';
import { systemClock } from '#base';
import { silentLogger } from '#telemetry';
import { MetricsAdapter } from './adapter.ts';
import { parseAdapterConfig } from './config.ts';
import type { PrometheusApi, Sample } from './prometheus.ts';

const config = parseAdapterConfig(`
rules:
- seriesQuery: 'http_requests_total{namespace!=""}'
  resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}, service: {resource: service}}}
  name: {matches: '^(.*)_total$', as: '\${1}_per_second'}
  metricsQuery: 'sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)'
- seriesQuery: 'node_load'
  resources: {overrides: {node: {resource: node}}}
externalRules:
- seriesQuery: 'queue_length'
  resources: {overrides: {namespace: {resource: namespace}}}
  metricsQuery: '<<.Series>>{<<.LabelMatchers>>}'
`);

describe('metrics of a Prometheus', () => {
  let server: TestServer;
  let samples: Sample[];
  let fails: boolean;
  const queries: string[] = [];
  const ending = new AbortController();
  let running: Promise<void>;
  beforeAll(async () => {
    server = await startTestServer();
    await server.call('POST', '/api/v1/namespaces/default/serviceaccounts', { body: { metadata: { name: 'default' } } });
    for (const name of ['a', 'b', 'other']) {
      const spec = { containers: [{ name: 'c', image: 'i' }] };
      await server.call('POST', '/api/v1/namespaces/default/pods', {
        body: { metadata: { name, labels: { app: name === 'other' ? 'x' : 'web' } }, spec },
      });
    }
    const prometheus: PrometheusApi = {
      series: async (selector: string): Promise<Record<string, string>[]> => {
        if (selector.startsWith('http')) return [{ __name__: 'http_requests_total', namespace: 'default', pod: 'a', service: 's' }];
        return [selector.startsWith('node') ? { __name__: 'node_load', node: 'n' } : { __name__: 'queue_length', namespace: 'default' }];
      },
      query: async (expression: string) => {
        if (fails) throw serviceUnavailable('unable to fetch metrics from Prometheus: gone');
        queries.push(expression);
        return samples;
      },
    };
    const { catalog, server: core } = server;
    const adapter = new MetricsAdapter({
      config,
      prometheusUrl: '',
      relistMs: 60_000,
      catalog,
      view: core.view,
      clock: systemClock,
      logger: silentLogger,
      prometheus,
    });
    await adapter.relist();
    running = adapter.run(ending.signal);
  });
  beforeEach(() => {
    samples = [];
    fails = false;
  });
  afterAll(async () => {
    ending.abort();
    await running;
    await server.close();
  });
  const get = async (path: string) => (await server.call('GET', `/apis/${path}`)).json as Record<string, unknown>;
  const custom = 'custom.metrics.k8s.io/v1beta2';

  it('are discovered', async () => {
    expect(await get(custom)).toMatchObject({
      groupVersion: custom,
      resources: [
        { name: 'namespaces/http_requests_per_second', namespaced: false, kind: 'MetricValueList', verbs: ['get'] },
        { name: 'pods/http_requests_per_second', namespaced: true },
        { name: 'services/http_requests_per_second', namespaced: true },
        { name: 'nodes/node_load', namespaced: false },
      ],
    });
    expect(await get('external.metrics.k8s.io/v1beta1')).toMatchObject({
      resources: [{ name: 'queue_length', namespaced: true, kind: 'ExternalMetricValueList' }],
    });
    const { groups } = (await get('')) as { groups: { name: string; preferredVersion: { version: string } }[] };
    expect(groups.find(({ name }) => name === 'custom.metrics.k8s.io')?.preferredVersion.version).toBe('v1beta2');
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const { json } = await server.call('GET', '/apis', { headers: { accept } });
    const group = (json as { items: { metadata: { name: string }; versions: unknown[] }[] }).items.find(
      ({ metadata }) => metadata.name === 'custom.metrics.k8s.io',
    );
    expect(group?.versions[0]).toMatchObject({
      version: 'v1beta2',
      resources: expect.arrayContaining([
        expect.objectContaining({ resource: 'pods', subresources: [expect.objectContaining({ subresource: 'http_requests_per_second' })] }),
      ]),
    });
  });

  it('are those of the pods that are selected', async () => {
    samples = [
      { labels: { pod: 'b' }, value: 1.5, at: 0 },
      { labels: { pod: 'a' }, value: NaN, at: 0 },
    ];
    expect(
      await get(
        `${custom}/namespaces/default/pods/*/http_requests_per_second?labelSelector=app%3Dweb&metricLabelSelector=verb+in+(GET,PUT)`,
      ),
    ).toMatchObject({
      kind: 'MetricValueList',
      apiVersion: custom,
      items: [
        {
          describedObject: { kind: 'Pod', namespace: 'default', name: 'a', apiVersion: '/v1' },
          metric: { name: 'http_requests_per_second' },
          value: '0',
        },
        { describedObject: { name: 'b' }, value: '1500m' },
      ],
    });
    expect(queries.at(-1)).toBe('sum(rate(http_requests_total{namespace="default",pod=~"a|b",verb=~"GET|PUT"}[1m])) by (pod)');
    expect(await get(`${custom}/namespaces/default/pods/*/http_requests_per_second?labelSelector=app%3Dnone`)).toMatchObject({ items: [] });
  });

  it.each<[string, string, string, Record<string, string>]>([
    [
      'an object',
      'namespaces/default/services/s/http_requests_per_second',
      'sum(rate(http_requests_total{namespace="default",service="s"}[1m])) by (service)',
      { service: 's' },
    ],
    [
      'a namespace',
      'namespaces/default/metrics/http_requests_per_second',
      'sum(rate(http_requests_total{namespace="default"}[1m])) by (namespace)',
      { namespace: 'default' },
    ],
    ['what is in no namespace', 'nodes/n/node_load', 'sum(node_load{node="n"}) by (node)', { node: 'n' }],
  ])('are those of %s', async (_what, path, query, labels) => {
    samples = [{ labels, value: 2, at: 0 }];
    expect(await get(`${custom}/${path}`)).toMatchObject({ items: [{ value: '2' }] });
    expect(queries.at(-1)).toBe(query);
  });

  it('have their names elsewhere in v1beta1', async () => {
    samples = [{ labels: { pod: 'a' }, value: 2, at: 0 }];
    expect(await get('custom.metrics.k8s.io/v1beta1/namespaces/default/pods/a/http_requests_per_second')).toMatchObject({
      apiVersion: 'custom.metrics.k8s.io/v1beta1',
      items: [{ metricName: 'http_requests_per_second', value: '2', selector: null }],
    });
  });

  it('come from outside as well', async () => {
    samples = [{ labels: { queue: 'q' }, value: 7, at: 1_767_225_600 }];
    expect(await get('external.metrics.k8s.io/v1beta1/namespaces/default/queue_length?labelSelector=queue%3Dq,!old')).toMatchObject({
      kind: 'ExternalMetricValueList',
      apiVersion: 'external.metrics.k8s.io/v1beta1',
      items: [{ metricName: 'queue_length', metricLabels: { queue: 'q' }, timestamp: '2026-01-01T00:00:00Z', value: '7' }],
    });
    expect(queries.at(-1)).toBe('queue_length{namespace="default",old="",queue="q"}');
  });

  it.each([
    [`${custom}/namespaces/default/pods/a/none`, 'the server could not find the metric none for pods'],
    [
      `${custom}/namespaces/default/pods/a/http_requests_per_second`,
      'the server could not find the metric http_requests_per_second for pods a',
    ],
    [`${custom}/namespaces/default/pods`, 'the server could not find the requested resource'],
    ['external.metrics.k8s.io/v1beta1/namespaces/default/none', 'the server could not find the metric none for external.metrics.k8s.io'],
  ])('are not there: %s', async (path, message) => expect(await get(path)).toMatchObject({ kind: 'Status', code: 404, message }));

  it('cannot be told while Prometheus does not answer', async () => {
    fails = true;
    expect(await get(`${custom}/namespaces/default/pods/a/http_requests_per_second`)).toMatchObject({
      code: 503,
      message: 'unable to fetch metrics from Prometheus: gone',
    });
    expect(await get(`${custom}/namespaces/default/pods/*/http_requests_per_second?labelSelector=a+b`)).toMatchObject({ code: 400 });
  });

  it('are gone when nobody makes them any more', async () => {
    ending.abort();
    await running;
    expect((await server.call('GET', '/apis/custom.metrics.k8s.io/v1beta2')).status).toBe(404);
  });
});
