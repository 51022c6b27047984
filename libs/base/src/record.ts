/**
 * Objects as tables by text. A key that somebody else chose may be `constructor` or `__proto__`: read by brackets, every object seems to
 * have the first, and the second is not a key at all. These two know the object's own keys alone; `test/architecture` demands them.
 */
type Table<T> = Readonly<Record<string, T>>;

/** A key that this program made itself, and that is none of `Object.prototype`: brackets are good enough for it. */
export type KnownKey = string & { readonly knownKey: true };

/** The table's own value of a key. undefined for what it only inherits, and where there is no table. */
export function lookUp<T>(table: Table<T> | undefined | null, key: string): T | undefined {
  return table !== undefined && table !== null && Object.hasOwn(table, key) ? table[key] : undefined;
}

/** Sets an own key, whatever it is called: by brackets, `__proto__` would change what the table inherits from. */
export function setKey<T>(table: Record<string, T>, key: string, value: NoInfer<T>): void {
  if (key === '__proto__') Object.defineProperty(table, key, { value, enumerable: true, configurable: true, writable: true });
  else table[key] = value;
}
