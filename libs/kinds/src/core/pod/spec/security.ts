import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  isDns1123Subdomain,
  isValidId,
  notSupported,
  required,
  tooLong,
} from '#api';
import type {
  AppArmorProfile,
  PodSecurityContext,
  PodSpec,
  SeccompProfile,
  SecurityContext,
  WindowsSecurityContextOptions,
} from '#api/types';
import { optionalOneOf } from '../../../rules/checks.ts';
import { relativePath } from './paths.ts';

const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined'];

/** `k8s.io/kubernetes/pkg/apis/core/validation`, ValidateSecurityContext. */
export function validateSecurityContext(
  context: SecurityContext | undefined,
  { hostUsers }: { hostUsers: boolean },
  path: string,
): FieldError[] {
  if (!context) return [];
  const { procMount, allowPrivilegeEscalation, privileged, capabilities } = context;
  const errors = [...validateId(context.runAsUser, `${path}.runAsUser`), ...validateId(context.runAsGroup, `${path}.runAsGroup`)];
  if (procMount !== undefined) {
    errors.push(...optionalOneOf(procMount, ['Default', 'Unmasked'], `${path}.procMount`));
    if (hostUsers && procMount === 'Unmasked') {
      errors.push(invalidValue(`${path}.procMount`, procMount, '`hostUsers` must be false to use `Unmasked`'));
    }
  }
  errors.push(...validateSeccomp(context.seccompProfile, `${path}.seccompProfile`));
  if (allowPrivilegeEscalation === false) {
    if (privileged) errors.push(invalidValue(path, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'));
    if ((capabilities?.add ?? []).includes('CAP_SYS_ADMIN')) {
      errors.push(invalidValue(path, context, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'));
    }
  }
  return [
    ...errors,
    ...validateWindows(context.windowsOptions, `${path}.windowsOptions`),
    ...validateAppArmor(context.appArmorProfile, `${path}.appArmorProfile`),
  ];
}

/** `k8s.io/kubernetes/pkg/apis/core/validation`, validatePodSpecSecurityContext. */
export function validatePodSecurityContext(spec: PodSpec, path: string): FieldError[] {
  const context: PodSecurityContext | undefined = spec.securityContext;
  if (!context) return [];
  return [
    ...validateId(context.fsGroup, `${path}.fsGroup`),
    ...validateId(context.runAsUser, `${path}.runAsUser`),
    ...validateId(context.runAsGroup, `${path}.runAsGroup`),
    ...(context.supplementalGroups ?? []).flatMap((group, i) => validateId(group, `${path}.supplementalGroups[${i}]`)),
    ...(spec.shareProcessNamespace && spec.hostPID
      ? [invalidValue(`${path}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled')]
      : []),
    ...validateSysctls(spec, `${path}.sysctls`),
    ...optionalOneOf(context.fsGroupChangePolicy, ['Always', 'OnRootMismatch'], `${path}.fsGroupChangePolicy`),
    ...validateSeccomp(context.seccompProfile, `${path}.seccompProfile`),
    ...validateWindows(context.windowsOptions, `${path}.windowsOptions`),
    ...validateAppArmor(context.appArmorProfile, `${path}.appArmorProfile`),
    ...optionalOneOf(context.supplementalGroupsPolicy, ['Merge', 'Strict'], `${path}.supplementalGroupsPolicy`),
    ...optionalOneOf(context.seLinuxChangePolicy, ['MountOption', 'Recursive'], `${path}.seLinuxChangePolicy`),
  ];
}

/** KEP-127: a pod with users of its own shares no other namespace with the host. */
export function validateHostUsers(spec: PodSpec, path: string): FieldError[] {
  if (spec.hostUsers !== false) return [];
  const why = 'when `pod.Spec.HostUsers` is false';
  return [
    ...(spec.hostNetwork ? [forbiddenField(`${path}.hostNetwork`, why)] : []),
    ...(spec.hostPID ? [forbiddenField(`${path}.HostPID`, why)] : []),
    ...(spec.hostIPC ? [forbiddenField(`${path}.HostIPC`, why)] : []),
  ];
}

const validateId = (id: number | undefined, field: string): FieldError[] =>
  id === undefined ? [] : isValidId(id).map((message) => invalidValue(field, id, message));

const sysctlPattern = '([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const sysctlName = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;
const ipcSysctls = /^(kernel\.shm|kernel\.msg|kernel\.sem$|fs\.mqueue\.)/;

function validateSysctls(spec: PodSpec, path: string): FieldError[] {
  const names = new Set<string>();
  return (spec.securityContext?.sysctls ?? []).flatMap(({ name }, i) => {
    const field = `${path}[${i}].name`;
    const errors: FieldError[] = [];
    if (!name) errors.push(required(field));
    else if (name.length > 253 || !sysctlName.test(name)) {
      errors.push(invalidValue(field, name, `must have at most 253 characters and match regex ^${sysctlPattern}$`));
    } else if (names.has(name)) errors.push(duplicate(field, name));
    const dotted = (name ?? '').replaceAll('/', '.');
    if (spec.hostNetwork && dotted.startsWith('net.'))
      errors.push(invalidValue(field, name, "may not be specified when 'hostNetwork' is true"));
    else if (spec.hostIPC && ipcSysctls.test(dotted)) errors.push(invalidValue(field, name, "may not be specified when 'hostIPC' is true"));
    names.add(name);
    return errors;
  });
}

function validateSeccomp(profile: SeccompProfile | undefined, path: string): FieldError[] {
  if (!profile) return [];
  const errors: FieldError[] = [];
  if (!profile.type) errors.push(required(`${path}.type`, 'type is required when seccompProfile is set'));
  else if (!profileTypes.includes(profile.type)) errors.push(notSupported(`${path}.type`, profile.type, profileTypes));
  const local = profile.localhostProfile;
  if (profile.type !== 'Localhost') {
    if (local !== undefined)
      errors.push(invalidValue(`${path}.localhostProfile`, profile, 'can only be set when seccomp type is Localhost'));
  } else if (local === undefined) {
    errors.push(required(`${path}.localhostProfile`, 'must be set when seccomp type is Localhost'));
  } else {
    errors.push(...relativePath(local, `${path}.localhostProfile`));
  }
  return errors;
}

function validateAppArmor(profile: AppArmorProfile | undefined, path: string): FieldError[] {
  if (!profile) return [];
  const field = `${path}.localhostProfile`;
  const local = profile.localhostProfile;
  if (!profile.type) return [required(`${path}.type`, 'type is required when appArmorProfile is set')];
  if (!profileTypes.includes(profile.type)) return [notSupported(`${path}.type`, profile.type, profileTypes)];
  if (profile.type !== 'Localhost') {
    return local === undefined ? [] : [invalidValue(field, local, 'can only be set when AppArmor type is Localhost')];
  }
  if (local === undefined || local === '') return [required(field, 'must be set when AppArmor type is Localhost')];
  return [
    ...(local === local.trim() ? [] : [invalidValue(field, local, 'must not be padded with whitespace')]),
    ...(local.length > 4095 ? [tooLong(field, 4095)] : []),
  ];
}

function validateWindows(options: WindowsSecurityContextOptions | undefined, path: string): FieldError[] {
  if (!options) return [];
  const { gmsaCredentialSpecName, gmsaCredentialSpec, runAsUserName } = options;
  return [
    ...(gmsaCredentialSpecName !== undefined
      ? isDns1123Subdomain(gmsaCredentialSpecName).map((m) => invalidValue(`${path}.gmsaCredentialSpecName`, gmsaCredentialSpecName, m))
      : []),
    ...(gmsaCredentialSpec === ''
      ? [invalidValue(`${path}.gmsaCredentialSpec`, gmsaCredentialSpec, 'gmsaCredentialSpec cannot be an empty string')]
      : []),
    ...(runAsUserName === '' ? [invalidValue(`${path}.runAsUserName`, runAsUserName, 'runAsUserName cannot be an empty string')] : []),
  ];
}

const notOnWindows = ['appArmorProfile', 'seLinuxOptions', 'seccompProfile', 'runAsUser', 'runAsGroup'] as const;
const podNotOnWindows = [
  ...notOnWindows,
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'supplementalGroups',
  'supplementalGroupsPolicy',
  'seLinuxChangePolicy',
] as const;
const containerNotOnWindows = [
  ...notOnWindows,
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
] as const;
const specNotOnWindows = ['hostUsers', 'hostPID', 'hostIPC', 'shareProcessNamespace'] as const;

/** `spec.os` names what the pod is written for, and so what may stand in it. */
export function validateOs(spec: PodSpec, path: string): FieldError[] {
  if (!spec.os) return [];
  const os = spec.os.name;
  if (!os) return [required(`${path}.os.name`, 'cannot be empty')];
  if (os !== 'linux' && os !== 'windows') return [notSupported(`${path}.os`, os, ['linux', 'windows'])];
  const lists = ['initContainers', 'containers', 'ephemeralContainers'] as const;
  const contexts = lists.flatMap((list) =>
    (spec[list] ?? []).map((container, i) => ({ context: container.securityContext, field: `${path}.${list}[${i}].securityContext` })),
  );
  if (os === 'linux') {
    return [{ context: spec.securityContext, field: `${path}.securityContext` }, ...contexts]
      .filter(({ context }) => context?.windowsOptions !== undefined)
      .map(({ field }) => forbiddenField(`${field}.windowsOptions`, 'windows options cannot be set for a linux pod'));
  }
  const no = (field: string): FieldError => forbiddenField(field, 'cannot be set for a windows pod');
  return [
    ...podNotOnWindows.filter((name) => spec.securityContext?.[name] !== undefined).map((name) => no(`${path}.securityContext.${name}`)),
    ...specNotOnWindows.filter((name) => spec[name] !== undefined && spec[name] !== false).map((name) => no(`${path}.${name}`)),
    ...contexts.flatMap(({ context, field }) =>
      containerNotOnWindows.filter((name) => context?.[name] !== undefined).map((name) => no(`${field}.${name}`)),
    ),
  ];
}
