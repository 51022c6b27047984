import type { KubeObject } from '#api';
import type { Made } from '#kinds/contract';
import type { ListRequest, ServedKind, ServedList, ServedObject } from '../contract.ts';
import type { Selection } from '../objects/selectors.ts';

/** What is made for one request has no version. */
export const servedMade = (object: KubeObject): ServedObject => ({ object, bytes: Buffer.from(JSON.stringify(object)), revision: 0 });

/** All that are chosen, in one page: there is no state that a second one could belong to. */
export function listMade(
  kind: ServedKind,
  made: Made<KubeObject>,
  { request, selection: { matches } }: { request: ListRequest; selection: Selection },
): ServedList {
  const items = made.list(kind.namespaced ? request.namespace : '').filter((object) => !matches || matches(object));
  return { kind, items: items.map(servedMade), resourceVersion: '' };
}
