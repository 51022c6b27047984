import { lookUp } from '#base';

/** Whether two JSON values say the same; the order of keys does not count, and an absent key is like one that is undefined. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((value, i) => sameJson(value, b[i]));
  }
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  for (const key in left) if (!sameJson(left[key], lookUp(right, key))) return false;
  for (const key in right) if (right[key] !== undefined && lookUp(left, key) === undefined) return false;
  return true;
}
