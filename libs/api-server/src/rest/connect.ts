import { pageNotFound } from '#api';
import { shapeOf } from '../catalog/subresources.ts';
import type { ConnectHandlers, ConnectRequest, HttpAnswer } from '../contract.ts';
import type { Core } from '../core.ts';
import { admit, admissionOf } from '../writes/admit.ts';
import { keyFor, present } from '../writes/cache-reads.ts';
import { proxyTarget } from './proxy-target.ts';
import type { Route } from './route.ts';

/** Whether a stream's handler answers this, and not a verb on an object: `pods/exec`, `pods/log`, the proxies. */
export const isConnect = ({ kind, admitted }: Route): boolean => shapeOf(kind.definition, admitted.info.subresource) !== undefined;

/** Hands a stream to whoever serves it, once the object is there and admission lets it. */
export async function connect(
  { core, connect: handlers }: { core: Core; connect: ConnectHandlers },
  { kind, admitted }: Route,
  how: Pick<ConnectRequest, 'body' | 'upgrade'>,
): Promise<HttpAnswer | undefined> {
  const { info, call, query, user, warnings } = admitted;
  const handler = handlers[`${kind.resource.resource}/${info.subresource}`];
  if (!handler) throw pageNotFound();
  // A proxied pod, service or node may have a scheme and a port around its name.
  const name = shapeOf(kind.definition, info.subresource) === 'relay' ? (proxyTarget(info.name)?.name ?? info.name) : info.name;
  const { object } = await present(core, kind, keyFor(kind, info.namespace, name), name);
  const target = { user, resource: kind.resource, subresource: info.subresource, namespace: info.namespace, name: info.name };
  await admit(core, admissionOf('connect', kind, target, { object, oldObject: undefined }), (message) => warnings.push(message));
  return handler({
    ...target,
    ...how,
    path: admitted.path,
    rest: restOf(admitted.path, info),
    method: call.method,
    query,
    rawQuery: call.url.slice(admitted.path.length + 1),
    ...(call.remoteAddress && { remoteAddress: call.remoteAddress }),
    headers: call.headers,
    object,
    signal: call.signal,
  });
}

/** What follows the subresource in the path, as it came: names may be encoded in many ways, and slashes be doubled. */
export function restOf(path: string, { rest }: { rest: readonly string[] }): string {
  const segments = [...path.matchAll(/\/+[^/]+/g)];
  const last = segments[segments.length - rest.length - 1]!;
  return path.slice(last.index + last[0].length);
}
