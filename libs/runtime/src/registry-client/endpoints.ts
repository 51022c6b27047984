/** Where the registry of a host is really reached. */
export interface Endpoint {
  /** Without a slash at its end. */
  url: string;
  /** By whoever runs this node, and not by the reference of an image. */
  configured: boolean;
}

/** `HOST=URL`, of `--registry-mirror`. */
export type Mirrors = ReadonlyMap<string, string>;

/** Throws an Error with one line for people. */
export function parseMirror(flag: string): [host: string, url: string] {
  const equals = flag.indexOf('=');
  const url = flag.slice(equals + 1).replace(/\/+$/, '');
  if (equals < 1 || !/^https?:\/\/[^/]+/.test(url))
    throw new Error(`--registry-mirror ${flag}: expected HOST=URL with http:// or https://`);
  return [flag.slice(0, equals), url];
}

/**
 * In the order to try. A mirror of a public host is a short cut, and the host itself still there; a mirror of a name that exists only
 * inside the cluster (or of this machine) is the whole truth.
 */
export function endpointsOf(host: string, mirrors: Mirrors): Endpoint[] {
  const mirror = mirrors.get(host);
  const origin = {
    configured: false,
    url: `${isLoopback(host) ? 'http' : 'https'}://${host === 'docker.io' ? 'registry-1.docker.io' : host}`,
  };
  if (mirror === undefined) return [origin];
  const isPublic = host.includes('.') && !isLoopback(host) && !/\.local(:\d+)?$/.test(host);
  const configured = { url: mirror, configured: true };
  return isPublic ? [configured, origin] : [configured];
}

/** Docker's rule as well: a registry on this machine needs no TLS. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return name === 'localhost' || name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name);
}
