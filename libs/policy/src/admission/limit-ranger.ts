import { type ApiError, compareQuantities, formatQuantity, parseQuantity, type Quantity, quantityToNumber } from '#api';
import type { AdmissionIo, AdmissionPlugin, AdmissionRequest } from '#api-server/contract';
import type { Container, LimitRange, LimitRangeItem, PersistentVolumeClaim, Pod } from '#api/types';
import { lookUp } from '#base';
import { gvks, podTotals } from '#objects';
import { isClaim, isPod, refuse } from './refuse.ts';

const annotation = 'kubernetes.io/limit-ranger';

/** Gives containers the limits of their namespace, and refuses what is beyond them ("Limit Ranges"). */
export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  handles(verb, resource, subresource) {
    // Resources of a pod change by its `resize` subresource alone.
    if (isPod(resource)) return (verb === 'create' && subresource === '') || (verb === 'update' && subresource === 'resize');
    return isClaim(resource) && subresource === '' && (verb === 'create' || verb === 'update');
  },
  mutate(request, io) {
    const object = request.object!;
    if (!isPod(request.resource)) return object;
    return ranges(request, io).reduce((pod, range) => withDefaults(pod, range), object as Pod);
  },
  validate(request, io) {
    for (const { spec } of ranges(request, io)) {
      const complaints = (spec?.limits ?? []).flatMap((item) => complaintsOf(item, request));
      if (complaints.length > 0) throw beyond(request, complaints);
    }
  },
};

const ranges = (request: AdmissionRequest, io: AdmissionIo): readonly LimitRange[] =>
  io.list<LimitRange>(gvks.LimitRange, request.namespace);

/** All complaints at once, each said once, as Go's aggregated errors show themselves. */
function beyond(request: AdmissionRequest, complaints: readonly string[]): ApiError {
  const different = [...new Set(complaints)];
  return refuse(request, different.length === 1 ? different[0]! : `[${different.join(', ')}]`);
}

// ---- defaults -----------------------------------------------------------------------------------------------------------------------

/**
 * Fills in what a container does not say. Each range sees what the ones before it have filled in, so the first to name a default wins. The
 * annotation tells users where a number came from.
 */
function withDefaults(pod: Pod, { spec }: LimitRange): Pod {
  const items = (spec?.limits ?? []).filter(({ type }) => type === 'Container');
  const limits = Object.fromEntries(items.flatMap((item) => Object.entries(item.default ?? {})));
  const requests = Object.fromEntries(items.flatMap((item) => Object.entries(item.defaultRequest ?? {})));
  const notes: string[] = [];
  const given = (what: string, container: Container): Container => {
    const { resources = {} } = container;
    const newRequests = Object.keys(requests).filter((name) => lookUp(resources.requests, name) === undefined);
    const newLimits = Object.keys(limits).filter((name) => lookUp(resources.limits, name) === undefined);
    if (newRequests.length > 0) notes.push(`${newRequests.toSorted().join(', ')} request for ${what} ${container.name}`);
    if (newLimits.length > 0) notes.push(`${newLimits.toSorted().join(', ')} limit for ${what} ${container.name}`);
    if (newRequests.length + newLimits.length === 0) return container;
    return {
      ...container,
      resources: {
        ...resources,
        ...(newLimits.length > 0 && { limits: { ...limits, ...resources.limits } }),
        ...(newRequests.length > 0 && { requests: { ...requests, ...resources.requests } }),
      },
    };
  };
  const containers = (pod.spec.containers ?? []).map((container) => given('container', container));
  const initContainers = pod.spec.initContainers?.map((container) => given('init container', container));
  if (notes.length === 0) return pod;
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      annotations: { ...pod.metadata.annotations, [annotation]: `LimitRanger plugin set: ${notes.join('; ')}` },
    },
    spec: { ...pod.spec, ...(initContainers && { initContainers }), containers },
  };
}

// ---- bounds -------------------------------------------------------------------------------------------------------------------------

/** What is asked for, by the name of the resource. */
interface Asked {
  requests: ReadonlyMap<string, Quantity>;
  limits: ReadonlyMap<string, Quantity>;
}

/**
 * What of the object is outside one item of a range. Of a pod as a whole it is the sum that scheduling reckons with, init containers and
 * sidecars as there.
 */
