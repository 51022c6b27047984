/** A settings file that says what cannot be: told with where it stands, `access.rules[0].actions`. */
export class SettingsError extends Error {}

/** Makes a value of what stands at `at`. Throws SettingsError. */
export type Reader<T> = (value: unknown, at: string) => T;

/** An object of these keys and no other: a word that is misspelt would otherwise be a rule that does not hold. */
export function object<T extends object>(readers: { [K in keyof T]-?: Reader<T[K]> }): Reader<T> {
  return (value, at) => {
    const given = entriesOf(value, at);
    for (const [key] of given)
      if (!Object.hasOwn(readers, key)) throw new SettingsError(`${at ? `${at}.` : ''}${key}: there is no such setting`);
    const values = new Map(given);
    const read = Object.entries<Reader<unknown>>(readers).map(([key, reader]) => [key, reader(values.get(key), at ? `${at}.${key}` : key)]);
    return Object.fromEntries(read.filter(([, found]) => found !== undefined)) as T;
  };
}

/** Names that the file chooses, whatever they are called. */
export function table<T>(reader: Reader<T>): Reader<ReadonlyMap<string, T>> {
  return (value, at) => new Map(entriesOf(value ?? {}, at).map(([key, entry]) => [key, reader(entry, `${at}.${key}`)]));
}

export function list<T>(reader: Reader<T>): Reader<readonly T[]> {
  return (value, at) => {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw new SettingsError(`${at}: must be a list`);
    return value.map((entry, i) => reader(entry, `${at}[${i}]`));
  };
}

export function optional<T>(reader: Reader<T>): Reader<T | undefined> {
  return (value, at) => (value === undefined || value === null ? undefined : reader(value, at));
}

export const text: Reader<string> = (value, at) => {
  if (typeof value !== 'string' || value === '') throw new SettingsError(`${at}: must be a text`);
  return value;
};

export function oneOf<const T extends string>(...words: readonly T[]): Reader<T> {
  return (value, at) => {
    if (!words.includes(value as T)) throw new SettingsError(`${at}: must be ${words.join(', ')}, not ${JSON.stringify(value)}`);
    return value as T;
  };
}

/** A whole number from 1. */
export const count: Reader<number> = (value, at) => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1)
    throw new SettingsError(`${at}: must be a whole number from 1`);
  return value;
};

const powers = new Map(
  Object.entries({
    '': 1,
    k: 1e3,
    M: 1e6,
    G: 1e9,
    T: 1e12,
    Ki: 2 ** 10,
    Mi: 2 ** 20,
    Gi: 2 ** 30,
    Ti: 2 ** 40,
  }),
);

/** `500Mi`, `10G` or a plain number, as quantities of Kubernetes are written. */
export const bytes: Reader<number> = (value, at) => {
  const [, number, unit] = /^(\d{1,12}(?:\.\d{1,6})?)(|k|M|G|T|Ki|Mi|Gi|Ti)$/.exec(String(value)) ?? [];
  if (number === undefined || unit === undefined) throw new SettingsError(`${at}: must be a number of bytes, such as 10Gi`);
  return Math.round(Number(number) * powers.get(unit)!);
};

const unitMs = new Map(Object.entries({ ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5 }));

/** Milliseconds of `90s`, `6h`, `30d` or `1h30m`. */
export const duration: Reader<number> = (value, at) => {
  const parts = [...String(value).matchAll(/(\d{1,9})(ms|s|m|h|d)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== value)
    throw new SettingsError(`${at}: must be a duration, such as 30s, 6h or 7d`);
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * unitMs.get(unit!)!, 0);
};

/** A URL of http or https without a password in it, which a log would show. */
export const webAddress: Reader<URL> = (value, at) => {
  const url = typeof value === 'string' ? URL.parse(value) : null;
  if (!url || !['http:', 'https:'].includes(url.protocol)) throw new SettingsError(`${at}: must be a URL of http or https`);
  if (url.username || url.password) throw new SettingsError(`${at}: must have no name and password in it`);
  return url;
};

function entriesOf(value: unknown, at: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SettingsError(`${at || 'the file'}: must be an object`);
  return Object.entries(value);
}
