import { ApiError, notAcceptable, pageNotFound } from '#api';
import type { Verb } from '#kinds/contract';
import type { KindCatalog, ServedKind } from '../contract.ts';
import { type Format, negotiate, routeProduces } from '../request/negotiate.ts';
import { verbsOf } from '../catalog/kind-catalog.ts';
import { methodsOf, shapeOf, subresourceOf } from '../catalog/subresources.ts';
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
function hasTable({ definition }: ServedKind, name: string): boolean {
  if (definition.answer) return false;
  const found = subresourceOf(definition, name);
  return name === '' || found?.do === 'projection' || (found?.do === 'view' && found.part !== 'whole');
}

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
  if (info.subresource !== '' && !subresourceOf(kind.definition, info.subresource)) return false;
  return info.rest.length === 0 || shapeOf(kind.definition, info.subresource) !== undefined;
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
  if (info.subresource !== '') {
    const found = subresourceOf(kind.definition, info.subresource);
    return found ? methodsOf(found) : [];
  }
  // A collection over all namespaces can only be read.
  if (info.pathName === '' && kind.namespaced && info.namespace === '') return methodsOfKind(kind).everywhere;
  return methodsOfKind(kind)[info.pathName === '' ? 'collection' : 'object'];
}

type Methods = Record<'object' | 'collection' | 'everywhere', readonly string[]>;
const methods = new WeakMap<ServedKind, Methods>();

/** Made once a kind: every request asks for them. */
function methodsOfKind(kind: ServedKind): Methods {
  let known = methods.get(kind);
  if (!known) {
    const at = (place: string): string[] =>
      byMethod.filter(([, verb, where]) => where === place && verbsOf(kind).includes(verb)).map(([method]) => method);
    const collection = at('collection');
    methods.set(kind, (known = { object: at('object'), collection, everywhere: collection.filter((method) => method === 'GET') }));
  }
  return known;
}
