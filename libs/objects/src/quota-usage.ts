import { lookUp } from '#base';
import { addQuantities, compareQuantities, type KubeObject, parseQuantity, type Quantity, quantityOf, subtractQuantities } from '#api';
import type { PersistentVolumeClaim, Pod, ResourceQuota, ScopedResourceSelectorRequirement, Service } from '#api/types';
import { containerTotals, podTotals, type ResourcedPod } from './pod-resources.ts';
import { isTerminal } from './pod-state.ts';
import { claimClassOf } from './storage.ts';

/** Amounts by the names that quotas have for them: `pods`, `requests.cpu`, `count/deployments.apps`. */
export type Usage = Map<string, Quantity>;

interface Counted {
  group: string;
  resource: string;
}

const one = quantityOf(1);
/** Counted under their own name also, from the time before `count/`. */
const namedAlone = new Set(['configmaps', 'persistentvolumeclaims', 'replicationcontrollers', 'resourcequotas', 'secrets', 'services']);
/** Also the request itself: `cpu` is `requests.cpu`. */
const plain = new Set(['cpu', 'memory', 'ephemeral-storage']);
const asked = new Set(['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory']);

const isPod = ({ group, resource }: Counted): boolean => group === '' && resource === 'pods';
const isClaim = ({ group, resource }: Counted): boolean => group === '' && resource === 'persistentvolumeclaims';

/** How a quota calls the number of a resource's objects: `count/deployments.apps`. */
export const objectCountName = ({ group, resource }: Counted): string => `count/${resource}${group ? `.${group}` : ''}`;

/** What an object takes of the quotas of its namespace: `k8s.io/kubernetes/pkg/quota/v1/evaluator/core`. */
export function quotaUsage(of: Counted, object: KubeObject, now: Date): Usage {
  const usage: Usage = new Map([[objectCountName(of), one]]);
  if (isPod(of)) {
    if (!isOver(object as Pod, now)) for (const [name, amount] of podUsage((object as Pod).spec)) usage.set(name, amount);
  } else if (of.group === '' && namedAlone.has(of.resource)) {
    usage.set(of.resource, one);
    if (of.resource === 'services') addService(usage, object as Service);
    if (isClaim(of)) addClaim(usage, object as PersistentVolumeClaim);
  }
  return usage;
}

/** A pod that has ended, or should have by now, takes nothing but its place in the store. */
function isOver({ metadata, status }: Pod, now: Date): boolean {
  if (isTerminal({ status })) return true;
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = metadata;
  return deletionTimestamp !== undefined && now.getTime() > Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}

function podUsage(spec: ResourcedPod): Usage {
  return new Map([['pods', one], ...computeUsage(podTotals(spec, 'requests'), podTotals(spec, 'limits'))]);
}

function computeUsage(requests: ReadonlyMap<string, Quantity>, limits: ReadonlyMap<string, Quantity>): Usage {
  const usage: Usage = new Map();
  for (const [name, amount] of requests) {
    usage.set(`requests.${name}`, amount);
    if (plain.has(name) || name.startsWith('hugepages-')) usage.set(name, amount);
  }
  for (const [name, amount] of limits) if (plain.has(name)) usage.set(`limits.${name}`, amount);
  return usage;
}

function addService(usage: Usage, { spec }: Service): void {
  const ports = spec?.ports ?? [];
  const balanced = spec?.type === 'LoadBalancer';
  if (balanced) usage.set('services.loadbalancers', one);
  if (spec?.type !== 'NodePort' && !balanced) return;
  const open = balanced && spec?.allocateLoadBalancerNodePorts === false ? ports.filter(({ nodePort }) => nodePort) : ports;
  usage.set('services.nodeports', quantityOf(open.length));
}

/** Also by its class. A claim that takes back what it asked for holds what its volume has grown to already (KEP-1790). */
function addClaim(usage: Usage, claim: PersistentVolumeClaim): void {
  const { spec, status } = claim;
  const asked = parseQuantity(spec.resources?.requests?.storage ?? '0');
  const given = parseQuantity(status?.allocatedResources?.storage ?? '0');
  const storage = compareQuantities(given, asked) > 0 ? given : asked;
  const ofClass = claimClassOf(claim);
  usage.set('requests.storage', storage);
  if (!ofClass) return;
  usage.set(`${ofClass}.storageclass.storage.k8s.io/persistentvolumeclaims`, one);
  usage.set(`${ofClass}.storageclass.storage.k8s.io/requests.storage`, storage);
}

