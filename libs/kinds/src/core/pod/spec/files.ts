import { type FieldError, invalidValue, required } from '#api';
import type { KeyToPath } from '#api/types';
import { writablePath } from './paths.ts';

const fileModeError = 'must be a number between 0 and 0777 (octal), both inclusive';

/** Permission bits alone; JSON has no octal, so 0644 comes as 420. */
export function validateMode(mode: number | undefined, field: string): FieldError[] {
  return mode !== undefined && (mode < 0 || mode > 0o777) ? [invalidValue(field, mode, fileModeError)] : [];
}

/** Keys of a ConfigMap or Secret and the paths that they get below the mount. */
export function validateItems(items: readonly KeyToPath[] | undefined, path: string): FieldError[] {
  return (items ?? []).flatMap((item, i) => [
    ...(item.key ? [] : [required(`${path}[${i}].key`)]),
    ...(item.path ? writablePath(item.path, `${path}[${i}].path`) : [required(`${path}[${i}].path`)]),
    ...validateMode(item.mode, `${path}[${i}].mode`),
  ]);
}
