import {
  duplicate,
  type FieldError,
  forbiddenField,
  inclusiveRangeError,
  invalidValue,
  isDns1123Label,
  isDns1123Subdomain,
  required,
  validateLabels,
} from '#api';
import type { Pod, PodSpec } from '#api/types';
import { mirrorPodAnnotation, podDeletionCostAnnotation } from '#objects';
import { complaints, oneOf, optionalOneOf } from '../../rules/checks.ts';
import {
  type PodFacts,
  validateContainers,
  validateEphemeralContainers,
  validateImageText,
  validateInitContainers,
} from './spec/containers.ts';
import { validateDns, validateDnsConfig, validateHostAliases, validateHostNetworkPorts, validateHostnames } from './spec/networking.ts';
import { validatePodResources } from './spec/pod-resources.ts';
import { validateResources } from './spec/resources.ts';
import { validateAffinity, validateSchedulingGates, validateTolerations, validateTopologySpread } from './spec/scheduling.ts';
import { validateHostUsers, validateOs, validatePodSecurityContext } from './spec/security.ts';
import { validateVolumes } from './spec/volumes.ts';

const maxInt32 = 2 ** 31 - 1;

/** `k8s.io/kubernetes/pkg/apis/core/validation`, ValidatePodSpec: for pods and for the templates of all workloads. */
export function validatePodSpec(
  spec: PodSpec | undefined,
  path: string,
  { podName, inTemplate = false }: { podName?: string; inTemplate?: boolean } = {},
): FieldError[] {
  const pod = spec ?? ({ containers: [] } as PodSpec);
  const { volumes, errors: volumeErrors } = validateVolumes(pod.volumes, `${path}.volumes`, podName);
  const facts: PodFacts = {
    volumes,
    claimNames: new Set((pod.resourceClaims ?? []).map(({ name }) => name)),
    gracePeriod: pod.terminationGracePeriodSeconds,
    restartPolicy: pod.restartPolicy,
    hostUsers: pod.hostUsers !== false,
  };
  const containers = pod.containers ?? [];
  const init = pod.initContainers ?? [];
  return [
    ...(pod.terminationGracePeriodSeconds === undefined ? [required(`${path}.terminationGracePeriodSeconds`)] : []),
    ...volumeErrors,
    ...validateResourceClaims(pod, `${path}.resourceClaims`),
    ...validateContainers(containers, facts, `${path}.containers`),
    ...validateInitContainers(init, containers, facts, `${path}.initContainers`),
    ...validateEphemeralContainers(pod.ephemeralContainers ?? [], [...containers, ...init], facts, `${path}.ephemeralContainers`),
    ...validatePodResources(pod, `${path}.resources`),
    ...validateHostNetworkPorts(pod, path, { inTemplate }),
    ...oneOf(pod.restartPolicy, ['Always', 'OnFailure', 'Never'], `${path}.restartPolicy`),
    ...validateDns(pod, path),
    ...validateLabels(pod.nodeSelector, `${path}.nodeSelector`),
    ...validatePodSecurityContext(pod, `${path}.securityContext`),
    ...validateAffinity(pod.affinity, `${path}.affinity`),
    ...validateDnsConfig(pod, `${path}.dnsConfig`),
    ...validateGates(pod, path),
    ...validateTopologySpread(pod.topologySpreadConstraints ?? [], `${path}.topologySpreadConstraints`),
    ...validateHostUsers(pod, path),
    ...validateNames(pod, path),
    ...validateDeadline(pod.activeDeadlineSeconds, `${path}.activeDeadlineSeconds`),
    ...validateHostnames(pod, path),
    ...validateTolerations(pod.tolerations ?? [], `${path}.tolerations`),
    ...validateHostAliases(pod.hostAliases ?? [], `${path}.hostAliases`),
    ...optionalOneOf(pod.preemptionPolicy, ['PreemptLowerPriority', 'Never'], `${path}.preemptionPolicy`),
    ...validateResources({ limits: pod.overhead ?? {} }, `${path}.overhead`),
    ...validateOs(pod, path),
  ];
}

