import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  isDns1123Label,
  isValidPortName,
  notFoundValue,
  notSupported,
  required,
  tooLong,
} from '#api';
import type { Container, ContainerPort, EphemeralContainer, Volume } from '#api/types';
import { isSidecar } from '#objects';
import { complaints, oneOf, portNumber, protocols } from '../../../rules/checks.ts';
import { validateEnv, validateEnvFrom } from './environment.ts';
import { validateDevices, validateMounts } from './mounts.ts';
import { validateLifecycle, validateProbes } from './probes.ts';
import { validateResources } from './resources.ts';
import { validateSecurityContext } from './security.ts';

/** What the rules for one container need to know of its pod. */
export interface PodFacts {
  volumes: ReadonlyMap<string, Volume>;
  claimNames: ReadonlySet<string>;
  gracePeriod: number | undefined;
  restartPolicy: string | undefined;
  hostUsers: boolean;
}

/** `k8s.io/kubernetes/pkg/apis/core/validation`, validateContainers. */
export function validateContainers(containers: readonly Container[], pod: PodFacts, path: string): FieldError[] {
  if (containers.length === 0) return [required(path)];
  const names = new Set<string>();
  const errors = containers.flatMap((container, i) => {
    const field = `${path}[${i}]`;
    const own = [
      ...validateCommon(container, pod, field),
      ...(names.has(container.name) ? [duplicate(`${field}.name`, container.name)] : []),
      ...validateLifecycle(container.lifecycle, pod.gracePeriod, `${field}.lifecycle`),
      ...validateProbes(container, field),
      ...validateRestart(container, field),
    ];
    names.add(container.name);
    return own;
  });
  return [...errors, ...hostPortConflicts(containers, path)];
}

/** `regular`: the names of the containers that run after these. */
export function validateInitContainers(
  containers: readonly Container[],
  regular: readonly Container[],
  pod: PodFacts,
  path: string,
): FieldError[] {
  const names = new Set(regular.map(({ name }) => name));
  return containers.flatMap((container, i) => {
    const field = `${path}[${i}]`;
    const errors = [
      ...validateCommon(container, pod, field),
      ...validateRestart(container, field),
      ...(names.has(container.name) ? [duplicate(`${field}.name`, container.name)] : []),
      ...hostPortConflicts([container], path),
      ...(isSidecar(container)
        ? [...validateLifecycle(container.lifecycle, pod.gracePeriod, `${field}.lifecycle`), ...validateProbes(container, field)]
        : forbiddenOfInit(container, field)),
    ];
    if (container.name) names.add(container.name);
    return errors;
  });
}

