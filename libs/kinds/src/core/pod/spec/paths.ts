import { type FieldError, invalidValue } from '#api';

/** A path below some directory: neither absolute nor leading out of it. */
export function relativePath(path: string, field: string): FieldError[] {
  return [...(path.startsWith('/') ? [invalidValue(field, path, 'must be a relative path')] : []), ...noBacksteps(path, field)];
}

/** Backslashes count as slashes: a path may be used on Windows. */
export function noBacksteps(path: string, field: string): FieldError[] {
  return path.replaceAll('\\', '/').split('/').includes('..') ? [invalidValue(field, path, "must not contain '..'")] : [];
}

/** As `relativePath`, and not in the directories that the atomic writer keeps for itself (`..data` and its kin). */
export function writablePath(path: string, field: string): FieldError[] {
  const errors = relativePath(path, field);
  if (path.startsWith('..') && !path.startsWith('../')) errors.push(invalidValue(field, path, "must not start with '..'"));
  return errors;
}
