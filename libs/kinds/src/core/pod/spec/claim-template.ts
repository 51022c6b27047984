import { type FieldError, forbiddenField, invalidValue, isDns1123Subdomain, notSupported, required, validateLabelSelector } from '#api';
import type { PersistentVolumeClaimSpec } from '#api/types';
import { complaints, optionalOneOf } from '../../../rules/checks.ts';
import { nanosOf } from '../../../rules/quantities.ts';

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

/** The spec of a PersistentVolumeClaim, in a volume's template or a StatefulSet's. */
export function validateClaimSpec(spec: PersistentVolumeClaimSpec | undefined, path: string): FieldError[] {
  const modes: readonly string[] = spec?.accessModes ?? [];
  const storage = spec?.resources?.requests?.storage;
  const field = `${path}.resources[storage]`;
  return [
    ...(modes.length === 0 ? [required(`${path}.accessModes`, 'at least 1 access mode is required')] : []),
    ...validateLabelSelector(spec?.selector, `${path}.selector`),
    ...modes.filter((mode) => !accessModes.includes(mode)).map((mode) => notSupported(`${path}.accessModes`, mode, accessModes)),
    ...(modes.includes('ReadWriteOncePod') && modes.length > 1
      ? [forbiddenField(`${path}.accessModes`, 'may not use ReadWriteOncePod with other access modes')]
      : []),
    ...(storage === undefined
      ? [required(field)]
      : (nanosOf(storage) ?? 0n) <= 0n
        ? [invalidValue(field, storage, 'must be greater than zero')]
        : []),
    ...(spec?.storageClassName ? complaints(isDns1123Subdomain, spec.storageClassName, `${path}.storageClassName`) : []),
    ...optionalOneOf(spec?.volumeMode, ['Block', 'Filesystem'], `${path}.volumeMode`),
  ];
}
