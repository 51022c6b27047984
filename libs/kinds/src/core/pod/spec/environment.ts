import {
  type FieldError,
  invalidValue,
  isConfigMapKey,
  isDns1123Subdomain,
  isEnvVarName,
  isQualifiedName,
  notSupported,
  required,
  type TextRule,
} from '#api';
import type { EnvFromSource, EnvVar, ObjectFieldSelector, ResourceFieldSelector } from '#api/types';
import { complaints } from '../../../rules/checks.ts';
import { nanosOf } from '../../../rules/quantities.ts';
import { relativePath } from './paths.ts';

/** What `valueFrom.fieldRef` may name; labels and annotations only one by one. */
const environmentFields = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
/** Field labels that the downward API knows at all, here or in a volume. */
const downwardFields = new Set([
  ...environmentFields,
  'metadata.annotations',
  'metadata.labels',
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
  'spec.hostNetwork',
]);
const resourceFields = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];

/** `k8s.io/kubernetes/pkg/apis/core/validation`, ValidateEnv. A name may be there twice: the last one counts, and a warning says so. */
export function validateEnv(variables: readonly EnvVar[] | undefined, path: string): FieldError[] {
  return (variables ?? []).flatMap((variable, i) => [
    ...(variable.name ? complaints(isEnvVarName, variable.name, `${path}[${i}].name`) : [required(`${path}[${i}].name`)]),
    ...validateValueFrom(variable, `${path}[${i}].valueFrom`),
  ]);
}

/** A variable has a value or one source. */
function validateValueFrom({ value, valueFrom }: EnvVar, path: string): FieldError[] {
  if (!valueFrom) return [];
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = valueFrom;
  const errors = [
    ...(fieldRef ? validateFieldRef(fieldRef, environmentFields, `${path}.fieldRef`) : []),
    ...(resourceFieldRef ? validateResourceFieldRef(resourceFieldRef, `${path}.resourceFieldRef`, false) : []),
    ...(configMapKeyRef ? validateKeyRef(configMapKeyRef, `${path}.configMapKeyRef`) : []),
    ...(secretKeyRef ? validateKeyRef(secretKeyRef, `${path}.secretKeyRef`) : []),
    ...(fileKeyRef ? validateFileKeyRef(fileKeyRef, `${path}.fileKeyRef`) : []),
  ];
  const sources = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef].filter(Boolean).length;
  if (sources === 0) {
    const names = '`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
    errors.push(invalidValue(path, '', `must specify one of: ${names}`));
  } else if (value) {
    errors.push(invalidValue(path, '', 'may not be specified when `value` is not empty'));
  } else if (sources > 1) {
    errors.push(invalidValue(path, '', 'may not have more than one field specified at a time'));
  }
  return errors;
}

/** `k8s.io/kubernetes/pkg/apis/core/validation`, validateObjectFieldSelector. */
export function validateFieldRef(reference: ObjectFieldSelector, supported: readonly string[], path: string): FieldError[] {
  const { apiVersion, fieldPath } = reference;
  if (!apiVersion) return [required(`${path}.apiVersion`)];
  if (!fieldPath) return [required(`${path}.fieldPath`)];
  const subscript = /^(.*)\['(.*)'\]$/.exec(fieldPath);
  const name = subscript?.[1] ?? fieldPath;
  if (apiVersion !== 'v1') {
    const why = `error converting fieldPath: unsupported pod version: ${apiVersion}`;
    return [invalidValue(`${path}.fieldPath`, fieldPath, why)];
  }
  if (!downwardFields.has(name)) {
    return [invalidValue(`${path}.fieldPath`, fieldPath, `error converting fieldPath: field label not supported: ${fieldPath}`)];
  }
  if (subscript) return validateSubscript(name, subscript[2] ?? '', path);
  return supported.includes(fieldPath) ? [] : [notSupported(`${path}.fieldPath`, fieldPath, supported)];
}

