import { ApiError, deepEqual, type KindName, type LabelMatcher, parseLabelSelector } from '#api';
import type { CrossVersionObjectReference, HorizontalPodAutoscaler, MetricSpec, Pod, Scale } from '#api/types';
import type { RawReader } from '#client/contract';
import type { Caches, Change, Controller, Io, ObjectKey } from '#controller-runtime/contract';
import { resources } from '#objects';
import { podCache } from '../pods/pod-caches.ts';
import { statusItem, write } from '../status.ts';
import type { Memory } from './behavior.ts';
import { type MetricsSource, metricsSource, selectorText } from './metrics-source.ts';
import type { Fetched } from './proposals.ts';
import { type Action, needsMetrics, notRescaled, reconcile, rescaled, type Rescale, type Seen } from './reconcile.ts';
import { type AutoscalerSettings, defaultAutoscalerSettings } from './settings.ts';

/** `served`: any path of the API, for scales of every kind and for metrics, whoever answers them. */
export interface AutoscalerOptions {
  reader: RawReader;
  settings?: Partial<AutoscalerSettings>;
}

/** Scales what has a `scale` by what is measured: at once when an autoscaler is new or told otherwise, and in each sync period. */
export function horizontalPodAutoscalerController({ reader, settings: given }: AutoscalerOptions): Controller<Seen, Action> {
  const settings = { ...defaultAutoscalerSettings, ...given };
  const source = metricsSource(reader);
  const memories = new Map<string, Memory>();
  /** The selectors of the scales, by autoscaler: pods that two of them choose belong to neither. */
  const selectors = new Map<string, LabelMatcher>();
  const carryOut = async (actions: readonly Action[], io: Io): Promise<void> => {
    for (const action of actions) await (act[action.do] as (action: Action, io: Io) => Promise<void>)(action, io);
  };
  const act: Controller<Seen, Action>['act'] = {
    say: async ({ hpa, type, reason, message }, io) => io.events.event(hpa, { type, reason, message }),
    remember: async ({ hpa, memory }) => void memories.set(keyOf(hpa), memory),
    rescale: async (action, io) => {
      const failure = await writeScale(action, io);
      await carryOut(failure === undefined ? rescaled(action, io.now()) : notRescaled(action, failure, io.now()), io);
    },
    updateStatus: ({ hpa, status }, io) => write(io.api, statusItem(resources.horizontalPodAutoscalers, hpa, status)),
  };
  return {
    name: 'horizontal-pod-autoscaler',
    queueName: 'horizontalpodautoscaler',
    primary: resources.horizontalPodAutoscalers,
    wakes: isNewWish,
    reads: [resources.pods],
    async observe(key, caches) {
      const hpa = caches.informer<HorizontalPodAutoscaler>({ resource: resources.horizontalPodAutoscalers }).get(key.namespace, key.name);
      if (!hpa) {
        memories.delete(textOf(key));
        selectors.delete(textOf(key));
        return undefined;
      }
      const target = await readScale(reader, hpa, caches);
      const seen = { hpa, target, memory: memories.get(textOf(key)), settings };
      if ('error' in target || !needsMetrics(hpa, target.scale, settings)) return { ...seen, pods: [], fetched: [] };
      const chosen = choose(hpa, target.scale, { caches, selectors });
      if ('problem' in chosen) return { ...seen, pods: [], fetched: [], selectorProblem: chosen.problem };
      const selector = target.scale.status?.selector ?? '';
      const fetched = (hpa.spec.metrics ?? []).map((metric) => fetchMetric(metric, { source, caches, selector, namespace: key.namespace }));
      return { ...seen, pods: chosen.pods, fetched: await Promise.all(fetched) };
    },
    reconcile,
    act,
  };
}

const textOf = ({ namespace, name }: ObjectKey): string => `${namespace}/${name}`;
const keyOf = ({ metadata: { namespace = '', name = '' } }: HorizontalPodAutoscaler): string => textOf({ namespace, name });

/** Its own status tells it nothing new. */
const isNewWish = ({ object, previous, deleted }: Change): boolean =>
  deleted || !previous || !deepEqual((object as HorizontalPodAutoscaler).spec, (previous as HorizontalPodAutoscaler).spec);

/** The kinds of a group and name, whatever their version: `RESTMappings`. */
function kindOf({ apiVersion = '', kind = '' }: CrossVersionObjectReference, caches: Pick<Caches, 'served'>): KindName {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const found = caches.served().find(({ gvk }) => gvk.group === group && gvk.kind === kind);
  if (!found) throw new Error(`no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`);
  return found;
}

async function readScale(reader: RawReader, { metadata, spec }: HorizontalPodAutoscaler, caches: Caches): Promise<Seen['target']> {
  try {
    const { resource } = kindOf(spec.scaleTargetRef, caches);
    const { group, version, resource: plural } = resource;
    const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    const path = [root, 'namespaces', metadata.namespace ?? '', plural, spec.scaleTargetRef.name, 'scale'];
    return { resource, scale: await reader.read<Scale>(path.map((part, i) => (i === 0 ? part : encodeURIComponent(part))).join('/')) };
  } catch (err) {
    return { error: messageOf(err) };
  }
}

