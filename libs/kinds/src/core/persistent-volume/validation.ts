import { lookUp } from '#base';
import { compareQuantities, type FieldError, forbiddenField, invalidValue, isDns1123Subdomain, notSupported, required } from '#api';
import type { NodeSelectorTerm, PersistentVolume, PersistentVolumeSpec } from '#api/types';
import { oldNodeLabels } from '#objects';
import { complaints, optionalOneOf } from '../../rules/checks.ts';
import { immutableField, semanticEqual } from '../../rules/equality.ts';
import { validateAccessModes, volumeModes } from '../persistent-volume-claim/spec.ts';
import { validateNodeSelector } from '../pod/spec/scheduling.ts';
import { validateSources, volumeSources } from './sources.ts';

/** `k8s.io/kubernetes/pkg/apis/core/validation`, ValidatePersistentVolumeSpec. */
export function validateVolume({ spec }: PersistentVolume): FieldError[] {
  const path = 'spec';
  const { capacity = {}, persistentVolumeReclaimPolicy: policy } = spec;
  return [
    ...(spec.accessModes?.length ? [] : [required(`${path}.accessModes`)]),
    ...validateAccessModes(spec.accessModes ?? [], `${path}.accessModes`),
    ...validateCapacity(capacity, `${path}.capacity`),
    ...(policy ? optionalOneOf(policy, ['Delete', 'Recycle', 'Retain'], `${path}.persistentVolumeReclaimPolicy`) : []),
    ...validateNodeAffinity(spec, `${path}.nodeAffinity`),
    ...validateSources(spec, path),
    ...(spec.hostPath && isRoot(spec.hostPath.path) && policy === 'Recycle'
      ? [forbiddenField(`${path}.persistentVolumeReclaimPolicy`, "may not be 'recycle' for a hostPath mount of '/'")]
      : []),
    ...(spec.storageClassName ? complaints(isDns1123Subdomain, spec.storageClassName, `${path}.storageClassName`) : []),
    ...optionalOneOf(spec.volumeMode, volumeModes, `${path}.volumeMode`),
    ...validateAttributesClass(spec, path),
  ];
}

/** As VolumeAttachments carry it for a volume that was written into a pod: nothing that only a volume of its own has. */
export function validateInlineVolume(spec: PersistentVolumeSpec, path: string): FieldError[] {
  const context = 'in the context of inline volumes';
  const forbidden = (['claimRef', 'capacity'] as const).filter((name) => Object.keys(spec[name] ?? {}).length > 0);
  const { persistentVolumeReclaimPolicy: policy, volumeMode } = spec;
  return [
    ...forbidden.map((name) => forbiddenField(`${path}.${name}`, `may not be specified ${context}`)),
    ...(spec.csi ? [] : [required(`${path}.csi`, `has to be specified ${context}`)]),
    ...(spec.accessModes?.length ? [] : [required(`${path}.accessModes`)]),
    ...validateAccessModes(spec.accessModes ?? [], `${path}.accessModes`),
    ...(policy && policy !== 'Retain' ? [forbiddenField(`${path}.persistentVolumeReclaimPolicy`, `may only be Retain ${context}`)] : []),
    ...(spec.nodeAffinity ? [forbiddenField(`${path}.nodeAffinity`, `may not be specified ${context}`)] : []),
    ...validateSources(spec, path),
    ...(spec.storageClassName ? [forbiddenField(`${path}.storageClassName`, `may not be specified ${context}`)] : []),
    ...(volumeMode !== undefined && volumeMode !== 'Filesystem'
      ? [forbiddenField(`${path}.volumeMode`, `may not specify volumeMode other than Filesystem ${context}`)]
      : []),
  ];
}

function validateCapacity(capacity: Readonly<Record<string, string>>, path: string): FieldError[] {
  const names = Object.keys(capacity);
  return [
    ...(names.length === 0 ? [required(path)] : []),
    ...(names.length === 1 && names[0] === 'storage' ? [] : [notSupported(path, capacity, ['storage'])]),
    ...Object.entries(capacity).flatMap(([name, amount]) => [
      ...(compareQuantities(amount, '0') < 0 ? [invalidValue(`${path}[${name}]`, amount, 'must be a valid resource quantity')] : []),
      ...(compareQuantities(amount, '0') <= 0 ? [invalidValue(`${path}[${name}]`, amount, 'must be greater than zero')] : []),
    ]),
  ];
}

function validateNodeAffinity({ nodeAffinity }: PersistentVolumeSpec, path: string): FieldError[] {
  if (!nodeAffinity) return [];
  if (!nodeAffinity.required) return [required(`${path}.required`, 'must specify required node constraints')];
  return validateNodeSelector(nodeAffinity.required, `${path}.required`);
}

function validateAttributesClass({ csi, volumeAttributesClassName: name }: PersistentVolumeSpec, path: string): FieldError[] {
  const field = `${path}.volumeAttributesClassName`;
  if (name === undefined) return [];
  return [
    ...(name === '' ? [required(field, 'an empty string is disallowed')] : complaints(isDns1123Subdomain, name, field)),
    ...(csi ? [] : [required(`${path}.csi`, 'has to be specified when using volumeAttributesClassName')]),
  ];
}

const isRoot = (path: string): boolean => path.split('/').every((part) => part === '' || part === '.');

/** ValidatePersistentVolumeUpdate: what a volume is stays; a node affinity may be added. */
export function validateVolumeUpdate(next: PersistentVolume, previous: PersistentVolume): FieldError[] {
  const [after, before] = [next.spec ?? {}, previous.spec ?? {}];
  const lostClass = before.volumeAttributesClassName !== undefined && after.volumeAttributesClassName === undefined;
  return [
    ...(semanticEqual(sourceOf(after, before), sourceOf(before, before))
      ? []
      : [forbiddenField('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation')]),
    ...immutableField(after.volumeMode, before.volumeMode, 'volumeMode'),
    ...(before.nodeAffinity ? validateAffinityUpdate(after, before) : []),
    ...(lostClass ? [forbiddenField('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden')] : []),
  ];
}

/** The secret for growing may be added to a volume that has none. */
function sourceOf(spec: PersistentVolumeSpec, previous: PersistentVolumeSpec): object {
  const source: Record<string, unknown> = Object.fromEntries(volumeSources.map((name) => [name, spec[name]]));
  if (spec.csi && previous.csi && !previous.csi.controllerExpandSecretRef)
    source.csi = { ...spec.csi, controllerExpandSecretRef: undefined };
  return source;
}

/** What names a label that was renamed may follow. */
function validateAffinityUpdate(next: PersistentVolumeSpec, previous: PersistentVolumeSpec): FieldError[] {
  const [after, before] = [next, previous].map(({ nodeAffinity }) => nodeAffinity?.required?.nodeSelectorTerms ?? []) as [
    NodeSelectorTerm[],
    NodeSelectorTerm[],
  ];
  const followed = before.map((term, i) => ({
    ...term,
    matchExpressions: term.matchExpressions?.map((each, k) => {
      const renamed = lookUp(oldNodeLabels, each.key);
      return renamed !== undefined && after[i]?.matchExpressions?.[k]?.key === renamed ? { ...each, key: renamed } : each;
    }),
  }));
  return semanticEqual(after, followed) ? [] : [invalidValue('nodeAffinity', next.nodeAffinity, 'field is immutable')];
}
