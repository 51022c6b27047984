import { ApiError } from '#api';
import type { CachedObject } from '#store';
import type { ListRequest, ServedKind, ServedList, ServedObject } from '../contract.ts';
import type { Core } from '../core.ts';
import { type Selection, selectionOf } from '../objects/selectors.ts';
import { type Continue, encodeContinue, parseContinue } from '../request/continue-token.ts';
import { checkListOptions } from '../request/list-options.ts';
import { parseResourceVersion } from '../request/resource-version.ts';
import { caughtUp, keyFor, seen, servedIn } from '../writes/cache-reads.ts';
import { listMade } from './made.ts';

/** GET of a collection: a snapshot out of the watch cache, whole or in pages that stay true to the revision of the first one. */
export async function list(core: Core, kind: ServedKind, request: ListRequest): Promise<ServedList> {
  checkListOptions(request);
  const selection = selectionOf(kind, request);
  if (kind.definition.made) return listMade(kind, kind.definition.made, { request, selection });
  const token = request.continue ? parseContinue(request.continue) : undefined;
  const at = token ? (token.rv > 0 ? token.rv : undefined) : await revisionOf(core, request);
  if (at !== undefined) await seen(core, at);
  const { items, revision } = snapshot(core, { kind, request, selection, at, token });
  return page(kind, { items, revision, request, selection, after: token?.start });
}

/** The revision that the list must show; undefined: the newest that the cache has. */
async function revisionOf(core: Core, request: ListRequest): Promise<number | undefined> {
  const wanted = parseResourceVersion(request.resourceVersion);
  if (wanted === undefined) {
    await caughtUp(core);
    return undefined;
  }
  // '0' is whatever is there, without any wait: what informers asked for at their start before streaming lists.
  if (wanted === 0) return undefined;
  if (request.resourceVersionMatch === 'Exact') return wanted;
  await seen(core, wanted);
  return undefined;
}

/** `at` undefined: the newest. `token`: the page that this one follows. */
interface SnapshotQuery {
  kind: ServedKind;
  request: ListRequest;
  selection: Selection;
  at: number | undefined;
  token: Continue | undefined;
}

/**
 * One state of the collection. A selector on `metadata.name` costs one look at the cache instead of a walk: `kubectl wait` asks that way.
 */
function snapshot(
  core: Core,
  { kind, request, selection, at, token }: SnapshotQuery,
): { items: readonly CachedObject[]; revision: number } {
  const namespace = kind.namespaced && request.namespace !== '' ? request.namespace : undefined;
  if (at === undefined && selection.name !== undefined && (namespace !== undefined || !kind.namespaced)) {
    const one = core.cache.get(keyFor(kind, namespace ?? '', selection.name));
    return { items: one ? [one] : [], revision: core.cache.revision };
  }
  try {
    return core.cache.list(kind.storedAs, { namespace, at });
  } catch (err) {
    throw token && err instanceof ApiError && err.code === 410 ? tokenExpired(token) : err;
  }
}

interface PageQuery {
  items: readonly CachedObject[];
  revision: number;
  request: ListRequest;
  selection: Selection;
  after: string | undefined;
}

/**
 * Cuts a page. Selectors apply before the limit, so a page is full as long as enough objects match. The walk ends at the first match that
 * has no room left: that there is one is what `continue` says.
 */
function page(kind: ServedKind, { items, revision, request, selection, after }: PageQuery): ServedList {
  const { matches } = selection;
  const limit = request.limit ?? 0;
  const begin = after === undefined ? 0 : firstAfter(items, after);
  const chosen: ServedObject[] = [];
  let next = items.length;
  for (let i = begin; i < items.length; i++) {
    const item = items[i]!;
    if (matches && !matches(item.object)) continue;
    if (limit > 0 && chosen.length === limit) {
      next = i;
      break;
    }
    chosen.push(servedIn(kind, item));
  }
  // The token names the last key that was passed over, not the next to come: an object created between the two pages changes nothing.
  const answer: ServedList = { kind, items: chosen, resourceVersion: String(revision) };
  if (next === items.length) return answer;
  const more = encodeContinue({ rv: revision, start: items[next - 1]!.key });
  // How many remain is known only where none is left out: meta/v1 ListMeta.
  return { ...answer, continue: more, ...(!matches && { remainingItemCount: items.length - next }) };
}

/** Items are in key order; the token names the last key that was looked at. */
function firstAfter(items: readonly CachedObject[], key: string): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (items[middle]!.key <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Answers 410 with a token that goes on from the same key at the newest revision, for clients that can do with an inconsistent rest (API
 * reference, ListOptions, `continue`). In such a token `rv` is -1.
 */
function tokenExpired(token: Continue): ApiError {
  const message =
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';
  const err = new ApiError({ code: 410, reason: 'Expired', message });
  (err.status as { metadata: object }).metadata = { continue: encodeContinue({ rv: -1, start: token.start }) };
  return err;
}
