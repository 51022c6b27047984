import { lookUp } from '#base';
import type { FieldRequirement, Requirement } from '#api';
import { narrowing } from './narrowing.ts';

/**
 * What a path and a method ask for: `k8s.io/apiserver/pkg/endpoints/request.RequestInfo`.
 */
export interface RequestInfo {
  path: string;
  isResource: boolean;
  /** Kubernetes' verb for resources, the method in lower case for other paths. */
  verb: string;
  group: string;
  version: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  /** The name in the path itself; `name` may come from a field selector. */
  pathName: string;
  /** Of lists, watches and deletions of collections. */
  fieldSelector: readonly FieldRequirement[];
  labelSelector: readonly Requirement[];
  /** Segments after the subresource, as `proxy` has them. */
  rest: string[];
  /** `/api/v1/watch/…`, which older clients use instead of `?watch=1`. */
  legacyWatch: boolean;
}

const methodVerbs: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
/** `namespaces/x/status` is a subresource of the namespace; `namespaces/x/pods` is a resource in it. */
const namespaceSubresources = new Set(['status', 'finalize']);

/**
 * What a request is about, told from its line alone: `k8s.io/apiserver/pkg/endpoints/request.RequestInfoFactory`. Never throws; what is no
 * resource path is a non-resource request.
 */
export function parseRequestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const parts = path.split('/').filter((part) => part !== '');
  const legacy = parts[0] === 'api';
  if ((!legacy && parts[0] !== 'apis') || parts.length < (legacy ? 3 : 4)) return nonResource(method, path);
  let segments = parts.slice(legacy ? 2 : 3).map(decode);
  const legacyWatch = segments[0] === 'watch' && segments.length > 1;
  if (legacyWatch) segments = segments.slice(1);
  const { namespace, resource, name: pathName, subresource, rest } = placeOf(segments);
  const { verb, name, fieldSelector, labelSelector } = verbOf({ method, query, name: pathName, legacyWatch });
  return {
    path,
    isResource: true,
    verb,
    group: legacy ? '' : parts[1]!,
    version: legacy ? parts[1]! : parts[2]!,
    resource,
    subresource,
    namespace,
    name,
    pathName,
    fieldSelector,
    labelSelector,
    rest,
    legacyWatch,
  };
}

function placeOf(segments: string[]): Pick<RequestInfo, 'namespace' | 'resource' | 'name' | 'subresource' | 'rest'> {
  let namespace = '';
  let parts = segments;
  if (parts[0] === 'namespaces' && parts.length > 1) {
    namespace = parts[1]!;
    if (parts.length > 2 && !namespaceSubresources.has(parts[2]!)) parts = parts.slice(2);
  }
  const [resource = '', name = '', subresource = '', ...rest] = parts;
  return { namespace, resource, name, subresource, rest };
}

function verbOf({
  method,
  query,
  name,
  legacyWatch,
}: {
  method: string;
  query: URLSearchParams;
  name: string;
  legacyWatch: boolean;
}): Pick<RequestInfo, 'verb' | 'name' | 'fieldSelector' | 'labelSelector'> {
  const verb = lookUp(methodVerbs, method) ?? '';
  // The name in the path takes the place of any selector.
  if (legacyWatch && name !== '') return { verb: 'watch', name, ...unselected };
  if (name !== '' || (verb !== 'get' && verb !== 'delete' && !legacyWatch)) return { verb, name, ...unselected };
  const selected = narrowing({ fieldSelector: query.get('fieldSelector'), labelSelector: query.get('labelSelector') });
  if (legacyWatch) return { verb: 'watch', name, ...selected };
  if (verb === 'delete') return { verb: 'deletecollection', ...selected, name };
  return { verb: isTrue(query.get('watch')) ? 'watch' : 'list', name, ...selected };
}

const unselected = { fieldSelector: [], labelSelector: [] };

function nonResource(method: string, path: string): RequestInfo {
  return {
    path,
    isResource: false,
    verb: method.toLowerCase(),
    group: '',
    version: '',
    resource: '',
    subresource: '',
    namespace: '',
    name: '',
    pathName: '',
    ...unselected,
    rest: [],
    legacyWatch: false,
  };
}

/** Query parameters of type bool, `k8s.io/apimachinery/pkg/runtime.Convert_Slice_string_To_bool`: present without a value is true. */
export const isTrue = (value: string | null | undefined): boolean =>
  value !== null && value !== undefined && value.toLowerCase() !== 'false' && value !== '0';

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A stray % is part of the name then; name validation refuses it.
    return part;
  }
}
