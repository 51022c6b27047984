import { lookUp } from '#base';
import type { Container, Pod, PodSpec, PodTemplateSpec } from '#api/types';
import { oldNodeLabels } from '#objects';
import { nanosOf } from '../../rules/quantities.ts';
import { withoutEffect } from './without-effect.ts';

/** What is accepted but will not do what was meant: `k8s.io/kubernetes/pkg/api/pod`, warnings.go. */
export const podWarnings = (pod: Pod): string[] => warningsOf(pod.spec, '');

/** As `podWarnings`, for the template at `path`: whoever writes a workload hears of it, since nobody reads what its pods are answered. */
export const templateWarnings = (template: PodTemplateSpec | undefined, path: string): string[] => warningsOf(template?.spec, `${path}.`);

/** Of pods and of PersistentVolumes. */
export const retiredVolumes: Readonly<Record<string, string>> = {
  gitRepo: 'deprecated in v1.11, and disabled by default in v1.33+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
};

function warningsOf(spec: PodSpec | undefined, prefix: string): string[] {
  if (!spec) return [];
  const path = `${prefix}spec`;
  const containers = (['initContainers', 'containers'] as const).flatMap((list) =>
    (spec[list] ?? []).map((container, i) => ({ container, field: `${path}.${list}[${i}]` })),
  );
  return [
    ...nodeSelectorWarnings(spec.nodeSelector, `${path}.nodeSelector`),
    ...(spec.volumes ?? []).flatMap((volume, i) =>
      Object.keys(volume).flatMap((kind) =>
        lookUp(retiredVolumes, kind) ? [`${path}.volumes[${i}].${kind}: ${lookUp(retiredVolumes, kind)}`] : [],
      ),
    ),
    ...duplicates((spec.hostAliases ?? []).map(({ ip }) => ip)).map(
      ({ value, index }) => `${path}.hostAliases[${index}].ip: duplicate ip "${value}"`,
    ),
    ...duplicates((spec.imagePullSecrets ?? []).map(({ name }) => name ?? '')).map(
      ({ value, index }) => `${path}.imagePullSecrets[${index}].name: duplicate name "${value}"`,
    ),
    ...(spec.imagePullSecrets ?? []).flatMap(({ name }, i) => (name ? [] : [`${path}.imagePullSecrets[${i}].name: invalid empty name ""`])),
    ...((spec.terminationGracePeriodSeconds ?? 0) < 0
      ? [`${path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`]
      : []),
    ...containers.flatMap(({ container, field }) => containerWarnings(container, field)),
    ...portWarnings(containers),
    ...withoutEffect(spec, path),
  ];
}

/** Labels that nodes had before 1.14 (beta.kubernetes.io and its kin), with their names of now. */
export const nodeSelectorWarnings = (selector: PodSpec['nodeSelector'], path: string): string[] =>
  Object.keys(selector ?? {}).flatMap((key) =>
    lookUp(oldNodeLabels, key) ? [`${path}[${key}]: deprecated since v1.14; use "${lookUp(oldNodeLabels, key)}" instead`] : [],
  );

function containerWarnings(container: Container, path: string): string[] {
  const variables = duplicates((container.env ?? []).map(({ name }) => name));
  const lists = ['limits', 'requests'] as const;
  return [
    ...variables.map(
      ({ value, index }) => `${path}.env[${index}]: hides previous definition of "${value}", which may be dropped when using apply`,
    ),
    ...lists.flatMap((list) => {
      const memory = container.resources?.[list]?.memory;
      const nanos = memory === undefined ? 0n : (nanosOf(memory) ?? 0n);
      return nanos % 1_000_000_000n === 0n
        ? []
        : [`${path}.resources.${list}[memory]: fractional byte value "${memory}" is invalid, must be an integer`];
    }),
  ];
}

function portWarnings(containers: readonly { container: Container; field: string }[]): string[] {
  const seen = new Map<string, string>();
  return containers.flatMap(({ container, field }) =>
    (container.ports ?? []).flatMap((port, k) => {
      const at = `${field}.ports[${k}]`;
      const key = `${port.containerPort}/${port.protocol}/${port.hostIP ?? ''}/${port.hostPort ?? 0}`;
      const first = seen.get(key);
      if (first === undefined) seen.set(key, at);
      return first === undefined ? [] : [`${at}: duplicate port definition with ${first}`];
    }),
  );
}

function duplicates(values: readonly string[]): { value: string; index: number }[] {
  const seen = new Set<string>();
  return values.flatMap((value, index) => {
    const again = value !== '' && seen.has(value);
    seen.add(value);
    return again ? [{ value, index }] : [];
  });
}