const messageOf = (err: unknown): string => (err instanceof ApiError ? (err.status.message ?? err.message) : (err as Error).message);

interface Chosen {
  caches: Caches;
  selectors: Map<string, LabelMatcher>;
}

/** The pods of the scale, and why it is not known whose they are. */
function choose(
  hpa: HorizontalPodAutoscaler,
  scale: Scale,
  { caches, selectors }: Chosen,
): { pods: readonly Pod[] } | { problem: NonNullable<Seen['selectorProblem']> } {
  const text = scale.status?.selector ?? '';
  const invalid = (event: string, message: string, shown = message) => ({
    problem: { event, message, condition: { reason: 'InvalidSelector', message: shown } },
  });
  if (text === '') return invalid('SelectorRequired', 'selector is required', "the HPA target's scale is missing a selector");
  let matcher: LabelMatcher;
  try {
    matcher = parseLabelSelector(text);
  } catch (err) {
    return invalid('InvalidSelector', `couldn't convert selector into a corresponding internal selector object: ${messageOf(err)}`);
  }
  selectors.set(keyOf(hpa), matcher);
  const { namespace = '' } = hpa.metadata;
  const pods = podCache(caches)
    .list(namespace)
    .filter(({ metadata }) => matcher.matches(metadata.labels));
  const owners = caches
    .informer<HorizontalPodAutoscaler>({ resource: resources.horizontalPodAutoscalers })
    .list(namespace)
    .filter((other) => {
      const theirs = selectors.get(keyOf(other));
      return theirs && pods.some(({ metadata }) => theirs.matches(metadata.labels));
    });
  if (owners.length <= 1) return { pods };
  const names = owners.map(({ metadata }) => `{${metadata.name} ${metadata.namespace}}`).join(' ');
  const message = `pods by selector ${text} are controlled by multiple HPAs: [${names}]`;
  return { problem: { event: 'AmbiguousSelector', message, condition: { reason: 'AmbiguousSelector', message } } };
}

interface FetchParts {
  source: MetricsSource;
  caches: Caches;
  /** Of the pods. */
  selector: string;
  namespace: string;
}

/** What cannot be read is told by reconcile: one metric may fail and another not. */
async function fetchMetric(metric: MetricSpec, { source, caches, selector, namespace }: FetchParts): Promise<Fetched> {
  const { resource, containerResource, pods, object, external } = metric;
  try {
    if (metric.type === 'Resource' && resource)
      return { pods: await source.resource({ resource: resource.name, namespace, selector, container: '' }) };
    if (metric.type === 'ContainerResource' && containerResource)
      return {
        pods: await source.resource({ resource: containerResource.name, namespace, selector, container: containerResource.container }),
      };
    if (metric.type === 'Pods' && pods) {
      const asked = { metric: pods.metric.name, namespace, selector, metricSelector: selectorText(pods.metric.selector) };
      return { pods: await source.pods(asked) };
    }
    if (metric.type === 'Object' && object) {
      const { describedObject, metric: of } = object;
      const { resource: described } = kindOf(describedObject, caches);
      const plural = described.group === '' ? described.resource : `${described.resource}.${described.group}`;
      const asked = { metric: of.name, namespace, resource: plural, name: describedObject.name, metricSelector: selectorText(of.selector) };
      return {
        values: [
          await source.object(asked).catch((err: unknown) => {
            throw new Error(`${messageOf(err)} on ${describedObject.kind} ${namespace}/${describedObject.name}`, { cause: err });
          }),
        ],
      };
    }
    if (metric.type === 'External' && external) {
      const metricSelector = selectorText(external.metric.selector);
      return {
        values: await source.external({ metric: external.metric.name, namespace, metricSelector }).catch((err: unknown) => {
          throw new Error(
            `unable to get external metric ${namespace}/${external.metric.name}/${metricSelector || 'nil'}: ${messageOf(err)}`,
            { cause: err },
          );
        }),
      };
    }
    return { error: `unknown metric source type ${JSON.stringify(metric.type)}` };
  } catch (err) {
    return { error: messageOf(err) };
  }
}

/** Answers why it was not written. The version in it makes sure that it is changed from what was seen. */
async function writeScale({ target: { scale, resource }, to }: Rescale, { api }: Io): Promise<string | undefined> {
  const { namespace, name = '' } = scale.metadata;
  const object = { ...scale, spec: { ...scale.spec, replicas: to } };
  const [result] = await api.writeMany([{ verb: 'update', resource, subresource: 'scale', namespace, name, object }]);
  return !result || result.ok ? undefined : (result.status.message ?? result.status.reason);
}
