/*
 * The key layout, drawn.
 *
 *   store key          <group>/<resource>/<namespace>/<name>     /pods/default/web-0 · apps/deployments/default/web · /nodes//node-1
 *
 *   in Redis           {berth}<cluster>:revision     string      the newest revision
 *                      {berth}<cluster>:log          stream      entry <revision>-0, fields k (store key), v (JSON; absent: deleted), c (claims)
 *                      {berth}<cluster>:index        sorted set  every store key at score 0: lexicographic order, for paging
 *                      {berth}<cluster>:claims       hash        claim → store key that holds it
 *                      {berth}<cluster>:held         hash        store key → its claims, one a line
 *                      {berth}<cluster>:expiry       sorted set  store key at the Unix millisecond of its end
 *                      {berth}<cluster>:value:<key>  string      <16-digit revision><JSON>
 *
 * `{berth}` is a hash tag: all keys of all clusters fall into one slot, so one Lua call may touch them on Redis Cluster too.
 * Parts of a store key are ASCII path segments (Kubernetes names have no `/`), so byte order and string order agree.
 */

/** A store key, taken apart. No part may hold a slash. */
export interface KeyParts {
  /** '' for the core group. */
  group: string;
  /** Plural, e.g. `pods`. */
  resource: string;
  /** '' for cluster-scoped kinds. */
  namespace: string;
  name: string;
}

/** Inverse of `parseKey`. It does not check the parts: API names have been validated by the time they get here. */
export const keyOf = ({ group, resource, namespace, name }: KeyParts): string => `${group}/${resource}/${namespace}/${name}`;

/** `<group>/<resource>`: what the watch cache calls a resource. */
export const resourceKey = ({ group, resource }: Pick<KeyParts, 'group' | 'resource'>): string => `${group}/${resource}`;

/** The prefix of a resource's keys, or of those in one namespace. */
export const keyPrefix = (resource: string, namespace?: string): string =>
  namespace === undefined ? `${resource}/` : `${resource}/${namespace}/`;

/** Throws an Error for anything but four parts: a key that was not made by `keyOf` is a broken invariant. */
export function parseKey(key: string): KeyParts {
  const parts = key.split('/');
  const [group, resource, namespace, name] = parts;
  if (parts.length !== 4 || !resource || namespace === undefined || !name) throw new Error(`not a store key: ${key}`);
  return { group: group!, resource, namespace, name };
}

/** The Redis keys of one cluster, as drawn above. */
export function redisKeys(cluster: string): RedisKeys {
  const prefix = `{berth}${cluster}:`;
  return {
    revision: `${prefix}revision`,
    log: `${prefix}log`,
    index: `${prefix}index`,
    claims: `${prefix}claims`,
    held: `${prefix}held`,
    expiry: `${prefix}expiry`,
    value: (key) => `${prefix}value:${key}`,
  };
}

/** Names of the Redis keys; `value` makes the key of one object's value. */
export interface RedisKeys {
  revision: string;
  log: string;
  index: string;
  claims: string;
  held: string;
  expiry: string;
  value(key: string): string;
}

/** Width of the revision in front of a stored value: 16 digits hold every whole number a double can. */
export const REVISION_DIGITS = 16;

/**
 * Takes apart what lies under a `value` key. The revision stands in front with fixed width, so that the script compares it without parsing
 * JSON.
 */
export function decodeStored(key: string, stored: string): { key: string; revision: number; value: string } {
  return { key, revision: Number(stored.slice(0, REVISION_DIGITS)), value: stored.slice(REVISION_DIGITS) };
}
