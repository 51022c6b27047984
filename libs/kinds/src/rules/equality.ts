import { lookUp } from '#base';
import { type FieldError, invalidValue } from '#api';

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (Array.isArray(value) ? value.length === 0 : typeof value === 'object' && Object.values(value).every((each) => each === undefined));

/** Equality of two JSON values in which an absent field, null, `[]` and `{}` are the same: upstream's `equality.Semantic`. */
export function semanticEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isEmpty(a) || isEmpty(b)) return isEmpty(a) && isEmpty(b);
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => semanticEqual(item, b[i]));
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  for (const key of keys) {
    if (!semanticEqual(lookUp(left, key), lookUp(right, key))) return false;
  }
  return true;
}

/** `field is immutable` when the two differ. */
export function immutableField(next: unknown, previous: unknown, field: string): FieldError[] {
  return semanticEqual(next, previous) ? [] : [invalidValue(field, next, 'field is immutable')];
}
