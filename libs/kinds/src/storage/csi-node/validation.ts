import { duplicate, type FieldError, invalidValue, isQualifiedName, required } from '#api';
import type { CSINode, CSINodeDriver } from '#api/types';
import { validateDriverName } from '../../core/pod/spec/remote-volumes.ts';
import { complaints, nonNegative } from '../../rules/checks.ts';
import { immutableField } from '../../rules/equality.ts';

const maxIdLength = 256;

/** `k8s.io/kubernetes/pkg/apis/storage/validation`, ValidateCSINode. */
export function validateCsiNode({ spec }: CSINode): FieldError[] {
  const names = new Set<string>();
  return (spec.drivers ?? []).flatMap((driver, i) => {
    const path = `spec.drivers[${i}]`;
    const again = names.has(driver.name);
    names.add(driver.name);
    return [
      ...(driver.name ? validateDriverName(driver.name, `${path}.name`) : [required(`${path}.name`)]),
      ...(driver.nodeID ? [] : [required(`${path}.nodeID`)]),
      ...((driver.nodeID ?? '').length > maxIdLength
        ? [invalidValue(`${path}.nodeID`, driver.nodeID, `must be ${maxIdLength} characters or less`)]
        : []),
      ...nonNegative(driver.allocatable?.count, `${path}.allocatable.count`),
      ...(again ? [duplicate(`${path}.name`, driver.name)] : []),
      ...validateTopologyKeys(driver.topologyKeys ?? [], path),
    ];
  });
}

const validateTopologyKeys = (keys: readonly string[], path: string): FieldError[] =>
  keys.flatMap((key, i) => [
    ...(key === '' ? [required(path)] : []),
    ...(keys.indexOf(key) < i ? [duplicate(path, key)] : []),
    ...complaints(isQualifiedName, key, path),
  ]);

/** A driver registers anew to change; how many volumes it can have may change meanwhile (KEP-4876). */
export function validateCsiNodeUpdate(next: CSINode, previous: CSINode): FieldError[] {
  const fixed = (driver: CSINodeDriver): object => ({ ...driver, allocatable: undefined });
  return (previous.spec.drivers ?? []).flatMap((old) =>
    (next.spec.drivers ?? [])
      .filter(({ name }) => name === old.name)
      .flatMap((driver) => immutableField(fixed(driver), fixed(old), 'spec.drivers')),
  );
}
