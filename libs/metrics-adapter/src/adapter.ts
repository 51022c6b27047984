import { ApiError, badRequest, formatQuantity, type KubeObject, parseLabelSelector, quantityOf, timestamp } from '#api';
import type {
  ClusterView,
  DelegatedRequest,
  DelegatedResource,
  DelegatedVersion,
  HttpAnswer,
  KindCatalog,
  ServedKind,
} from '#api-server/contract';
import { type Clock, lookUp } from '#base';
import type { Logger } from '#telemetry';
import type { AdapterConfig, Rule } from './config.ts';
import { type PrometheusApi, prometheusApi, type Sample } from './prometheus.ts';
import { type FoundMetric, type KnownResource, type Matcher, metricsBy, oneOf, queryOf, quoted, resourceName } from './rules.ts';

export interface AdapterOptions {
  config: AdapterConfig;
  prometheusUrl: string;
  /** How often it is looked which metrics there are; those that were not seen for as long are gone. */
  relistMs: number;
  catalog: KindCatalog;
  view: ClusterView;
  clock: Clock;
  logger: Logger;
  /** In place of the one at the address, for tests. */
  prometheus?: PrometheusApi;
}

const custom = 'custom.metrics.k8s.io';
const external = 'external.metrics.k8s.io';

/** Serves metrics of a Prometheus as `k8s.io/metrics` has them. A group without rules is not there. */
export class MetricsAdapter {
  private readonly prometheus: PrometheusApi;
  private customMetrics: readonly FoundMetric[] = [];
  private externalMetrics: readonly FoundMetric[] = [];

  constructor(private readonly options: AdapterOptions) {
    this.prometheus = options.prometheus ?? prometheusApi(options.prometheusUrl, options.clock);
  }

  /** Serves, and keeps looking which metrics there are until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { catalog, clock, relistMs, logger } = this.options;
    const stops = this.versions().map((version) => catalog.delegate(version));
    for await (const _ of clock.every(relistMs, signal)) {
      await this.relist().catch((err: unknown) => logger.warn({ err }, 'it could not be looked which metrics there are'));
    }
    for (const stop of stops) stop();
  }

  /** One query for all rules that begin with the same. */
  async relist(): Promise<void> {
    const { config, relistMs } = this.options;
    const asked = new Map<string, Promise<Readonly<Record<string, string>>[]>>();
    const known = this.knownResources();
    const found = async (rules: readonly Rule[]): Promise<FoundMetric[]> => {
      const lists = await Promise.all(
        rules.map(async (rule) => {
          let series = asked.get(rule.seriesQuery);
          if (!series) asked.set(rule.seriesQuery, (series = this.prometheus.series(rule.seriesQuery, relistMs)));
          return metricsBy(rule, await series, known);
        }),
      );
      return lists.flat();
    };
    [this.customMetrics, this.externalMetrics] = await Promise.all([found(config.rules), found(config.externalRules)]);
  }

  private versions(): DelegatedVersion[] {
    const { config } = this.options;
    const of = (group: string, version: string, parts: Pick<DelegatedVersion, 'resources' | 'answer'>): DelegatedVersion => ({
      group,
      version,
      ...parts,
    });
    return [
      ...(config.rules.length > 0
        ? ['v1beta2', 'v1beta1'].map((version) =>
            of(custom, version, { resources: () => this.customResources(), answer: (request) => this.custom(version, request) }),
          )
        : []),
      ...(config.externalRules.length > 0
        ? [of(external, 'v1beta1', { resources: () => this.externalResources(), answer: (request) => this.external(request) })]
        : []),
    ];
  }

  private knownResources(): KnownResource[] {
    return this.options.catalog.all
      .filter(({ version }) => !version)
      .map(({ gvk, definition: { names } }) => ({ group: gvk.group, plural: names.plural, singular: names.singular }));
  }

  private customResources(): DelegatedResource[] {
    const named = new Map<string, DelegatedResource>();
    for (const { name, labels } of this.customMetrics) {
      for (const resource of labels.keys()) {
        const full = `${resource}/${name}`;
        const namespaced = resource !== 'namespaces' && labels.has('namespaces');
        named.set(full, { name: full, singularName: '', namespaced, kind: 'MetricValueList', verbs: ['get'] });
      }
    }
    return [...named.values()];
  }

  private externalResources(): DelegatedResource[] {
    const names = new Set(this.externalMetrics.map(({ name }) => name));
    return [...names].map((name) => ({ name, singularName: '', namespaced: true, kind: 'ExternalMetricValueList', verbs: ['get'] }));
  }

