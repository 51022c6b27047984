import { setKey } from '#base';
import { badRequest } from '#api';
import type { AuthorizationAttributes, UserInfo } from '#kinds/contract';
import { forbiddenBy } from '../errors/refusal.ts';
import type { Authorizer } from '../contract.ts';
import { authenticatedGroup } from './authenticator.ts';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

const extraHeader = 'impersonate-extra-';
const serviceAccountPrefix = 'system:serviceaccount:';

/** "User impersonation": each of user, groups, uid and extras needs the verb `impersonate`. Without such headers, the user as it is. */
export async function impersonate(user: UserInfo, headers: Headers, authorizer: Authorizer): Promise<UserInfo> {
  if (!isAsked(headers)) return user;
  const name = all(headers['impersonate-user'])[0] ?? '';
  const groups = all(headers['impersonate-group']);
  const uid = all(headers['impersonate-uid'])[0];
  const extra = extrasOf(headers);
  if (!name) {
    if (groups.length || uid || Object.keys(extra).length) {
      throw badRequest('requested impersonation without impersonating a user');
    }
    return user;
  }
  for (const attributes of demanded(name, groups, uid, extra)) {
    const { allowed, reason } = await authorizer.authorize(user, attributes);
    if (!allowed) throw forbiddenBy(user, attributes, reason);
  }
  const account = serviceAccountOf(name);
  const own = groups.length || !account ? groups : ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`];
  const everybody = name === 'system:anonymous' ? 'system:unauthenticated' : authenticatedGroup;
  return {
    username: name,
    ...(uid && { uid }),
    groups: own.includes(everybody) || own.includes('system:unauthenticated') ? own : [...own, everybody],
    ...(Object.keys(extra).length && { extra }),
  };
}

function isAsked(headers: Headers): boolean {
  for (const name in headers) if (name.startsWith('impersonate-')) return true;
  return false;
}

function demanded(
  name: string,
  groups: readonly string[],
  uid: string | undefined,
  extra: Readonly<Record<string, readonly string[]>>,
): AuthorizationAttributes[] {
  const verb = 'impersonate';
  const account = serviceAccountOf(name);
  return [
    account
      ? { verb, group: '', version: 'v1', resource: 'serviceaccounts', ...account }
      : { verb, group: '', version: 'v1', resource: 'users', name },
    ...groups.map((group) => ({ verb, group: '', version: 'v1', resource: 'groups', name: group })),
    ...(uid ? [{ verb, group: 'authentication.k8s.io', version: 'v1', resource: 'uids', name: uid }] : []),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.map((value) => ({
        verb,
        group: 'authentication.k8s.io',
        version: 'v1',
        resource: 'userextras',
        subresource: key,
        name: value,
      })),
    ),
  ];
}

function serviceAccountOf(username: string): { namespace: string; name: string } | undefined {
  if (!username.startsWith(serviceAccountPrefix)) return undefined;
  const [namespace, name, ...rest] = username.slice(serviceAccountPrefix.length).split(':');
  return namespace && name && rest.length === 0 ? { namespace, name } : undefined;
}

function extrasOf(headers: Headers): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  for (const [header, value] of Object.entries(headers)) {
    if (header.startsWith(extraHeader)) setKey(extra, unescaped(header.slice(extraHeader.length)), all(value));
  }
  return extra;
}

/** Keys are percent-encoded, since they hold slashes; one that is not encoded rightly is taken as it stands. */
function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch (error) {
    if (error instanceof URIError) return key;
    throw error;
  }
}

/** Node joins repeated headers with a comma. */
function all(value: string | string[] | undefined): string[] {
  if (value === undefined) return [];
  const values = Array.isArray(value) ? value : value.split(', ');
  return values.filter((each) => each !== '');
}
