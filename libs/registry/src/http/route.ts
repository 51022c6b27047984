import { RegistryError } from '../contract.ts';
import { repositoryName } from '../names.ts';

/** The endpoints of OCI distribution-spec, "Endpoints", and the token service. `handler` is the label that the Docker registry's metrics use. */
export type Route =
  | { handler: 'base' }
  | { handler: 'catalog' }
  | { handler: 'token' }
  | { handler: 'blob'; name: string; digest: string }
  | { handler: 'blob-upload'; name: string }
  | { handler: 'blob-upload-chunk'; name: string; id: string }
  | { handler: 'manifest'; name: string; reference: string }
  | { handler: 'tags'; name: string }
  | { handler: 'referrers'; name: string; digest: string }
  | { handler: 'page'; page: 'root' | 'login' | 'style' | 'repositories' }
  | { handler: 'page'; page: 'repository'; name: string; reference?: string };

/** Throws NAME_INVALID for a bad repository name and answers undefined for a path that is no endpoint. */
export function routeOf(path: string): Route | undefined {
  if (path === '/' || path === '/ui' || path.startsWith('/ui/')) return pageRoute(path);
  if (path === '/v2' || path === '/v2/') return { handler: 'base' };
  if (path === '/v2/_catalog') return { handler: 'catalog' };
  if (path === '/v2/token') return { handler: 'token' };
  if (!path.startsWith('/v2/')) return undefined;
  const parts = decode(path.slice('/v2/'.length)).split('/');
  return uploadRoute(parts) ?? leafRoute(parts);
}

/** The web page: `/ui/`, `/ui/r/<name>` and `/ui/r/<name>/-/<reference>`; no part of a name is `-`. */
function pageRoute(path: string): Route | undefined {
  if (path === '/' || path === '/ui') return { handler: 'page', page: 'root' };
  if (path === '/ui/') return { handler: 'page', page: 'repositories' };
  if (path === '/ui/login') return { handler: 'page', page: 'login' };
  if (path === '/ui/style.css') return { handler: 'page', page: 'style' };
  if (!path.startsWith('/ui/r/')) return undefined;
  const [name = '', reference, ...rest] = decode(path.slice('/ui/r/'.length)).split('/-/');
  if (rest.length > 0) return undefined;
  return { handler: 'page', page: 'repository', name: repositoryName(name), ...(reference !== undefined && { reference }) };
}

/** `<name>/blobs/uploads/[<id>]`; looked for first, since `uploads` could be read as a digest. */
function uploadRoute(parts: string[]): Route | undefined {
  const last = parts.at(-1) ?? '';
  if (last === 'uploads' && parts.at(-2) === 'blobs') return { handler: 'blob-upload', name: nameOf(parts, 2) };
  if (parts.at(-2) !== 'uploads' || parts.at(-3) !== 'blobs') return undefined;
  const name = nameOf(parts, 3);
  return last === '' ? { handler: 'blob-upload', name } : { handler: 'blob-upload-chunk', name, id: last };
}

function leafRoute(parts: string[]): Route | undefined {
  const last = parts.at(-1) ?? '';
  switch (parts.at(-2)) {
    case 'blobs':
      return { handler: 'blob', name: nameOf(parts, 2), digest: last };
    case 'manifests':
      return { handler: 'manifest', name: nameOf(parts, 2), reference: last };
    case 'referrers':
      return { handler: 'referrers', name: nameOf(parts, 2), digest: last };
    case 'tags':
      return last === 'list' ? { handler: 'tags', name: nameOf(parts, 2) } : undefined;
    default:
      return undefined;
  }
}

/** `tail`: how many parts at the end are not the name's. Names have slashes, so they are known only from behind. */
function nameOf(parts: string[], tail: number): string {
  return repositoryName(parts.slice(0, -tail).join('/'));
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (err) {
    throw new RegistryError('NAME_INVALID', 'path is not valid percent encoding', { cause: err });
  }
}
