import type { RegistryCredentials } from '#runtime/images.contract';

/**
 * `X-Registry-Auth` of `docker login`: base64url of `{"username": …, "password": …}`, or `auth` with both. What is none is no reason not to
 * try without: Docker's older clients send what they like.
 */
export function credentialsOf(header: string | string[] | undefined): RegistryCredentials | undefined {
  if (typeof header !== 'string' || header === '') return undefined;
  try {
    return credentialsIn(JSON.parse(Buffer.from(header, 'base64url').toString('utf8')));
  } catch {
    return undefined; // as if there were none
  }
}

export function credentialsIn(value: unknown): RegistryCredentials | undefined {
  const { username, password, auth, identitytoken } = (value ?? {}) as Partial<Record<string, unknown>>;
  if (typeof identitytoken === 'string' && identitytoken !== '') return { username: '', password: identitytoken };
  if (typeof username === 'string' && typeof password === 'string' && username !== '') return { username, password };
  if (typeof auth !== 'string' || auth === '') return undefined;
  const [, name = '', secret = ''] = /^([^:]+):(.*)$/s.exec(Buffer.from(auth, 'base64').toString('utf8')) ?? [];
  return name === '' ? undefined : { username: name, password: secret };
}