/** Whether a quota is about an object at all: scopes choose among pods, or among claims, and are about nothing else. */
export function quotaChooses({ spec }: ResourceQuota, of: Counted, object: KubeObject): boolean {
  const named = (spec?.scopes ?? []).map((scopeName): ScopedResourceSelectorRequirement => ({ scopeName, operator: 'Exists' }));
  const scopes = [...named, ...(spec?.scopeSelector?.matchExpressions ?? [])];
  if (scopes.length === 0) return true;
  if (isPod(of)) return scopes.every((scope) => podInScope(scope, object as Pod));
  return isClaim(of) && scopes.every((scope) => claimInScope(scope, object as PersistentVolumeClaim));
}

function podInScope(scope: ScopedResourceSelectorRequirement, { spec, status }: Pod): boolean {
  switch (scope.scopeName) {
    case 'Terminating':
      return spec.activeDeadlineSeconds !== undefined;
    case 'NotTerminating':
      return spec.activeDeadlineSeconds === undefined;
    case 'BestEffort':
      return status?.qosClass === 'BestEffort';
    case 'NotBestEffort':
      return status?.qosClass !== 'BestEffort';
    case 'CrossNamespacePodAffinity':
      return reachesOut(spec);
    case 'PriorityClass':
      return selects(scope, [spec.priorityClassName]);
    default:
      return false;
  }
}

/** KEP-3751: a claim belongs to the class that it asks for, to that which it has, and to that which it is on its way to. */
function claimInScope(scope: ScopedResourceSelectorRequirement, { spec, status }: PersistentVolumeClaim): boolean {
  if (scope.scopeName !== 'VolumeAttributesClass') return false;
  const changing = status?.modifyVolumeStatus?.targetVolumeAttributesClassName;
  return selects(scope, [spec.volumeAttributesClassName, status?.currentVolumeAttributesClassName, changing]);
}

/** As a selector of labels would, for any of the names. */
function selects({ operator, values = [] }: ScopedResourceSelectorRequirement, names: readonly (string | undefined)[]): boolean {
  const present = names.filter((name): name is string => Boolean(name));
  if (operator === 'Exists') return present.length > 0;
  if (present.length === 0) return operator === 'DoesNotExist' || operator === 'NotIn';
  return operator !== 'DoesNotExist' && present.some((name) => values.includes(name) === (operator === 'In'));
}

function reachesOut({ affinity }: Pod['spec']): boolean {
  const terms = [affinity?.podAffinity, affinity?.podAntiAffinity].flatMap((each) => [
    ...(each?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(each?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ]);
  return terms.some(({ namespaces, namespaceSelector }) => (namespaces?.length ?? 0) > 0 || namespaceSelector !== undefined);
}

/** What containers must say because a quota counts it, as `cpu for: a,b`; empty when they do. */
export function unsaidForQuota(quota: ResourceQuota, { spec }: Pod): string[] {
  const wanted = Object.keys(quota.status?.hard ?? {}).filter((name) => asked.has(name));
  const whole = computeUsage(containerTotals({ containers: [spec] }, 'requests'), containerTotals({ containers: [spec] }, 'limits'));
  return wanted.toSorted().flatMap((name) => {
    if (whole.has(name)) return [];
    const silent = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].filter((container) => {
      const said = { containers: [container] };
      return !computeUsage(containerTotals(said, 'requests'), containerTotals(said, 'limits')).has(name);
    });
    const names = [...new Set(silent.map((container) => container.name))].toSorted();
    return names.length > 0 ? [`${name} for: ${names.join(',')}`] : [];
  });
}

/** What `usage` adds to what was before, as far as it adds anything. */
export function moreThan(before: Usage, usage: Usage): Usage {
  const more = [...usage].map(([name, amount]): [string, Quantity] => {
    const had = before.get(name);
    return [name, had ? subtractQuantities(amount, had) : amount];
  });
  return new Map(more.filter(([, amount]) => amount.nano > 0n));
}

/** Names of what would be beyond the quota if this were added. */
export function beyondQuota({ status }: ResourceQuota, added: Usage): string[] {
  const { hard = {}, used = {} } = status ?? {};
  return [...added]
    .filter(([name, amount]) => {
      const limit = lookUp(hard, name);
      return limit !== undefined && compareQuantities(addQuantities(lookUp(used, name) ?? '0', amount), limit) > 0;
    })
    .map(([name]) => name)
    .toSorted();
}

/** Adds to `total` in place, and answers it. */
export function sumUsage(total: Usage, usage: Usage): Usage {
  for (const [name, amount] of usage) total.set(name, addQuantities(total.get(name) ?? parseQuantity('0'), amount));
  return total;
}