/** KEP-4381: a claim is made by somebody else or of a template, and containers name it by its own name here. */
function validateResourceClaims(pod: PodSpec, path: string): FieldError[] {
  const seen = new Set<string>();
  return (pod.resourceClaims ?? []).flatMap((claim, i) => {
    const field = `${path}[${i}]`;
    const { name, resourceClaimName, resourceClaimTemplateName } = claim;
    const errors: FieldError[] = [];
    if (!name) errors.push(required(`${field}.name`));
    else if (seen.has(name)) errors.push(duplicate(`${field}.name`, name));
    else errors.push(...complaints(isDns1123Label, name, `${field}.name`));
    seen.add(name);
    const given = [resourceClaimName, resourceClaimTemplateName].filter((each) => each !== undefined).length;
    if (given > 1) {
      errors.push(invalidValue(field, claim, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'));
    }
    if (given === 0) errors.push(invalidValue(field, claim, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'));
    return errors;
  });
}

const validateGates = (pod: PodSpec, path: string): FieldError[] => [
  ...(pod.readinessGates ?? []).flatMap(({ conditionType }, i) =>
    validateLabels({ [conditionType ?? '']: '' }, `${path}.readinessGates[${i}].conditionType`),
  ),
  ...validateSchedulingGates(pod.schedulingGates ?? [], `${path}.schedulingGates`),
];

/**
 * Fields that name objects of other kinds. A runtime class is checked when it is given at all, '' included; the others mean nothing when
 * empty.
 */
const namedObjects = ['serviceAccountName', 'nodeName', 'priorityClassName', 'runtimeClassName'] as const;

const validateNames = (pod: PodSpec, path: string): FieldError[] =>
  namedObjects.flatMap((name) => {
    const value = pod[name];
    const checked = name === 'runtimeClassName' ? value !== undefined : Boolean(value);
    return checked ? complaints(isDns1123Subdomain, value ?? '', `${path}.${name}`) : [];
  });

function validateDeadline(seconds: number | undefined, field: string): FieldError[] {
  if (seconds === undefined || (seconds >= 1 && seconds <= maxInt32)) return [];
  return [invalidValue(field, seconds, inclusiveRangeError(1, maxInt32))];
}

/**
 * `k8s.io/kubernetes/pkg/apis/core/validation`, ValidatePod: the rules of a spec, and those that a template does not have, since its
 * annotations and account are not final.
 */
export function validatePod(pod: Pod): FieldError[] {
  const { spec, metadata } = pod;
  return [
    ...validatePodAnnotations(metadata.annotations, spec, 'metadata.annotations'),
    ...validatePodSpec(spec, 'spec', { ...(metadata.name && { podName: metadata.name }) }),
    ...(spec?.serviceAccountName ? [] : tokensWithoutAccount(spec)),
    ...(['containers', 'initContainers'] as const).flatMap((list) =>
      (spec?.[list] ?? []).flatMap((container, i) => validateImageText(container, `spec.${list}[${i}]`)),
    ),
  ];
}

/** A token is always somebody's. Admission has set an account by now where the pod gets one. */
function tokensWithoutAccount(spec: PodSpec | undefined): FieldError[] {
  return (spec?.volumes ?? []).flatMap((volume, i) =>
    (volume.projected?.sources ?? []).flatMap((source, k) =>
      source.serviceAccountToken
        ? [
            forbiddenField(
              `spec.volumes[${i}].projected.sources[${k}].serviceAccountToken`,
              'must not be specified when serviceAccountName is not set',
            ),
          ]
        : [],
    ),
  );
}

/** `k8s.io/kubernetes/pkg/apis/core/validation`, ValidatePodCreate. */
export function validatePodCreate({ spec }: Pod): FieldError[] {
  return [
    ...((spec.ephemeralContainers ?? []).length > 0 ? [forbiddenField('spec.ephemeralContainers', 'cannot be set on create')] : []),
    ...(spec.nodeName && (spec.schedulingGates ?? []).length > 0
      ? [forbiddenField('spec.nodeName', 'cannot be set until all schedulingGates have been cleared')]
      : []),
  ];
}

/** `k8s.io/kubernetes/pkg/apis/core/validation`, ValidatePodSpecificAnnotations. */
export function validatePodAnnotations(
  annotations: Record<string, string> | undefined,
  spec: PodSpec | undefined,
  path: string,
): FieldError[] {
  const cost = annotations?.[podDeletionCostAnnotation];
  const isCost = cost === undefined || (/^(0|-?[1-9]\d*)$/.test(cost) && Math.abs(Number(cost)) <= 2 ** 31);
  return [
    ...(annotations?.[mirrorPodAnnotation] !== undefined && !spec?.nodeName
      ? [
          invalidValue(
            `${path}[${mirrorPodAnnotation}]`,
            annotations[mirrorPodAnnotation],
            'must set spec.nodeName if mirror pod annotation is set',
          ),
        ]
      : []),
    ...(isCost ? [] : [invalidValue(`${path}[${podDeletionCostAnnotation}]`, cost, 'must be a 32bit integer')]),
  ];
}
