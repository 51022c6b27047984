import { lookUp } from '#base';
import { ApiError, notAcceptable, pageNotFound } from '#api';
import type { Verb } from '#kinds/contract';
import type { KindCatalog, ServedKind } from '../contract.ts';
import { type Format, negotiate, routeProduces } from '../request/negotiate.ts';
import { verbsOf } from '../catalog/kind-catalog.ts';
import { type Admitted, header } from './call.ts';

/** A request for a resource that is served, in a way that is served. */
export interface Route {
  kind: ServedKind;
  admitted: Admitted;
  format: Format;
}

const methodNotAllowed = (): ApiError =>
  new ApiError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
    details: {},
  });

/** The route of a resource request. Throws ApiError 404, 405 and 406 as the router of upstream does, before anything else is looked at. */
export function route(kinds: KindCatalog, admitted: Admitted): Route {
  const { info, call } = admitted;
  const { group, version, resource } = info;
  const kind = kinds.find({ group, version, resource });
  if (!kind || !existsAs(kind, admitted)) throw pageNotFound();
  if (!allowedMethods(kind, admitted).includes(call.method)) throw methodNotAllowed();
  const accept = header(call, 'accept');
  if (!routeProduces(accept)) throw notAcceptableRoute();
  return {
    kind,
    admitted,
    format: negotiate(accept, { tables: hasTable(kind, info.subresource), watch: info.verb === 'watch' }),
  };
}

/** What an action or a review answers has no columns. */
const hasTable = ({ definition }: ServedKind, subresource: string): boolean =>
  !definition.answer && (subresource === '' || subresource === 'status' || subresource === 'scale');

function notAcceptableRoute(): ApiError {
  const err = notAcceptable('406: Not Acceptable');
  err.status.details = {};
  return err;
}

/** Whether the path has the shape of this kind: names of namespaced kinds are under a namespace, of others not. */
function existsAs(kind: ServedKind, { info }: Admitted): boolean {
  const inNamespace = kind.namespaced && info.namespace !== '';
  if (!kind.namespaced && info.namespace !== '' && kind.resource.resource !== 'namespaces') return false;
  if (kind.namespaced && !inNamespace && info.pathName !== '') return false;
  if (info.subresource !== '' && !lookUp(kind.definition.subresources, info.subresource)) return false;
  return info.rest.length === 0 || lookUp(kind.definition.subresources, info.subresource)?.do === 'connect';
}

const byMethod: readonly [string, Verb, 'collection' | 'object'][] = [
  ['GET', 'get', 'object'],
  ['GET', 'list', 'collection'],
  ['POST', 'create', 'collection'],
  ['PUT', 'update', 'object'],
  ['PATCH', 'patch', 'object'],
  ['DELETE', 'delete', 'object'],
  ['DELETE', 'deletecollection', 'collection'],
];

function allowedMethods(kind: ServedKind, { info }: Admitted): readonly string[] {
  if (info.subresource !== '') return subresourceMethods(kind, info.subresource);
  // A collection over all namespaces can only be read.
  if (info.pathName === '' && kind.namespaced && info.namespace === '') return methodsOf(kind).everywhere;
  return methodsOf(kind)[info.pathName === '' ? 'collection' : 'object'];
}

type Methods = Record<'object' | 'collection' | 'everywhere', readonly string[]>;
const methods = new WeakMap<ServedKind, Methods>();

/** Made once a kind: every request asks for them. */
function methodsOf(kind: ServedKind): Methods {
  let known = methods.get(kind);
  if (!known) {
    const at = (place: string): string[] =>
      byMethod.filter(([, verb, where]) => where === place && verbsOf(kind).includes(verb)).map(([method]) => method);
    const collection = at('collection');
    methods.set(kind, (known = { object: at('object'), collection, everywhere: collection.filter((method) => method === 'GET') }));
  }
  return known;
}

function subresourceMethods(kind: ServedKind, name: string): readonly string[] {
  const subresource = lookUp(kind.definition.subresources, name);
  switch (subresource?.do) {
    case 'view':
      return name === 'finalize' ? ['PUT'] : ['GET', 'PUT', 'PATCH'];
    case 'scale':
      return ['GET', 'PUT', 'PATCH'];
    case 'action':
      return ['POST'];
    case 'connect':
      return subresource.methods;
    default:
      return [];
  }
}
