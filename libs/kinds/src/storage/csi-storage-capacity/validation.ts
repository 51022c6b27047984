import { type FieldError, invalidValue, isDns1123Subdomain, validateLabelSelector } from '#api';
import type { CSIStorageCapacity } from '#api/types';
import { complaints } from '../../rules/checks.ts';
import { immutableField } from '../../rules/equality.ts';
import { nanosOf } from '../../rules/quantities.ts';

/** `k8s.io/kubernetes/pkg/apis/storage/validation`, ValidateCSIStorageCapacity. */
export function validateCapacity({ nodeTopology, storageClassName, capacity }: CSIStorageCapacity): FieldError[] {
  return [
    ...validateLabelSelector(nodeTopology, 'nodeTopology'),
    ...complaints(isDns1123Subdomain, storageClassName ?? '', 'storageClassName'),
    ...(capacity !== undefined && (nanosOf(capacity) ?? 0n) < 0n
      ? [invalidValue('capacity', capacity, 'must be greater than or equal to 0')]
      : []),
  ];
}

/** What was asked of the driver stays; what it answered changes. */
export function validateCapacityUpdate(next: CSIStorageCapacity, previous: CSIStorageCapacity): FieldError[] {
  return [
    ...immutableField(next.nodeTopology, previous.nodeTopology, 'nodeTopology'),
    ...immutableField(next.storageClassName, previous.storageClassName, 'storageClassName'),
  ];
}
