import { setKey } from '#base';
import { compareQuantities } from '#api';
import type { Container, EphemeralContainer, EnvVar, Pod, PodSpec, PodTemplateSpec, Volume } from '#api/types';
import { containerTotals, defaultPullPolicy } from '#objects';
import { nanosOf } from '../../rules/quantities.ts';

/** Defaults of a pod that a template does not get: they would show up in, and so change, every workload. */
export function applyPodDefaults(pod: Pod): Pod {
  if (!pod.spec) return pod;
  const spec = applyPodSpecDefaults(pod.spec);
  const each = (container: Container): Container => withHostPorts(withRequests(container), spec.hostNetwork);
  return {
    ...pod,
    spec: withPodResources({
      ...spec,
      ...(spec.containers && { containers: spec.containers.map(each) }),
      ...(spec.initContainers && { initContainers: spec.initContainers.map(each) }),
      enableServiceLinks: spec.enableServiceLinks ?? true,
    }),
  };
}

/** Defaults of a template, which are those of its spec: what a pod gets beyond is set when the pod is made. */
export function applyTemplateDefaults<T extends PodTemplateSpec | undefined>(template: T): T {
  if (!template?.spec) return template;
  return { ...template, spec: applyPodSpecDefaults(template.spec) };
}

/** What depends on other fields of a pod's spec; the plain defaults stand in the type table. */
export function applyPodSpecDefaults(spec: PodSpec): PodSpec {
  return mirrorServiceAccount({
    ...spec,
    ...(spec.volumes && { volumes: spec.volumes.map(withVolumeSource) }),
    ...(spec.initContainers && { initContainers: spec.initContainers.map(withContainerDefaults) }),
    ...(spec.containers && { containers: spec.containers.map(withContainerDefaults) }),
    ...(spec.ephemeralContainers && { ephemeralContainers: spec.ephemeralContainers.map(withContainerDefaults) }),
    securityContext: spec.securityContext ?? {},
  });
}

/** `serviceAccount` is the old name of `serviceAccountName`; both are served with one value. */
export function mirrorServiceAccount(spec: PodSpec): PodSpec {
  const name = spec.serviceAccountName || spec.serviceAccount;
  return name ? { ...spec, serviceAccountName: name, serviceAccount: name } : spec;
}

/** What the type table cannot say: the pull policy depends on the image's tag (Kubernetes, "Images", "Default image pull policy"). */
function withContainerDefaults<C extends Container | EphemeralContainer>(container: C): C {
  return {
    ...container,
    resources: container.resources ?? {},
    imagePullPolicy: container.imagePullPolicy || defaultPullPolicy(container.image ?? ''),
    ...(container.env && { env: container.env.map(withDivisor) }),
  };
}

/** '0' stands for 1 where the value is read. */
function withDivisor(variable: EnvVar): EnvVar {
  const reference = variable.valueFrom?.resourceFieldRef;
  if (!reference || reference.divisor !== undefined) return variable;
  return { ...variable, valueFrom: { ...variable.valueFrom, resourceFieldRef: { ...reference, divisor: '0' } } };
}

/** A volume that names no source is an emptyDir. */
function withVolumeSource(volume: Volume): Volume {
  const sources = Object.entries(volume).filter(([key, value]) => key !== 'name' && value !== undefined && value !== null);
  if (sources.length === 0) return { ...volume, emptyDir: {} };
  if (volume.image && !volume.image.pullPolicy) {
    return { ...volume, image: { ...volume.image, pullPolicy: defaultPullPolicy(volume.image.reference ?? '') } };
  }
  return volume;
}

/** A limit without a request is the request too. */
function withRequests(container: Container): Container {
  const limits = container.resources?.limits;
  if (!limits) return container;
  return { ...container, resources: { ...container.resources, requests: { ...limits, ...container.resources?.requests } } };
}

/** On the host's network, a container's port is the host's port. */
function withHostPorts(container: Container, hostNetwork: boolean | undefined): Container {
  if (!hostNetwork || !container.ports) return container;
  return { ...container, ports: container.ports.map((port) => ({ ...port, hostPort: port.hostPort || port.containerPort })) };
}

/**
 * KEP-2837, "Proposed Validation & Defaulting Rules", for a pod that has resources as a whole: a limit that is not given is the sum of the
 * containers' where each has one; requests are those of the containers, else the limits.
 */
function withPodResources(spec: PodSpec): PodSpec {
  const given = { limits: spec.resources?.limits ?? {}, requests: spec.resources?.requests ?? {} };
  if (Object.keys({ ...given.limits, ...given.requests }).length === 0) return spec;
  const all = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const limits: Record<string, string> = { ...given.limits };
  const requests: Record<string, string> = { ...given.requests };
  const sums = containerTotals(spec, 'limits');
  for (const name of summed) {
    const sum = all.every(({ resources }) => resources?.limits?.[name] !== undefined) ? sums.get(name) : undefined;
    if (sum) limits[name] ??= amountText(name, sum.nano);
  }
  if (Object.keys(limits).length === 0) return spec;
  const asked = containerTotals(spec, 'requests');
  for (const name of summed) {
    const sum = asked.get(name);
    if (sum) requests[name] ??= amountText(name, sum.nano);
  }
  for (const [name, limit] of Object.entries(limits)) if (!Object.hasOwn(requests, name)) setKey(requests, name, limit);
  return { ...spec, resources: { ...spec.resources, limits, requests } };
}

const summed = ['cpu', 'memory'] as const;

const amountText = (name: string, nano: bigint): string => (name === 'cpu' ? milli(nano) : String((nano + 999_999_999n) / 1_000_000_000n));

const milli = (nanos: bigint): string => {
  const text = `${(nanos + 999_999n) / 1_000_000n}m`;
  return compareQuantities(text, String((nanosOf(text) ?? 0n) / 1_000_000_000n)) === 0
    ? String((nanosOf(text) ?? 0n) / 1_000_000_000n)
    : text;
};