  /** `…/namespaces/NS/RESOURCE/NAME/METRIC`, `…/RESOURCE/NAME/METRIC`, `…/namespaces/NAME/metrics/METRIC`; a name of `*` is all that are selected. */
  private async custom(version: string, request: DelegatedRequest): Promise<HttpAnswer> {
    const ofNamespace = request.resource === 'metrics' && request.namespace !== '';
    const resource = ofNamespace ? 'namespaces' : request.resource;
    const asked = ofNamespace ? request.namespace : request.name;
    const metric = ofNamespace ? request.name : request.subresource;
    const namespace = ofNamespace ? '' : request.namespace;
    if (request.verb !== 'get' || metric === '' || asked === '') throw notServed();
    const kind = this.kindOf(resource);
    const found = this.customMetrics.find(({ name, labels }) => name === metric && labels.has(resource));
    if (!kind || !found) throw noMetric(metric, resource);
    const names = asked === '*' ? this.namesOf(kind, namespace, request.query.get('labelSelector') ?? '') : [asked];
    const label = found.labels.get(resource)!;
    const namespaceLabel = found.labels.get('namespaces');
    const selector = request.query.get('metricLabelSelector') ?? '';
    const matchers = [
      ...(namespace !== '' && namespaceLabel ? [{ label: namespaceLabel, operator: '=', value: namespace } as const] : []),
      oneOf(label, names),
      ...matchersOf(selector),
    ];
    const samples = names.length === 0 ? [] : await this.prometheus.query(queryOf(found, matchers, [label]));
    const items = names.flatMap((name) => {
      const sample = samples.find(({ labels }) => lookUp(labels, label) === name);
      return sample ? [this.valueOf(kind, { name, namespace, metric, sample, version })] : [];
    });
    if (asked !== '*' && items.length === 0) throw noMetric(metric, resource, asked);
    return json({ kind: 'MetricValueList', apiVersion: `${custom}/${version}`, metadata: {}, items });
  }

  private valueOf(
    { gvk }: ServedKind,
    { name, namespace, metric, sample, version }: { name: string; namespace: string; metric: string; sample: Sample; version: string },
  ): unknown {
    const apiVersion = gvk.group === '' ? `/${gvk.version}` : `${gvk.group}/${gvk.version}`;
    return {
      describedObject: { kind: gvk.kind, ...(namespace && { namespace }), name, apiVersion },
      ...(version === 'v1beta1' ? { metricName: metric } : { metric: { name: metric, selector: null } }),
      timestamp: timestamp(this.options.clock.now()),
      value: quantityOfValue(sample.value),
      ...(version === 'v1beta1' && { selector: null }),
    };
  }

  private async external({ verb, namespace, resource: metric, name, query }: DelegatedRequest): Promise<HttpAnswer> {
    if ((verb !== 'list' && verb !== 'get') || name !== '' || namespace === '') throw notServed();
    const found = this.externalMetrics.find((each) => each.name === metric);
    if (!found) throw noMetric(metric, external);
    const label = found.rule.resources.namespaced ? found.labels.get('namespaces') : undefined;
    const matchers = [
      ...(label ? [{ label, operator: '=', value: namespace } as const] : []),
      ...matchersOf(query.get('labelSelector') ?? ''),
    ];
    const samples = await this.prometheus.query(queryOf(found, matchers, []));
    const items = samples.map(({ labels, value, at }) => ({
      metricName: metric,
      metricLabels: labels,
      timestamp: timestamp(new Date(at * 1000)),
      value: quantityOfValue(value),
    }));
    return json({ kind: 'ExternalMetricValueList', apiVersion: `${external}/v1beta1`, metadata: {}, items });
  }

  private kindOf(resource: string): ServedKind | undefined {
    return this.options.catalog.all.find(
      ({ version, gvk, definition }) =>
        !version && resourceName({ group: gvk.group, plural: definition.names.plural, singular: '' }) === resource,
    );
  }

  private namesOf({ gvk, namespaced }: ServedKind, namespace: string, selector: string): string[] {
    const chosen = selectorOf(selector);
    return this.options.view
      .list<KubeObject>(gvk, namespaced && namespace !== '' ? namespace : undefined)
      .filter(({ metadata }) => chosen.matches(metadata.labels))
      .map(({ metadata }) => metadata.name ?? '');
  }
}

function selectorOf(text: string): ReturnType<typeof parseLabelSelector> {
  try {
    return parseLabelSelector(text);
  } catch (err) {
    throw badRequest(`unable to parse requirement: ${(err as Error).message}`, err);
  }
}

/** A label selector as Prometheus writes it. */
function matchersOf(text: string): Matcher[] {
  return selectorOf(text).requirements.flatMap(({ key, operator, values }): Matcher[] => {
    const several = values.map(quoted).join('|');
    switch (operator) {
      case '=':
      case '==':
        return [{ label: key, operator: '=', value: values[0] ?? '' }];
      case '!=':
        return [{ label: key, operator: '!=', value: values[0] ?? '' }];
      case 'in':
        return [{ label: key, operator: '=~', value: several }];
      case 'notin':
        return [{ label: key, operator: '!~', value: several }];
      case 'exists':
        return [{ label: key, operator: '!=', value: '' }];
      case '!':
        return [{ label: key, operator: '=', value: '' }];
      default:
        throw badRequest(`the operator ${JSON.stringify(operator)} has no counterpart in Prometheus`);
    }
  });
}

/** Thousandths; what is no number is nothing. */
function quantityOfValue(value: number): string {
  return Number.isFinite(value) ? formatQuantity(quantityOf(Math.trunc(value * 1000) / 1000)) : '0';
}

const noMetric = (metric: string, resource: string, name?: string): ApiError =>
  new ApiError({
    code: 404,
    reason: 'NotFound',
    message: `the server could not find the metric ${metric} for ${resource}${name ? ` ${name}` : ''}`,
  });
const notServed = (): ApiError =>
  new ApiError({ code: 404, reason: 'NotFound', message: 'the server could not find the requested resource', details: {} });

const json = (value: unknown): HttpAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(`${JSON.stringify(value)}\n`),
});
