import { RegistryError } from '../contract.ts';
import type { Route } from '../http/route.ts';
import { isRepositoryName } from '../names.ts';
import type { Action } from '../settings/access.ts';

/** One entry of a token's `access` claim: distribution, "Token Authentication Implementation". */
export interface Grant {
  type: 'repository' | 'registry';
  name: string;
  actions: string[];
}

/** A client asks for one or two; who asks for thousands wants something else. */
const mostScopes = 100;

/**
 * `repository:name:pull,push` of several `scope` parameters, each of which may name several with spaces. A name may have a colon in it
 * (`host:5000/name`). Types and names that there are none of here are left out, and so not granted ("Token Scope Documentation").
 */
export function parseScopes(texts: readonly string[]): Grant[] {
  const wanted = texts.flatMap((text) => text.split(' ')).filter((scope) => scope !== '');
  if (wanted.length > mostScopes) throw new RegistryError('DENIED', 'too many scopes', { status: 400 });
  return wanted.flatMap((scope): Grant[] => {
    const [, type, name, list] = /^(repository|registry)(?:\([a-z0-9]+\))?:(.+):([a-z*,]*)$/.exec(scope) ?? [];
    if (name === undefined || list === undefined) return [];
    const actions = list.split(',').filter((action) => action !== '');
    if (type === 'registry') return name === 'catalog' ? [{ type, name, actions }] : [];
    return isRepositoryName(name) ? [{ type: 'repository', name, actions }] : [];
  });
}

export const scopeText = ({ type, name, actions }: Grant): string => `${type}:${name}:${actions.join(',')}`;

/** Whether one of the grants has it. */
export function grants(access: readonly Grant[], type: Grant['type'], name: string, action: string): boolean {
  return access.some(
    (grant) => grant.type === type && grant.name === name && (grant.actions.includes(action) || grant.actions.includes('*')),
  );
}

export type Need = { type: 'repository'; name: string; actions: Action[] } | { type: 'registry'; name: 'catalog'; actions: ['*'] };

export interface Needs {
  /** All of it is needed. None: who asks need only be known, which `docker login` is about. */
  grants: Need[];
  /** Asked for in the challenge as well: of use, and not needed. */
  wished: Need[];
}

/** Uploads belong to who pushes, whatever the method: their addresses and states are nobody else's business. */
export function needsOf(route: Route, method: string | undefined, query: URLSearchParams): Needs {
  const repository = (name: string, ...actions: Action[]): Need => ({ type: 'repository', name, actions });
  switch (route.handler) {
    case 'base':
    case 'token':
      return { grants: [], wished: [] };
    case 'catalog':
      return { grants: [{ type: 'registry', name: 'catalog', actions: ['*'] }], wished: [] };
    case 'blob-upload': {
      const from = query.get('mount') ? query.get('from') : null;
      return { grants: [repository(route.name, 'pull', 'push')], wished: from && isRepositoryName(from) ? [repository(from, 'pull')] : [] };
    }
    case 'blob-upload-chunk':
      return { grants: [repository(route.name, 'pull', 'push')], wished: [] };
    case 'page':
      if (route.page === 'repository') return { grants: [repository(route.name, 'pull')], wished: [] };
      return { grants: route.page === 'repositories' ? [{ type: 'registry', name: 'catalog', actions: ['*'] }] : [], wished: [] };
    default: {
      if (method === 'GET' || method === 'HEAD') return { grants: [repository(route.name, 'pull')], wished: [] };
      return { grants: [method === 'DELETE' ? repository(route.name, 'delete') : repository(route.name, 'pull', 'push')], wished: [] };
    }
  }
}
