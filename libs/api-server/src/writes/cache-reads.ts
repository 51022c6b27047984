import { apiVersionOf, type Gvk, type KubeObject, notFound, timeout } from '#api';
import type { CachedObject } from '#store';
import type { ServedKind, ServedObject } from '../contract.ts';
import type { Core } from '../core.ts';

/** The store's key of an object that a request names. It is the same for every served version, since an object is stored once. */
export const keyFor = (kind: ServedKind, namespace: string, name: string): string =>
  `${kind.storedAs}/${kind.namespaced ? segment(namespace) : ''}/${segment(name) || '%'}`;

/** No name has a slash or a percent sign, but a request may ask for one: it gets a key that nothing is under. */
const segment = (text: string): string => (text.includes('/') ? text.replaceAll('/', '%2F') : text);

/** Whatever the cache has now. */
export function peek<T extends KubeObject>(core: Core, gvk: Gvk, namespace: string, name: string): T | undefined {
  const kind = core.kinds.ofGvk(gvk);
  return kind && (core.cache.get(keyFor(kind, namespace, name))?.object as T | undefined);
}

/** As `peek`, of a whole kind or of one namespace, in key order; empty when the kind is not served. The array's objects are shared. */
export function peekAll<T extends KubeObject>(core: Core, gvk: Gvk, namespace?: string): readonly T[] {
  const kind = core.kinds.ofGvk(gvk);
  if (!kind) return [];
  return core.cache.list(kind.storedAs, { namespace }).items.map((item) => item.object as T);
}

/** Waits until the cache has everything that was acknowledged before. Throws ApiError 504. */
export async function caughtUp(core: Core, signal?: AbortSignal): Promise<void> {
  if (!(await core.cache.sync({ signal }))) throw timeout('the watch cache has not caught up with the store in time');
}

/** Waits for a revision that a client named. Throws ApiError 504 with the cause that clients know a future version by. */
export async function seen(core: Core, revision: number, signal?: AbortSignal): Promise<void> {
  if (core.cache.revision >= revision || (await core.cache.waitFor(revision, { signal }))) return;
  const err = timeout(`Too large resource version: ${revision}, current: ${core.cache.revision}`);
  err.status.details = { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 };
  throw err;
}

/** The present object; looks again with all that was acknowledged before it says 404. */
export async function present(core: Core, kind: ServedKind, key: string, name: string): Promise<CachedObject> {
  const found = await presentOrNone(core, key);
  if (!found) throw notFound(groupResource(kind), name);
  return found;
}

/**
 * As `present`, without an error. What is in the cache may lag behind the store, which a write finds out when its `expect` is compared;
 * only absence is worth the wait, since a client that has just created an object must not be told that there is none.
 */
export async function presentOrNone(core: Core, key: string): Promise<CachedObject | undefined> {
  const found = core.cache.get(key);
  if (found) return found;
  await caughtUp(core);
  return core.cache.get(key);
}

/** What errors name: the resource as it is stored, whichever version is asked. */
export const groupResource = ({ definition }: ServedKind): { group: string; resource: string } => ({
  group: definition.gvk.group,
  resource: definition.names.plural,
});

/** A cached object as a served version shows it. */
export const servedIn = (kind: ServedKind, cached: CachedObject): ServedObject =>
  kind.version ? { object: objectIn(kind, cached), bytes: bytesIn(kind, cached), revision: cached.revision } : cached;

/** Bytes of a cached object as a served version shows it, made once for all readers. */
export function bytesIn(kind: ServedKind, cached: CachedObject): Buffer {
  if (!kind.version) return cached.bytes;
  return cached.memo(`bytes ${apiVersionOf(kind.gvk)}`, () => Buffer.from(JSON.stringify(objectIn(kind, cached))));
}

/** A cached object as a served version shows it, converted once for all readers of that version: never change it. */
export function objectIn(kind: ServedKind, cached: CachedObject): KubeObject {
  const { version } = kind;
  return version ? cached.memo(`object ${apiVersionOf(kind.gvk)}`, (stored) => version.fromStored(stored)) : cached.object;
}