function complaintsOf(item: LimitRangeItem, { resource, object }: AdmissionRequest): string[] {
  if (isClaim(resource)) {
    if (item.type !== 'PersistentVolumeClaim') return [];
    const { spec } = object as PersistentVolumeClaim;
    return outside(item, { requests: quantities(spec?.resources?.requests), limits: new Map() }, claimBounds);
  }
  const { spec } = object as Pod;
  if (item.type === 'Pod') return outside(item, { requests: podTotals(spec, 'requests'), limits: podTotals(spec, 'limits') });
  if (item.type !== 'Container') return [];
  return [...(spec.containers ?? []), ...(spec.initContainers ?? [])].flatMap(({ resources }) =>
    outside(item, { requests: quantities(resources?.requests), limits: quantities(resources?.limits) }),
  );
}

const quantities = (list: Record<string, string> | undefined): Map<string, Quantity> =>
  new Map(Object.entries(list ?? {}).map(([name, text]) => [name, parseQuantity(text)]));

interface Bound {
  /** `cpu usage per Container`: what messages speak of. */
  name: string;
  type: string;
  bound: Quantity;
  request: Quantity | undefined;
  limit: Quantity | undefined;
}
type Rule = (bound: Bound) => string | undefined;
type Bounds = readonly ['min' | 'max' | 'maxLimitRequestRatio', Rule][];

const above = (a: Quantity | undefined, b: Quantity): boolean => a !== undefined && compareQuantities(a, b) > 0;
const below = (a: Quantity | undefined, b: Quantity): boolean => a !== undefined && compareQuantities(a, b) < 0;

/** `plugin/pkg/admission/limitranger`: minConstraint. */
const atLeast: Rule = ({ name, type, bound, request, limit }) => {
  const head = `minimum ${name} usage per ${type} is ${formatQuantity(bound)}`;
  if (!request) return `${head}.  No request is specified`;
  if (below(request, bound)) return `${head}, but request is ${formatQuantity(request)}`;
  return below(limit, bound) ? `${head}, but limit is ${formatQuantity(limit!)}` : undefined;
};

/** maxConstraint: what has no limit may take more. */
const atMost: Rule = ({ name, type, bound, request, limit }) => {
  const head = `maximum ${name} usage per ${type} is ${formatQuantity(bound)}`;
  if (!limit) return `${head}.  No limit is specified`;
  if (above(limit, bound)) return `${head}, but limit is ${formatQuantity(limit)}`;
  return above(request, bound) ? `${head}, but request is ${formatQuantity(request!)}` : undefined;
};

/** maxRequestConstraint: claims have requests only. */
const requestAtMost: Rule = ({ name, type, bound, request }) => {
  const head = `maximum ${name} usage per ${type} is ${formatQuantity(bound)}`;
  if (!request) return `${head}.  No request is specified`;
  return above(request, bound) ? `${head}, but request is ${formatQuantity(request)}` : undefined;
};

/** limitRequestRatioConstraint. */
const ratioAtMost: Rule = ({ name, type, bound, request, limit }) => {
  const head = `${name} max limit to request ratio per ${type} is ${formatQuantity(bound)}`;
  if (!request || request.nano === 0n) return `${head}, but no request is specified or request is 0`;
  if (!limit || limit.nano === 0n) return `${head}, but no limit is specified or limit is 0`;
  const ratio = quantityToNumber(limit) / quantityToNumber(request);
  return ratio > quantityToNumber(bound) ? `${head}, but provided ratio is ${ratio.toFixed(6)}` : undefined;
};

const everyBound: Bounds = [
  ['min', atLeast],
  ['max', atMost],
  ['maxLimitRequestRatio', ratioAtMost],
];
const claimBounds: Bounds = [
  ['min', atLeast],
  ['max', requestAtMost],
];

/** Checks each bound that the item names. A resource that no bound names is free. */
function outside(item: LimitRangeItem, { requests, limits }: Asked, bounds = everyBound): string[] {
  return bounds.flatMap(([list, rule]) =>
    Object.entries(item[list] ?? {}).flatMap(([name, text]) => {
      const complaint = rule({ name, type: item.type, bound: parseQuantity(text), request: requests.get(name), limit: limits.get(name) });
      return complaint === undefined ? [] : [complaint];
    }),
  );
}
