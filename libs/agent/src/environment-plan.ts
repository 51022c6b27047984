import { lookUp } from '#base';
import { quantityMilliValue, quantityValue } from '#api';
import type { Container, Pod, Service } from '#api/types';
import { valueInEnvFile } from './env-file-plan.ts';

/** Thrown when the environment refers to what is not there: the container waits with `CreateContainerConfigError`. */
export class ConfigError extends Error {}

export interface EnvironmentInput {
  pod: Pod;
  container: Pick<Container, 'env' | 'envFrom' | 'name' | 'resources'>;
  /** Data of a ConfigMap or Secret (decoded) of the pod's namespace; undefined: it does not exist. */
  configMap: (name: string) => Record<string, string> | undefined;
  secret: (name: string) => Record<string, string> | undefined;
  services: readonly Service[];
  /** The text of a file in a volume of the pod; undefined: it does not exist. Throws ConfigError for a volume that the pod does not have. */
  file: (volume: string, path: string) => string | undefined;
  facts: DownwardFacts;
}

/** What the downward API tells beside the pod's own fields. */
export interface DownwardFacts {
  /** The primary ones first. */
  podIps: readonly string[];
  hostIps: readonly string[];
  nodeAllocatable: { cpuMillis: number; memoryBytes: number; ephemeralBytes: number };
}

/** Names of ConfigMaps and Secrets that a container's environment needs. */
export function environmentSources(container: Pick<Container, 'env' | 'envFrom'>): { configMaps: string[]; secrets: string[] } {
  const pick = (names: (string | undefined)[]): string[] => [...new Set(names.filter((n): n is string => Boolean(n)))];
  return {
    configMaps: pick([
      ...(container.envFrom ?? []).map((s) => s.configMapRef?.name),
      ...(container.env ?? []).map((e) => e.valueFrom?.configMapKeyRef?.name),
    ]),
    secrets: pick([
      ...(container.envFrom ?? []).map((s) => s.secretRef?.name),
      ...(container.env ?? []).map((e) => e.valueFrom?.secretKeyRef?.name),
    ]),
  };
}

/**
 * `NAME=value` for a container: services first, then `envFrom`, then `env`, later ones winning, `$(NAME)` expanded from what came before
 * (Kubernetes, "Define Dependent Environment Variables": an unknown one stays as it is, `$$` is a dollar).
 */
export function environmentOf(input: EnvironmentInput): string[] {
  const { pod, container } = input;
  const services = serviceEnvironment(pod, input.services);
  const result = new Map<string, string>();
  for (const source of container.envFrom ?? []) {
    const [kind, ref, data] = source.configMapRef
      ? (['configmap', source.configMapRef, input.configMap(source.configMapRef.name ?? '')] as const)
      : (['secret', source.secretRef, input.secret(source.secretRef?.name ?? '')] as const);
    if (!ref) continue;
    if (!data && !ref.optional) throw new ConfigError(`${kind} "${ref.name}" not found`);
    for (const [key, value] of Object.entries(data ?? {})) result.set(`${source.prefix ?? ''}${key}`, value);
  }
  for (const variable of container.env ?? []) {
    const lookup = (name: string): string | undefined => result.get(name) ?? services.get(name);
    const value = variable.valueFrom ? valueFrom(input, variable.valueFrom) : expand(variable.value ?? '', lookup);
    if (value !== undefined) result.set(variable.name, value);
  }
  for (const [name, value] of services) if (!result.has(name)) result.set(name, value);
  return [...result].map(([name, value]) => `${name}=${value}`);
}

type Source = NonNullable<NonNullable<Container['env']>[number]['valueFrom']>;

/** undefined: optional and not there. */
function valueFrom(input: EnvironmentInput, source: Source): string | undefined {
  const { pod, container, facts } = input;
  if (source.fieldRef) return fieldValue(pod, source.fieldRef.fieldPath, facts);
  if (source.resourceFieldRef) {
    const { containerName } = source.resourceFieldRef;
    return resourceValue(containerName ? resourcesOf(pod, containerName) : container.resources, source.resourceFieldRef, facts);
  }
  if (source.fileKeyRef) return fileValue(input, source.fileKeyRef);
  const [kind, ref, read] = source.configMapKeyRef
    ? (['configmap', source.configMapKeyRef, input.configMap] as const)
    : (['secret', source.secretKeyRef, input.secret] as const);
  if (!ref) return undefined;
  const data = read(ref.name ?? '');
  const value = lookUp(data, ref.key);
  if (value !== undefined) return value;
  if (ref.optional) return undefined;
  if (!data) throw new ConfigError(`${kind} "${ref.name}" not found`);
  const kindName = kind === 'configmap' ? 'ConfigMap' : 'Secret';
  throw new ConfigError(`couldn't find key ${ref.key} in ${kindName} ${pod.metadata.namespace}/${ref.name}`);
}

/** What `resourceFieldRef.containerName` names: a container, an init container or a sidecar. */
export function resourcesOf({ spec }: Pod, name: string): Container['resources'] {
  const found = [...spec.containers, ...(spec.initContainers ?? [])].find((c) => c.name === name);
  if (!found) throw new ConfigError(`container ${name} not found`);
  return found.resources;
}