function forbiddenOfInit(container: Container, path: string): FieldError[] {
  return (['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const)
    .filter((name) => container[name] !== undefined)
    .map((name) => forbiddenField(`${path}.${name}`, 'may not be set for init containers without restartPolicy=Always'));
}

/** KEP-5307: a restart policy, and rules by exit code, of one container. */
function validateRestart(container: Container, path: string): FieldError[] {
  const policies = ['Always', 'Never', 'OnFailure'];
  const { restartPolicy, restartPolicyRules = [] } = container;
  const errors: FieldError[] = [];
  if (restartPolicy !== undefined && !policies.includes(restartPolicy)) {
    errors.push(notSupported(`${path}.restartPolicy`, restartPolicy, policies));
  }
  if (restartPolicyRules.length > 0 && restartPolicy === undefined) {
    errors.push(required(`${path}.restartPolicy`, 'must specify restartPolicy when restart rules are used'));
  }
  if (restartPolicyRules.length > 20) {
    errors.push(tooLong(`${path}.restartPolicyRules`, 20));
  }
  return [
    ...errors,
    ...restartPolicyRules.flatMap((rule, i) => {
      const field = `${path}.restartPolicyRules[${i}]`;
      return [
        ...oneOf(rule.action, ['Restart', 'RestartAllContainers'], `${field}.action`),
        ...(rule.exitCodes
          ? oneOf(rule.exitCodes.operator, ['In', 'NotIn'], `${field}.exitCodes.operator`)
          : [required(`${field}.exitCodes`, 'must be specified')]),
        ...((rule.exitCodes?.values ?? []).length > 255 ? [tooLong(`${field}.exitCodes.values`, 255)] : []),
      ];
    }),
  ];
}

const notForEphemeral = [
  'ports',
  'resources',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
] as const;

/** KEP-277. `others`: all containers that are not ephemeral. */
export function validateEphemeralContainers(
  containers: readonly EphemeralContainer[],
  others: readonly Container[],
  pod: PodFacts,
  path: string,
): FieldError[] {
  const names = new Set(others.map(({ name }) => name));
  const targets = new Set(names);
  const banned = 'cannot be set for an Ephemeral Container';
  return containers.flatMap((container, i) => {
    const field = `${path}[${i}]`;
    const target = container.targetContainerName;
    const errors = [
      ...validateCommon(container as Container, pod, field),
      ...validateImageText(container as Container, field),
      ...(names.has(container.name) ? [duplicate(`${field}.name`, container.name)] : []),
      ...(target && !targets.has(target) ? [notFoundValue(`${field}.targetContainerName`, target)] : []),
      ...notForEphemeral.filter((name) => isSet(container[name])).map((name) => forbiddenField(`${field}.${name}`, banned)),
      ...(container.volumeMounts ?? []).flatMap((mount, k) =>
        (['subPath', 'subPathExpr'] as const)
          .filter((name) => Boolean(mount[name]))
          .map((name) => forbiddenField(`${field}.volumeMounts[${k}].${name}`, banned)),
      ),
    ];
    names.add(container.name);
    return errors;
  });
}

const isSet = (value: unknown): boolean =>
  value !== undefined && value !== null && (typeof value !== 'object' || Object.keys(value).length > 0) && value !== '';

/** Of a pod, not of a template: there, images of spaces stand for something that is filled in later. */
export function validateImageText(container: Container, path: string): FieldError[] {
  const image = container.image ?? '';
  return image === image.trim() ? [] : [invalidValue(`${path}.image`, image, 'must not have leading or trailing whitespace')];
}

function validateCommon(container: Container, pod: PodFacts, path: string): FieldError[] {
  return [
    ...(container.name ? complaints(isDns1123Label, container.name, `${path}.name`) : [required(`${path}.name`)]),
    ...(container.image ? [] : [required(`${path}.image`)]),
    ...oneOf(container.terminationMessagePolicy, ['File', 'FallbackToLogsOnError'], `${path}.terminationMessagePolicy`),
    ...validatePorts(container.ports ?? [], `${path}.ports`),
    ...validateEnv(container.env, `${path}.env`),
    ...validateEnvFrom(container.envFrom, `${path}.envFrom`),
    ...validateMounts(container, pod.volumes, `${path}.volumeMounts`),
    ...validateDevices(container, pod.volumes, `${path}.volumeDevices`),
    ...oneOf(container.imagePullPolicy, ['Always', 'IfNotPresent', 'Never'], `${path}.imagePullPolicy`),
    ...validateResources(container.resources, `${path}.resources`, { claimNames: pod.claimNames }),
    ...validateResizePolicy(container, pod.restartPolicy, `${path}.resizePolicy`),
    ...validateSecurityContext(container.securityContext, { hostUsers: pod.hostUsers }, `${path}.securityContext`),
  ];
}

function validatePorts(ports: readonly ContainerPort[], path: string): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, i) => {
    const field = `${path}[${i}]`;
    const errors: FieldError[] = [];
    if (port.name) {
      const bad = complaints(isValidPortName, port.name, `${field}.name`);
      errors.push(...bad, ...(bad.length === 0 && names.has(port.name) ? [duplicate(`${field}.name`, port.name)] : []));
      if (bad.length === 0) names.add(port.name);
    }
    errors.push(...(port.containerPort ? portNumber(port.containerPort, `${field}.containerPort`) : [required(`${field}.containerPort`)]));
    if (port.hostPort) errors.push(...portNumber(port.hostPort, `${field}.hostPort`));
    return [...errors, ...oneOf(port.protocol, protocols, `${field}.protocol`)];
  });
}

function hostPortConflicts(containers: readonly Container[], path: string): FieldError[] {
  const taken = new Set<string>();
  return containers.flatMap((container, i) =>
    (container.ports ?? []).flatMap((port, k) => {
      if (!port.hostPort) return [];
      const key = `${port.protocol}/${port.hostIP ?? ''}/${port.hostPort}`;
      if (taken.has(key)) return [duplicate(`${path}[${i}].ports[${k}].hostPort`, key)];
      taken.add(key);
      return [];
    }),
  );
}

function validateResizePolicy({ resizePolicy = [] }: Container, podRestartPolicy: string | undefined, path: string): FieldError[] {
  const seen = new Set<string>();
  return resizePolicy.flatMap((policy, i) => {
    const errors = seen.has(policy.resourceName) ? [duplicate(`${path}[${i}]`, policy.resourceName)] : [];
    seen.add(policy.resourceName);
    errors.push(
      ...oneOf(policy.resourceName, ['cpu', 'memory'], path),
      ...oneOf(policy.restartPolicy, ['NotRequired', 'RestartContainer'], path),
    );
    if (podRestartPolicy === 'Never' && policy.restartPolicy !== 'NotRequired') {
      errors.push(invalidValue(path, policy.restartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'"));
    }
    return errors;
  });
}
