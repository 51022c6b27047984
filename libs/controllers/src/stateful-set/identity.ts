import type { KubeObject } from '#api';
import type { Pod, PodTemplateSpec, StatefulSet } from '#api/types';
import { controllerReference } from '#controller-runtime';
import { gvks } from '#objects';
import { podFromTemplate } from '../pods/create-pods.ts';
import { claimName } from './claims.ts';
import { revisionLabel } from './history.ts';

/** `pkg/controller/statefulset/stateful_set_utils.go`: what ties a pod to its place in a set. */
const podNameLabel = 'statefulset.kubernetes.io/pod-name';
const podIndexLabel = 'apps.kubernetes.io/pod-index';

/** Undefined for a pod whose name is not one that the set gives. */
export function ordinalOf(set: StatefulSet, { metadata: { name = '' } }: Pod): number | undefined {
  const [, parent, ordinal] = /^(.*)-(\d+)$/.exec(name) ?? [];
  if (parent !== set.metadata.name || ordinal === undefined || podName(set, Number(ordinal)) !== name) return undefined;
  return Number(ordinal) < 2 ** 31 ? Number(ordinal) : undefined;
}

export function podName(set: StatefulSet, ordinal: number): string {
  return `${set.metadata.name}-${ordinal}`;
}

/** What a pod that has lost its labels gets back; undefined when it has them. */
export function missingIdentity({ metadata: { name = '', labels } }: Pod): Record<string, string> | undefined {
  return labels?.[podNameLabel] === name ? undefined : { [podNameLabel]: name };
}

export interface Blueprint {
  ordinal: number;
  revision: string;
  template: PodTemplateSpec;
}

export function statefulPod(set: StatefulSet, { ordinal, revision, template }: Blueprint): KubeObject & { metadata: { name: string } } {
  const { metadata, ...pod } = podFromTemplate(set, template, controllerReference(set, gvks.StatefulSet));
  const { generateName: _generateName, ...rest } = metadata;
  const name = podName(set, ordinal);
  const identity = { [podNameLabel]: name, [podIndexLabel]: String(ordinal), [revisionLabel]: revision };
  const { volumes = [], ...spec } = template.spec ?? { containers: [] };
  const claimed = (set.spec.volumeClaimTemplates ?? []).map(({ metadata: { name: volume = '' } }) => ({
    name: volume,
    persistentVolumeClaim: { claimName: claimName(volume, name) },
  }));
  // A claim takes the place of the template's own volume of that name.
  const others = volumes.filter((volume) => !claimed.some(({ name: taken }) => taken === volume.name));
  const all = [...claimed, ...others];
  return {
    ...pod,
    metadata: { ...rest, name, labels: { ...metadata.labels, ...identity } },
    spec: { ...spec, ...(all.length > 0 && { volumes: all }), hostname: name, subdomain: set.spec.serviceName },
  } as KubeObject & { metadata: { name: string } };
}
