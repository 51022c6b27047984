import { ApiError } from '#api';
import type { DeleteCollectionRequest, ServedKind, ServedList, ServedObject } from '../contract.ts';
import type { Core } from '../core.ts';
import { remove } from './delete.ts';
import { list } from './list.ts';

/** Deletes under way at a time: they meet in one store call, and none waits long. */
const AT_A_TIME = 128;

/** Each object that the selectors choose is deleted as by DELETE of its own, so finalizers and grace periods hold. */
export async function deleteCollection(core: Core, kind: ServedKind, request: DeleteCollectionRequest): Promise<ServedList> {
  const found = await list(core, kind, request);
  const deleted: ServedObject[] = [];
  for (let i = 0; i < found.items.length; i += AT_A_TIME) {
    const results = await Promise.all(found.items.slice(i, i + AT_A_TIME).map((item) => removeOne(core, kind, request, item)));
    deleted.push(...results.filter((result) => result !== undefined));
  }
  return { ...found, items: deleted };
}

/** Undefined when it was gone already. No precondition is added: one that was made anew under the name meanwhile goes too, as upstream. */
async function removeOne(
  core: Core,
  kind: ServedKind,
  request: DeleteCollectionRequest,
  item: ServedObject,
): Promise<ServedObject | undefined> {
  const { user, resource, options, dryRun, warn } = request;
  const { namespace = '', name = '' } = item.object.metadata;
  try {
    await remove(core, kind, { verb: 'delete', user, resource, namespace, name, options, dryRun, warn });
    return item;
  } catch (err) {
    // Somebody else deleted it first: that is what was asked for.
    if (err instanceof ApiError && err.code === 404) return undefined;
    throw err;
  }
}
