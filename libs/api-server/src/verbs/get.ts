import type { GetRequest, ServedKind, ServedObject } from '../contract.ts';
import type { Core } from '../core.ts';
import { parseResourceVersion } from '../request/resource-version.ts';
import { caughtUp, keyFor, present, seen, servedIn } from '../writes/cache-reads.ts';
import { servedMade } from './made.ts';
import { projected, projectionOf } from './projection.ts';

/** GET of one object, out of the watch cache. */
export async function get(core: Core, kind: ServedKind, request: GetRequest): Promise<ServedObject> {
  const { made } = kind.definition;
  if (made) return servedMade(made.get(request.namespace, request.name));
  const wanted = parseResourceVersion(request.resourceVersion);
  // API concepts, "Semantics for get and list": unset is the most recent, '0' is any, another is not older than that.
  if (wanted === undefined) await caughtUp(core);
  else if (wanted > 0) await seen(core, wanted);
  const cached = await present(core, kind, keyFor(kind, request.namespace, request.name), request.name);
  const projection = projectionOf(kind, request.subresource);
  return projection ? projected(projection, cached.object, cached.revision) : servedIn(kind, cached);
}
