import { invalid, type KubeObject } from '#api';
import type { AdmissionIo, AdmissionPlugin, AdmissionRequest } from '#api-server/contract';
import type { Namespace, Pod } from '#api/types';
import { lookUp } from '#base';
import { gvks } from '#objects';
import { isPod, refuse } from '../refuse.ts';
import type { PodSecurityConfiguration } from './configuration.ts';
import { detailOf, reasonOf, violations } from './evaluate.ts';
import { type LevelVersion, type Policy, policyOf, samePolicy, shown, stricter } from './policy.ts';
import { podOf, workloads } from './workloads.ts';

/** Subresources that leave the pod's spec alone. Any other is looked at, so that a new one is not a way around. */
const harmless = new Set(['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status']);
/** Pods of a namespace that are looked at when its label is raised. */
const maxPods = 3000;

/**
 * Pod Security admission (KEP-2579). Pods that violate what their namespace enforces are refused; pods and what makes pods are warned of.
 * The mode `audit` only writes into an audit log, and there is none.
 */
export function podSecurity(configuration: PodSecurityConfiguration): AdmissionPlugin {
  return {
    name: 'PodSecurity',
    handles(verb, resource, subresource) {
      if (verb !== 'create' && verb !== 'update') return false;
      if (isPod(resource)) return !harmless.has(subresource);
      return subresource === '' && (isNamespace(resource) || workloads.has(`${resource.group}/${resource.resource}`));
    },
    async validate(request, io) {
      if (isNamespace(request.resource)) checkNamespace(request, io, configuration);
      else await checkPod(request, io, configuration);
    },
  };
}

const isNamespace = (resource: { group: string; resource: string }): boolean => resource.group === '' && resource.resource === 'namespaces';

function checkNamespace(request: AdmissionRequest, io: AdmissionIo, { defaults, exemptions }: PodSecurityConfiguration): void {
  const next = request.object as Namespace;
  const { policy, errors } = policyOf(next.metadata.labels, defaults);
  const before = request.oldObject && policyOf(request.oldObject.metadata.labels, defaults);
  // Labels that were wrong before may stay so.
  if (errors.length > 0 && JSON.stringify(errors) !== JSON.stringify(before?.errors)) {
    throw invalid(request.kind, next.metadata.name ?? '', errors);
  }
  const name = next.metadata.name ?? '';
  if (!before || exemptions.namespaces.has(name) || !isRaised(policy.enforce, before.policy.enforce)) return;
  for (const warning of existingViolations(io.list<Pod>(gvks.Pod, name), { namespace: name, enforce: policy.enforce, exemptions })) {
    io.warn(warning);
  }
}

function isRaised(next: LevelVersion, before: LevelVersion): boolean {
  if (samePolicy(next, before) || next.level === 'privileged') return false;
  return next.version !== before.version || stricter(next.level, before.level);
}

interface Raised extends Pick<PodSecurityConfiguration, 'exemptions'> {
  namespace: string;
  enforce: LevelVersion;
}

/** What the pods that are there would be refused for; they stay. */
function existingViolations(pods: readonly Pod[], { namespace, enforce, exemptions }: Raised): string[] {
  const byReason = new Map<string, string[]>();
  for (const pod of pods.slice(0, maxPods)) {
    if (exemptions.runtimeClasses.has(pod.spec.runtimeClassName ?? '')) continue;
    const reason = reasonOf(violations(enforce, pod));
    if (reason) byReason.set(reason, [...(byReason.get(reason) ?? []), pod.metadata.name ?? '']);
  }
  const level = JSON.stringify(shown(enforce));
  const unseen = `new PodSecurity enforce level only checked against the first ${maxPods} of ${pods.length} existing pods`;
  const title = `existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level ${level}`;
  return [
    ...(pods.length > maxPods ? [unseen] : []),
    ...(byReason.size > 0 ? [title] : []),
    ...[...byReason].map(([reason, names]) => `${someOf(names)}: ${reason}`).sort(),
  ];
}

function someOf(names: readonly string[]): string {
  const [first] = names.toSorted();
  if (names.length === 1) return first!;
  return `${first} (and ${names.length - 1} other ${names.length === 2 ? 'pod' : 'pods'})`;
}

async function checkPod(request: AdmissionRequest, io: AdmissionIo, { defaults, exemptions }: PodSecurityConfiguration): Promise<void> {
  const { namespace, resource, user } = request;
  if (exemptions.namespaces.has(namespace) || exemptions.usernames.has(user.username)) return;
  const enforced = isPod(resource);
  if (enforced && request.oldObject && !isSignificant(request.object as Pod, request.oldObject as Pod)) return;
  const policy = await policyIn(namespace, io, defaults);
  const pod = podOf(`${resource.group}/${resource.resource}`, request.object as KubeObject);
  if (!pod || exemptions.runtimeClasses.has(pod.spec.runtimeClassName ?? '')) return;
  if (enforced) {
    const found = violations(policy.enforce, pod);
    if (found.length > 0) throw refuse(request, `violates PodSecurity ${JSON.stringify(shown(policy.enforce))}: ${detailOf(found)}`);
  }
  const found = violations(policy.warn, pod);
  if (found.length > 0) io.warn(`would violate PodSecurity ${JSON.stringify(shown(policy.warn))}: ${detailOf(found)}`);
}

async function policyIn(name: string, io: AdmissionIo, defaults: Policy): Promise<Policy> {
  const namespace = io.get<Namespace>(gvks.Namespace, '', name) ?? (await io.fresh<Namespace>(gvks.Namespace, '', name));
  return policyOf(namespace?.metadata.labels, defaults).policy;
}

/** Of what may change in a pod, images and added containers alone can make it violate more than it did. */
function isSignificant(next: Pod, old: Pod): boolean {
  const podProfile = 'seccomp.security.alpha.kubernetes.io/pod';
  if (annotation(next, podProfile) !== annotation(old, podProfile)) return true;
  for (const list of ['containers', 'initContainers'] as const) {
    const [now, before] = [next.spec[list] ?? [], old.spec[list] ?? []];
    if (now.length !== before.length || now.some((container, i) => differs(container, before[i], { next, old }))) return true;
  }
  const before = new Map((old.spec.ephemeralContainers ?? []).map((container) => [container.name, container]));
  return (next.spec.ephemeralContainers ?? []).some((container) => differs(container, before.get(container.name), { next, old }));
}

const annotation = ({ metadata }: Pod, key: string): string => lookUp(metadata.annotations, key) ?? '';

function differs(
  container: { name: string; image?: string },
  before: { image?: string } | undefined,
  pods: { next: Pod; old: Pod },
): boolean {
  const profile = `container.seccomp.security.alpha.kubernetes.io/${container.name}`;
  return container.image !== before?.image || annotation(pods.next, profile) !== annotation(pods.old, profile);
}
