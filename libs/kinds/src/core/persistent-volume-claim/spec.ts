import {
  deepEqual,
  type FieldError,
  forbiddenField,
  invalidValue,
  isDns1123Label,
  isDns1123Subdomain,
  notSupported,
  required,
  validateLabelSelector,
} from '#api';
import type { PersistentVolumeClaimSpec, TypedObjectReference } from '#api/types';
import { complaints, optionalOneOf } from '../../rules/checks.ts';
import { nanosOf } from '../../rules/quantities.ts';

const supportedModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
export const volumeModes = ['Block', 'Filesystem'];

/** `k8s.io/kubernetes/pkg/apis/core/validation`, ValidatePersistentVolumeClaimSpec: of a claim, a volume's template or a StatefulSet's. */
export function validateClaimSpec(spec: PersistentVolumeClaimSpec | undefined, path: string): FieldError[] {
  const storage = spec?.resources?.requests?.storage;
  const field = `${path}.resources[storage]`;
  return [
    ...(spec?.accessModes?.length ? [] : [required(`${path}.accessModes`, 'at least 1 access mode is required')]),
    ...validateLabelSelector(spec?.selector, `${path}.selector`),
    ...validateAccessModes(spec?.accessModes ?? [], `${path}.accessModes`),
    ...(storage === undefined
      ? [required(field)]
      : (nanosOf(storage) ?? 0n) <= 0n
        ? [invalidValue(field, storage, 'must be greater than zero')]
        : []),
    ...(spec?.storageClassName ? complaints(isDns1123Subdomain, spec.storageClassName, `${path}.storageClassName`) : []),
    ...optionalOneOf(spec?.volumeMode, volumeModes, `${path}.volumeMode`),
    ...validateSources(spec ?? {}, path),
    ...(spec?.volumeAttributesClassName
      ? complaints(isDns1123Subdomain, spec.volumeAttributesClassName, `${path}.volumeAttributesClassName`)
      : []),
  ];
}

/** Of claims and of volumes. */
export function validateAccessModes(modes: readonly string[], field: string): FieldError[] {
  const alone = 'ReadWriteOncePod';
  const mixed = modes.includes(alone) && modes.some((mode) => mode !== alone && supportedModes.includes(mode));
  return [
    ...modes.filter((mode) => !supportedModes.includes(mode)).map((mode) => notSupported(field, mode, supportedModes)),
    ...(mixed ? [forbiddenField(field, 'may not use ReadWriteOncePod with other access modes')] : []),
  ];
}

/** KEP-1495: what the volume is to be filled from, by its old field and its new one. */
function validateSources({ dataSource, dataSourceRef }: PersistentVolumeClaimSpec, path: string): FieldError[] {
  const errors = [
    ...(dataSource ? validateSource(dataSource, `${path}.dataSource`) : []),
    ...(dataSourceRef ? validateSource(dataSourceRef, `${path}.dataSourceRef`) : []),
  ];
  if (!dataSource || !dataSourceRef) return errors;
  const of = ({ apiGroup, kind, name }: TypedObjectReference): unknown => ({ apiGroup: apiGroup ?? null, kind, name });
  const value = `${path}.dataSource`;
  if (dataSourceRef.namespace)
    return [...errors, invalidValue(path, value, 'may not be specified when dataSourceRef.namespace is specified')];
  return deepEqual(of(dataSource), of(dataSourceRef)) ? errors : [...errors, invalidValue(path, value, 'must match dataSourceRef')];
}

function validateSource({ apiGroup, kind, name, namespace }: TypedObjectReference, path: string): FieldError[] {
  return [
    ...(name ? [] : [required(`${path}.name`)]),
    ...(kind ? [] : [required(`${path}.kind`)]),
    ...(!apiGroup && kind !== 'PersistentVolumeClaim'
      ? [invalidValue(path, kind ?? '', "must be 'PersistentVolumeClaim' when referencing the default apiGroup")]
      : []),
    ...(apiGroup ? complaints(isDns1123Subdomain, apiGroup, `${path}.apiGroup`) : []),
    ...(namespace ? complaints(isDns1123Label, namespace, `${path}.namespace`) : []),
  ];
}
