import { lookUp } from '#base';
import { compareQuantities, type FieldError, forbiddenField, inclusiveRangeError, invalidValue, required } from '#api';
import type { Container, NodeAffinity, Pod, PodSpec, Toleration } from '#api/types';
import { isMirrorPod, isSidecar, mirrorPodAnnotation, qosClassOf } from '#objects';
import { semanticEqual } from '../../rules/equality.ts';
import { differences } from './differences.ts';

const maxInt32 = 2 ** 31 - 1;
const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/';

const updatable = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

/** `k8s.io/kubernetes/pkg/apis/core/validation`, ValidatePodUpdate. */
export function validatePodUpdate(next: Pod, previous: Pod): FieldError[] {
  const errors = validateAnnotationsUpdate(next, previous);
  for (const list of ['containers', 'initContainers'] as const) {
    const images = validateImages(next.spec[list] ?? [], previous.spec[list] ?? [], `spec.${list}`);
    errors.push(...images.errors);
    if (images.stop) return errors;
  }
  const deadline = validateDeadlineUpdate(next.spec.activeDeadlineSeconds, previous.spec.activeDeadlineSeconds);
  errors.push(...deadline.errors);
  if (deadline.stop) return errors;
  errors.push(...validateTolerationUpdate(next.spec.tolerations ?? [], previous.spec.tolerations ?? []));
  errors.push(...validateGateUpdate(next.spec, previous.spec));
  const masked = maskUpdatable(next.spec, previous.spec);
  if ((previous.spec.schedulingGates ?? []).length > 0) errors.push(...maskWhileGated(masked, next.spec, previous.spec));
  if (!semanticEqual(masked, previous.spec)) {
    const diff = differences(previous.spec, masked);
    errors.push(forbiddenField('spec', `pod updates may not change fields other than ${updatable}\n${diff}`));
  }
  return errors;
}

/** A static pod's image in the API stays one, and nothing becomes one; nor does a pod leave its AppArmor profile. On every path. */
export function validateAnnotationsUpdate({ metadata: next }: Pod, { metadata: previous }: Pod): FieldError[] {
  const keys = [...Object.keys(previous.annotations ?? {}), ...Object.keys(next.annotations ?? {})];
  return [...new Set(keys)].flatMap((key) => {
    const [now, before] = [lookUp(next.annotations, key), lookUp(previous.annotations, key)];
    const appArmor = key.startsWith(appArmorPrefix);
    if (now === before || (key !== mirrorPodAnnotation && !appArmor)) return [];
    const what = appArmor ? 'AppArmor annotations' : 'mirror pod annotation';
    return [forbiddenField(`metadata.annotations[${key}]`, `may not ${before === undefined ? 'add' : 'remove or update'} ${what}`)];
  });
}

function validateImages(next: readonly Container[], previous: readonly Container[], path: string): { errors: FieldError[]; stop: boolean } {
  if (next.length !== previous.length)
    return { errors: [forbiddenField(path, 'pod updates may not add or remove containers')], stop: true };
  const errors = next.flatMap(({ image = '' }, i) => [
    ...(image === '' ? [required(`${path}[${i}].image`)] : []),
    ...(image === image.trim() ? [] : [invalidValue(`${path}[${i}].image`, image, 'must not have leading or trailing whitespace')]),
  ]);
  return { errors, stop: false };
}

function validateDeadlineUpdate(next: number | undefined, previous: number | undefined): { errors: FieldError[]; stop: boolean } {
  const field = 'spec.activeDeadlineSeconds';
  if (next === undefined) {
    const gone = previous !== undefined;
    return { errors: gone ? [invalidValue(field, null, 'must not update from a positive integer to nil value')] : [], stop: false };
  }
  if (next < 0 || next > maxInt32) return { errors: [invalidValue(field, next, inclusiveRangeError(0, maxInt32))], stop: true };
  if (previous !== undefined && previous < next) {
    return { errors: [invalidValue(field, next, 'must be less than or equal to previous value')], stop: true };
  }
  return { errors: [], stop: false };
}

function validateTolerationUpdate(next: readonly Toleration[], previous: readonly Toleration[]): FieldError[] {
  const idOf = ({ key, operator, value, effect }: Toleration): string =>
    JSON.stringify([key || '', operator || '', value || '', effect || '']);
  const present = new Set(next.map(idOf));
  return previous.every((old) => present.has(idOf(old)))
    ? []
    : [forbiddenField('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')];
}

function validateGateUpdate(next: PodSpec, previous: PodSpec): FieldError[] {
  const old = new Set((previous.schedulingGates ?? []).map(({ name }) => name));
  return (next.schedulingGates ?? []).flatMap(({ name }, i) =>
    old.has(name)
      ? []
      : [forbiddenField(`spec.schedulingGates[${i}].name`, `only deletion is allowed, but found new scheduling gate '${name}'`)],
  );
}

/** `next` with every field that may change put back. */
function maskUpdatable(next: PodSpec, previous: PodSpec): PodSpec {
  const withOldImages = (now: readonly Container[] | undefined, before: readonly Container[] | undefined): Container[] | undefined =>
    now?.map((container, i) => ({ ...container, image: before?.[i]?.image }));
  const grace = next.terminationGracePeriodSeconds === 1 && (previous.terminationGracePeriodSeconds ?? 0) < 0;
  return {
    ...next,
    containers: withOldImages(next.containers, previous.containers) ?? [],
    initContainers: withOldImages(next.initContainers, previous.initContainers),
    activeDeadlineSeconds: previous.activeDeadlineSeconds,
    schedulingGates: previous.schedulingGates,
    tolerations: previous.tolerations,
    ...(grace && { terminationGracePeriodSeconds: previous.terminationGracePeriodSeconds }),
  };
}