/** KEP-3721. undefined: optional and not there. */
function fileValue({ file }: EnvironmentInput, { volumeName, path, key, optional }: NonNullable<Source['fileKeyRef']>): string | undefined {
  const text = file(volumeName, path);
  if (text === undefined && !optional) throw new ConfigError(`environment variable file "${path}" not found in volume "${volumeName}"`);
  let value: string | undefined;
  try {
    value = valueInEnvFile(text ?? '', key);
  } catch (err) {
    throw new ConfigError(`couldn't parse env file: ${(err as Error).message}`, { cause: err });
  }
  if (value === undefined && !optional) throw new ConfigError(`environment variable key "${key}" not found in file "${path}"`);
  return value;
}

/** A field of the downward API. Throws ConfigError for what it does not have. */
export function fieldValue(pod: Pod, path: string, facts: Pick<DownwardFacts, 'podIps' | 'hostIps'>): string {
  const { metadata, spec } = pod;
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (subscript) return lookUp(metadata[subscript[1] as 'labels' | 'annotations'], subscript[2]!) ?? '';
  switch (path) {
    case 'metadata.name':
      return metadata.name ?? '';
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid ?? '';
    case 'metadata.labels':
      return keyValues(metadata.labels);
    case 'metadata.annotations':
      return keyValues(metadata.annotations);
    case 'spec.nodeName':
      return spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? '';
    case 'status.hostIP':
      return facts.hostIps[0] ?? '';
    case 'status.hostIPs':
      return facts.hostIps.join(',');
    case 'status.podIP':
      return facts.podIps[0] ?? '';
    case 'status.podIPs':
      return facts.podIps.join(',');
    default:
      throw new ConfigError(`unsupported fieldPath: ${path}`);
  }
}

/** `key="value"` lines, sorted, values quoted as Go does. */
function keyValues(map: Record<string, string> | undefined): string {
  return Object.entries(map ?? {})
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}

/** A request or limit in units of `divisor`, rounded up; a missing limit of CPU, memory or storage is what the node has. */
export function resourceValue(
  resources: Container['resources'],
  { resource, divisor }: { resource: string; divisor?: string },
  { nodeAllocatable }: Pick<DownwardFacts, 'nodeAllocatable'>,
): string {
  const [kind, name = ''] = resource.split('.', 2) as ['limits' | 'requests', string?];
  const set = lookUp(resources?.[kind], name) ?? (kind === 'requests' ? lookUp(resources?.limits, name) : undefined);
  const ofNode = new Map([
    ['cpu', nodeAllocatable.cpuMillis],
    ['memory', nodeAllocatable.memoryBytes],
    ['ephemeral-storage', nodeAllocatable.ephemeralBytes],
  ]);
  const unset = kind === 'requests' ? 0 : (ofNode.get(name) ?? 0);
  const hasDivisor = divisor && divisor !== '0';
  if (name === 'cpu') return String(Math.ceil((set ? quantityMilliValue(set) : unset) / (hasDivisor ? quantityMilliValue(divisor) : 1000)));
  return String(Math.ceil((set ? quantityValue(set) : unset) / (hasDivisor ? quantityValue(divisor) : 1)));
}

/** `$(NAME)` from `lookup`; what it does not know stays. `$$` stands for one dollar. */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (whole, name: string | undefined) => (name === undefined ? '$' : (lookup(name) ?? whole)));
}

/** Docker-links variables of the services of the pod's namespace, and of `default/kubernetes` always. */
function serviceEnvironment(pod: Pod, services: readonly Service[]): Map<string, string> {
  const result = new Map<string, string>();
  const isMaster = (s: Service): boolean => s.metadata.namespace === 'default' && s.metadata.name === 'kubernetes';
  const linked = services.filter(
    (s) => isMaster(s) || (pod.spec.enableServiceLinks !== false && s.metadata.namespace === pod.metadata.namespace),
  );
  for (const { metadata, spec } of linked) {
    const ip = spec.clusterIP;
    const [first] = spec.ports ?? [];
    if (!ip || ip === 'None' || !first) continue;
    const prefix = (metadata.name ?? '').toUpperCase().replaceAll('-', '_');
    const address = ip.includes(':') ? `[${ip}]` : ip;
    result.set(`${prefix}_SERVICE_HOST`, ip);
    result.set(`${prefix}_SERVICE_PORT`, String(first.port));
    for (const port of spec.ports ?? [])
      if (port.name) result.set(`${prefix}_SERVICE_PORT_${port.name.toUpperCase().replaceAll('-', '_')}`, String(port.port));
    const url = (port: typeof first): string => `${(port.protocol ?? 'TCP').toLowerCase()}://${address}:${port.port}`;
    result.set(`${prefix}_PORT`, url(first));
    for (const port of spec.ports ?? []) {
      const name = `${prefix}_PORT_${port.port}_${(port.protocol ?? 'TCP').toUpperCase()}`;
      result.set(name, url(port));
      result.set(`${name}_PROTO`, (port.protocol ?? 'TCP').toLowerCase());
      result.set(`${name}_PORT`, String(port.port));
      result.set(`${name}_ADDR`, ip);
    }
  }
  return result;
}
