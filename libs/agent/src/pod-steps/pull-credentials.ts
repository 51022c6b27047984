import type { Secret } from '#api/types';
import type { RegistryCredentials } from '#runtime/images.contract';

interface DockerConfig {
  auths?: Record<string, DockerLogin>;
}

interface DockerLogin {
  username?: string;
  password?: string;
  auth?: string;
  /** What `docker login` keeps where the registry gives one, beside a name without a password. */
  identitytoken?: string;
}

/** Credentials in a `kubernetes.io/dockerconfigjson` (or the older `dockercfg`) secret that are for the image's registry. */
export function credentialsFor(secret: Secret, reference: string): RegistryCredentials[] {
  const data = (secret.data ?? {}) as Record<string, string>;
  const config = parse(data['.dockerconfigjson']) ?? { auths: parse(data['.dockercfg']) as DockerConfig['auths'] };
  const registry = registryOf(reference);
  return Object.entries(config.auths ?? {})
    .filter(([key]) => matches(key, registry, reference))
    .flatMap(([, entry]) => credentials(entry));
}

function parse(base64: string | undefined): DockerConfig | undefined {
  if (!base64) return undefined;
  try {
    return JSON.parse(Buffer.from(base64, 'base64').toString()) as DockerConfig;
  } catch {
    return undefined; // the pull goes on without it and tells what it lacks
  }
}

function credentials({ username, password, auth, identitytoken }: DockerLogin): RegistryCredentials[] {
  if (identitytoken) return [{ username: '', password: identitytoken }];
  if (username !== undefined && password !== undefined) return [{ username, password }];
  const text = Buffer.from(auth ?? '', 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? [] : [{ username: text.slice(0, colon), password: text.slice(colon + 1) }];
}

/** Docker's rule: the first part is a host when it has a dot or colon or is localhost. */
function registryOf(reference: string): string {
  const [first = ''] = reference.split('/');
  return reference.includes('/') && (/[.:]/.test(first) || first === 'localhost') ? first : 'index.docker.io';
}

/** Keys may carry a scheme, a path prefix, and patterns for labels of the host (Kubernetes, "Interpretation of config.json"). */
function matches(key: string, registry: string, reference: string): boolean {
  const [host = '', ...path] = key.replace(/^https?:\/\//, '').split('/');
  const labels = host.split('.');
  const wanted = registry.split('.');
  if (labels.length !== wanted.length || !labels.every((label, i) => patternOf(label)?.test(wanted[i]!))) return false;
  // docker login writes `https://index.docker.io/v1/`, where the path is the API's version and no repository.
  const prefix = path.filter((part) => part !== '' && part !== 'v1' && part !== 'v2').join('/');
  return prefix === '' || reference.slice(registry.length + 1).startsWith(prefix);
}

/** Go's filepath.Match: `*`, `?`, `[a-z]`, `[^a-z]`, `\\` before what is meant as it is. undefined: it is no pattern, and so matches nothing. */
function patternOf(label: string): RegExp | undefined {
  const terms = label.match(/\\.|\[\^?[^\]]+\]|[^[\\]/gs) ?? [];
  if (terms.join('') !== label) return undefined;
  const term = (text: string): string => {
    if (text === '*') return '.*';
    if (text === '?') return '.';
    if (text.startsWith('[')) return text;
    return (text.startsWith('\\') ? text.slice(1) : text).replace(/[$()*+.?[\\\]^{|}]/g, '\\$&');
  };
  try {
    return new RegExp(`^${terms.map(term).join('')}$`, 's');
  } catch {
    return undefined; // a range whose end is before its beginning
  }
}