/** KEP-3838: while a pod is gated, where it may run can still be narrowed. Puts the narrowed fields of `masked` back. */
function maskWhileGated(masked: PodSpec, next: PodSpec, previous: PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  const lost = Object.entries(previous.nodeSelector ?? {}).some(([key, value]) => lookUp(next.nodeSelector, key) !== value);
  if (lost) {
    const why = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)';
    errors.push(invalidValue('spec.nodeSelector', next.nodeSelector ?? {}, why));
  }
  masked.nodeSelector = previous.nodeSelector;
  errors.push(...validateAffinityNarrowing(next.affinity?.nodeAffinity, previous.affinity?.nodeAffinity));
  const affinity = { ...next.affinity, nodeAffinity: previous.affinity?.nodeAffinity };
  masked.affinity = semanticEqual(affinity, {}) ? previous.affinity : affinity;
  return errors;
}

function validateAffinityNarrowing(next: NodeAffinity | undefined, previous: NodeAffinity | undefined): FieldError[] {
  const field = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';
  const old = previous?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const now = next?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  if (old.length === 0) return [];
  if (old.length !== now.length) {
    return [invalidValue(field, now, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed')];
  }
  return old.flatMap((term, i) => {
    const lists = ['matchExpressions', 'matchFields'] as const;
    const kept = lists.every((list) => semanticEqual((now[i]?.[list] ?? []).slice(0, (term[list] ?? []).length), term[list]));
    const filled = lists.every((list) => (term[list] ?? []).length === 0) && lists.some((list) => (now[i]?.[list] ?? []).length > 0);
    return kept && !filled ? [] : [invalidValue(`${field}[${i}]`, now[i], 'only additions are allowed (no mutations or deletions)')];
  });
}

/** `k8s.io/kubernetes/pkg/apis/core/validation`, ValidatePodEphemeralContainersUpdate. */
export function validateEphemeralUpdate(next: Pod, previous: Pod): FieldError[] {
  if (isMirrorPod(previous)) {
    return [forbiddenField('[]', 'static pods do not support ephemeral containers')];
  }
  const field = 'spec.ephemeralContainers';
  const present = new Map((next.spec.ephemeralContainers ?? []).toReversed().map((container) => [container.name, container]));
  return (previous.spec.ephemeralContainers ?? []).flatMap((old) => {
    const now = present.get(old.name);
    if (!now) return [forbiddenField(field, `existing ephemeral containers "${old.name}" may not be removed\n`)];
    if (semanticEqual(now, old)) return [];
    return [forbiddenField(field, `existing ephemeral containers "${old.name}" may not be changed\n${differences(old, now)}`)];
  });
}

/** `k8s.io/kubernetes/pkg/apis/core/validation`, ValidatePodResize. */
export function validateResize(next: Pod, previous: Pod): FieldError[] {
  const whole = (pod: Pod): boolean => !semanticEqual(pod.spec.resources, {});
  if (whole(next) || whole(previous)) return [forbiddenField('[]', 'pods with pod-level resources cannot be resized')];
  if (isMirrorPod(previous)) return [forbiddenField('[]', 'static pods cannot be resized')];
  if (previous.spec.os?.name === 'windows') return [forbiddenField('[]', 'windows pods cannot be resized')];
  const errors: FieldError[] = [];
  if (qosClassOf(next) !== qosClassOf(previous)) {
    errors.push(invalidValue('spec', next.status?.qosClass ?? '', 'Pod QOS Class may not change as a result of resizing'));
  }
  for (const list of ['initContainers', 'containers'] as const) {
    for (const [i, old] of (previous.spec[list] ?? []).entries()) {
      const now = next.spec[list]?.[i];
      if (now) errors.push(...validateContainerResize(now, old, { path: `spec.${list}[${i}].resources`, init: list === 'initContainers' }));
    }
  }
  return errors;
}

function validateContainerResize(now: Container, old: Container, { path, init }: { path: string; init: boolean }): FieldError[] {
  if (init && !isSidecar(old)) {
    return semanticEqual(now, old) ? [] : [forbiddenField('spec', 'resources for non-sidecar init containers are immutable')];
  }
  const errors: FieldError[] = [];
  for (const list of ['requests', 'limits'] as const) {
    const [after, before]: Record<string, string>[] = [now.resources?.[list] ?? {}, old.resources?.[list] ?? {}];
    if (Object.keys(before ?? {}).some((name) => !Object.hasOwn(after ?? {}, name))) {
      errors.push(forbiddenField(`${path}.${list}`, `resource ${list} cannot be removed`));
    }
    const names = new Set([...Object.keys(after ?? {}), ...Object.keys(before ?? {})]);
    names.delete('cpu');
    names.delete('memory');
    if ([...names].some((name) => lookUp(after, name) !== lookUp(before, name))) {
      errors.push(forbiddenField('spec', `only cpu and memory resources${init ? ' for sidecar containers' : ''} are mutable`));
    }
  }
  return [...errors, ...validateMemoryLimit(now, old, path)];
}

/** A limit on memory cannot shrink under a running process unless the container restarts for it. */
function validateMemoryLimit(now: Container, old: Container, path: string): FieldError[] {
  const policy = (now.resizePolicy ?? []).find(({ resourceName }) => resourceName === 'memory')?.restartPolicy;
  const [after, before] = [now.resources?.limits?.memory, old.resources?.limits?.memory];
  if (policy === 'RestartContainer' || after === undefined) return [];
  const field = `${path}.limits[memory]`;
  if (before === undefined) return [forbiddenField(field, 'memory limits cannot be added unless resizePolicy is RestartContainer')];
  return compareQuantities(after, before) < 0
    ? [forbiddenField(field, 'memory limits cannot be decreased unless resizePolicy is RestartContainer')]
    : [];
}
