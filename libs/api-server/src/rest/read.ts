import type { HttpAnswer, ResourceService } from '../contract.ts';
import type { Route } from './route.ts';
import { listOptions } from './options.ts';
import { presentList, presentObject } from './present.ts';

/** GET of an object or a collection. */
export async function read(service: ResourceService, { kind, admitted, format }: Route, now: Date): Promise<HttpAnswer> {
  const { info, user, query } = admitted;
  const target = { user, resource: kind.resource, namespace: info.namespace };
  if (info.verb === 'list') {
    const list = await service.list({ ...target, ...listOptions(query) });
    return presentList(kind, list, { admitted, format, now });
  }
  const resourceVersion = query.get('resourceVersion') || undefined;
  const served = await service.get({
    ...target,
    name: info.pathName && info.name,
    subresource: info.subresource || undefined,
    resourceVersion,
  });
  return presentObject(200, kind, served, { admitted, format, now });
}