function validateSubscript(name: string, key: string, path: string): FieldError[] {
  if (name === 'metadata.annotations') return complaints(isQualifiedName, key.toLowerCase(), path);
  if (name === 'metadata.labels') return complaints(isQualifiedName, key, path);
  return [invalidValue(path, name, 'does not support subscript')];
}

/** `k8s.io/kubernetes/pkg/apis/core/validation`, validateContainerResourceFieldSelector. */
export function validateResourceFieldRef(reference: ResourceFieldSelector, path: string, inVolume: boolean): FieldError[] {
  const { containerName, resource } = reference;
  const errors: FieldError[] = [];
  if (inVolume && !containerName) errors.push(required(`${path}.containerName`));
  else if (!resource) errors.push(required(`${path}.resource`));
  else if (!resourceFields.includes(resource) && !/^(requests|limits)\.hugepages-/.test(resource)) {
    errors.push(notSupported(`${path}.resource`, resource, resourceFields));
  }
  return [...errors, ...validateDivisor(reference, path)];
}

function validateDivisor({ resource, divisor }: ResourceFieldSelector, path: string): FieldError[] {
  if (divisor === undefined || nanosOf(divisor) === 0n) return [];
  const name = (resource ?? '').replace(/^(limits|requests)\./, '');
  if (name === 'cpu') {
    if (['1m', '1'].includes(String(divisor))) return [];
    return [invalidValue(`${path}.divisor`, resource, "only divisor's values 1m and 1 are supported with the cpu resource")];
  }
  const kind =
    { memory: 'memory', 'ephemeral-storage': 'local ephemeral storage' }[name] ?? (name.startsWith('hugepages-') ? 'hugepages' : '');
  if (!kind || /^1([kMGTPE]|[KMGTPE]i)?$/.test(String(divisor))) return [];
  const values = '1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei';
  return [invalidValue(`${path}.divisor`, resource, `only divisor's values ${values} are supported with the ${kind} resource`)];
}

function validateKeyRef({ name, key }: { name?: string; key?: string }, path: string): FieldError[] {
  return [
    ...complaints(isDns1123Subdomain, name ?? '', `${path}.name`),
    ...(key ? complaints(isConfigMapKey, key, `${path}.key`) : [required(`${path}.key`)]),
  ];
}

/** KEP-3721: a variable read out of a file that an init container wrote. */
function validateFileKeyRef(reference: { key?: string; path?: string; volumeName?: string }, path: string): FieldError[] {
  return [
    ...(reference.key ? complaints(isEnvVarName, reference.key, `${path}.key`) : [required(`${path}.key`)]),
    ...(reference.volumeName
      ? complaints(isDns1123Subdomain, reference.volumeName, `${path}.volumeName`)
      : [required(`${path}.volumeName`)]),
    ...(reference.path ? relativePath(reference.path, `${path}.path`) : [required(`${path}.path`)]),
  ];
}

/** `k8s.io/kubernetes/pkg/apis/core/validation`, ValidateEnvFrom. */
export function validateEnvFrom(sources: readonly EnvFromSource[] | undefined, path: string): FieldError[] {
  return (sources ?? []).flatMap(({ prefix, configMapRef, secretRef }, i) => {
    const named = [configMapRef, secretRef].filter(Boolean).length;
    return [
      ...(prefix ? complaints(isEnvVarName, prefix, `${path}[${i}].prefix`) : []),
      ...(configMapRef ? requiredName(isDns1123Subdomain, configMapRef.name, `${path}[${i}].configMapRef.name`) : []),
      ...(secretRef ? requiredName(isDns1123Subdomain, secretRef.name, `${path}[${i}].secretRef.name`) : []),
      ...(named === 0 ? [invalidValue(path, '', 'must specify one of: `configMapRef` or `secretRef`')] : []),
      ...(named > 1 ? [invalidValue(path, '', 'may not have more than one field specified at a time')] : []),
    ];
  });
}

function requiredName(rule: TextRule, name: string | undefined, field: string): FieldError[] {
  return name ? complaints(rule, name, field) : [required(field)];
}
