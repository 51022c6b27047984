import { type Digest, isDigest } from '#base';
import { RuntimeError } from '../contract.ts';

/** A reference taken apart and made whole: `nginx` is `docker.io/library/nginx:latest`, as every Docker-compatible tool reads it. */
export interface ImageReference {
  /** `docker.io`, `registry.berth.local:5000`. */
  host: string;
  /** Path below the host. */
  repository: string;
  /** `latest` when the reference has neither tag nor digest. */
  tag?: string;
  digest?: Digest;
}

// github.com/distribution/reference, "Grammar".
const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const pathPattern = new RegExp(`^${component}(?:/${component})*$`);
const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const hostPattern = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[0-9a-fA-F:]+\\])(?::[0-9]{1,5})?$`);
const tagPattern = /^\w[\w.-]{0,127}$/;

/** Throws RuntimeError 'invalid-image-name' with the words that kubelet and Docker use. */
export function parseReference(text: string): ImageReference {
  const invalid = (): RuntimeError =>
    new RuntimeError('invalid-image-name', `couldn't parse image name "${text}": invalid reference format`);
  const [withoutDigest = '', digest, ...more] = text.split('@');
  if (more.length > 0 || (digest !== undefined && !isDigest(digest))) throw invalid();
  const slash = withoutDigest.lastIndexOf('/');
  const colon = withoutDigest.indexOf(':', slash + 1);
  const name = colon < 0 ? withoutDigest : withoutDigest.slice(0, colon);
  const tag = colon < 0 ? undefined : withoutDigest.slice(colon + 1);
  if (tag !== undefined && !tagPattern.test(tag)) throw invalid();
  const { host, path } = splitHost(name);
  if (!hostPattern.test(host) || path.length > 255) throw invalid();
  if (/[A-Z]/.test(path)) {
    throw new RuntimeError(
      'invalid-image-name',
      `couldn't parse image name "${text}": invalid reference format: repository name must be lowercase`,
    );
  }
  if (!pathPattern.test(path)) throw invalid();
  return { host, repository: path, ...withVersion(tag, digest) };
}

/** The name with its tag: what an image is listed under. */
export function nameOf({ host, repository, tag }: ImageReference): string {
  return tag === undefined ? `${host}/${repository}` : `${host}/${repository}:${tag}`;
}

/** `name@digest`. */
export function digestName({ host, repository }: ImageReference, digest: Digest): string {
  return `${host}/${repository}@${digest}`;
}

function withVersion(tag: string | undefined, digest: string | undefined): Pick<ImageReference, 'tag' | 'digest'> {
  if (digest === undefined) return { tag: tag ?? 'latest' };
  return { ...(tag !== undefined && { tag }), digest: digest as Digest };
}

/** The first component is a host when it looks like one: it has a dot, a port or an upper-case letter, or is `localhost`. */
function splitHost(name: string): { host: string; path: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  if (first === '' || !(/[.:A-Z]/.test(first) || first === 'localhost')) {
    return { host: 'docker.io', path: slash < 0 ? `library/${name}` : name };
  }
  const host = first === 'index.docker.io' ? 'docker.io' : first;
  const path = name.slice(slash + 1);
  return { host, path: host === 'docker.io' && !path.includes('/') ? `library/${path}` : path };
}
