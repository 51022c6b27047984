import { lookUp } from '#base';
import { compareQuantities, type FieldError, forbiddenField, invalidValue, isQualifiedName, notSupported } from '#api';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '#api/types';
import { storageNames } from '#objects';
import { complaints } from '../../rules/checks.ts';
import { immutableField, semanticEqual } from '../../rules/equality.ts';
import { nanosOf } from '../../rules/quantities.ts';
import { validateClaimSpec } from './spec.ts';

export const validateClaim = ({ spec }: PersistentVolumeClaim): FieldError[] => validateClaimSpec(spec, 'spec');

/** `k8s.io/kubernetes/pkg/apis/core/validation`, ValidatePersistentVolumeClaimUpdate: quota and limits would otherwise be got round. */
export function validateClaimUpdate(next: PersistentVolumeClaim, previous: PersistentVolumeClaim): FieldError[] {
  const upgraded = classFromAnnotation(next, previous);
  return [
    ...(upgraded ? [] : immutableClassAnnotation(next, previous)),
    ...(semanticEqual(comparable(next, previous), comparable(previous, previous))
      ? []
      : [
          forbiddenField(
            'spec',
            'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
          ),
        ]),
    ...validateSize(next, previous),
    ...immutableField(next.spec?.volumeMode, previous.spec?.volumeMode, 'volumeMode'),
    ...validateAttributesClass(next.spec, previous.spec),
  ];
}

/** The spec of `claim` with all that may change on the way from `previous` made equal to it. */
function comparable(claim: PersistentVolumeClaim, previous: PersistentVolumeClaim): PersistentVolumeClaimSpec {
  const old = previous.spec ?? {};
  const isBound = claim.status?.phase === 'Bound';
  const requests = claim.spec?.resources?.requests;
  const spec: PersistentVolumeClaimSpec = { ...claim.spec };
  if (!old.volumeName) spec.volumeName = '';
  if (mayTakeClass(claim, previous)) spec.storageClassName = old.storageClassName;
  if (isBound && requests) {
    spec.resources = { ...spec.resources, requests: { ...requests, storage: old.resources?.requests?.storage ?? '' } };
  }
  if (isBound && spec.volumeAttributesClassName !== undefined) spec.volumeAttributesClassName = old.volumeAttributesClassName;
  return spec;
}

/** A claim without a class may be given one afterwards (KEP-3333), or that of its annotation in the field. */
function mayTakeClass(next: PersistentVolumeClaim, previous: PersistentVolumeClaim): boolean {
  const annotated = lookUp(previous.metadata.annotations ?? {}, storageNames.betaStorageClass);
  const taken = next.spec?.storageClassName;
  return previous.spec?.storageClassName === undefined && taken !== undefined && (annotated === undefined || annotated === taken);
}

function classFromAnnotation(next: PersistentVolumeClaim, previous: PersistentVolumeClaim): boolean {
  const before = lookUp(previous.metadata.annotations ?? {}, storageNames.betaStorageClass);
  const after = lookUp(next.metadata.annotations ?? {}, storageNames.betaStorageClass);
  return before !== undefined && mayTakeClass(next, previous) && (after === undefined || after === before);
}

function immutableClassAnnotation(next: PersistentVolumeClaim, previous: PersistentVolumeClaim): FieldError[] {
  const of = ({ metadata }: PersistentVolumeClaim): string => lookUp(metadata.annotations ?? {}, storageNames.betaStorageClass) ?? '';
  const field = `metadata.annotations[${storageNames.betaStorageClass}]`;
  return of(next) === of(previous) ? [] : [invalidValue(field, of(next), 'field is immutable')];
}

/** A request may be taken back while the volume has not grown so far (KEP-1790); volumes never shrink. */
function validateSize(next: PersistentVolumeClaim, previous: PersistentVolumeClaim): FieldError[] {
  const [now, before] = [next, previous].map(({ spec }) => spec?.resources?.requests?.storage ?? '0') as [string, string];
  if (compareQuantities(now, before) >= 0 || compareQuantities(now, previous.status?.capacity?.storage ?? '0') > 0) return [];
  return [forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity')];
}

/** KEP-3751: another class may be asked for, none not any more. */
function validateAttributesClass(next: PersistentVolumeClaimSpec = {}, previous: PersistentVolumeClaimSpec = {}): FieldError[] {
  const [after, before] = [next.volumeAttributesClassName, previous.volumeAttributesClassName];
  if (before === undefined || after === before || after) return [];
  const to = after === undefined ? 'nil' : 'an empty string';
  return [forbiddenField('spec.volumeAttributesClassName', `update from non-nil value to ${to} is forbidden`)];
}

const resizeStates = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizePending',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
].toSorted();

/** ValidatePersistentVolumeClaimStatusUpdate. */
export function validateClaimStatus({ status }: PersistentVolumeClaim): FieldError[] {
  return [
    ...amounts(status?.capacity, 'status.capacity'),
    ...Object.entries<string>(status?.allocatedResourceStatuses ?? {}).flatMap(([name, state]) => [
      ...resourceKey(name, 'status.allocatedResourceStatus'),
      ...(resizeStates.includes(state) ? [] : [notSupported('status.allocatedResourceStatus', name, resizeStates)]),
    ]),
    ...Object.keys(status?.allocatedResources ?? {}).flatMap((name) => resourceKey(name, 'status.allocatedResources')),
    ...amounts(status?.allocatedResources, 'status.allocatedResources'),
  ];
}

const amounts = (list: Readonly<Record<string, string>> | undefined, path: string): FieldError[] =>
  Object.entries(list ?? {}).flatMap(([name, amount]) =>
    (nanosOf(amount) ?? 0n) < 0n ? [invalidValue(`${path}[${name}]`, amount, 'must be a valid resource quantity')] : [],
  );

/** Of the names without a domain of their own only `storage`. */
function resourceKey(name: string, field: string): FieldError[] {
  const errors = complaints(isQualifiedName, name, field);
  const isNative = !name.includes('/') || name.includes('kubernetes.io/');
  return errors.length === 0 && isNative && name !== 'storage' ? [notSupported(field, name, ['storage'])] : errors;
}
