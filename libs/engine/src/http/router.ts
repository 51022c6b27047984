import type { ApiVersion, Endpoint } from './endpoint.ts';

export interface Route {
  endpoint: Endpoint;
  params: ReadonlyMap<string, string>;
}

interface Compiled {
  endpoint: Endpoint;
  pattern: RegExp;
  names: readonly string[];
}

/** Finds the endpoint of a path. Docker Engine API, "Versioning": `/v1.43/info` and `/info` are the same. */
export class Router {
  private readonly routes: readonly Compiled[];

  constructor(endpoints: readonly Endpoint[]) {
    // A path without parameters is meant before one that has them: `/images/json` is no image.
    this.routes = endpoints.map(compile).toSorted((a, b) => a.names.length - b.names.length);
  }

  /** `path` is below the version and still escaped. undefined: page not found. */
  find(method: string, path: string): Route | undefined {
    for (const { endpoint, pattern, names } of this.routes) {
      if (endpoint.method !== method && !(method === 'HEAD' && endpoint.method === 'GET')) continue;
      const match = pattern.exec(path);
      if (!match) continue;
      const values = match.slice(1).map(unescaped);
      if (values.every((value) => value !== undefined)) return { endpoint, params: new Map(names.map((name, i) => [name, values[i]!])) };
    }
    return undefined;
  }
}

/** The version that a path begins with, and the rest. */
export function splitVersion(path: string): { version: ApiVersion | undefined; rest: string } {
  const match = /^\/v(\d{1,3})\.(\d{1,3})(?=\/)/.exec(path);
  if (!match) return { version: undefined, rest: path };
  return { version: [Number(match[1]), Number(match[2])], rest: path.slice(match[0].length) };
}

function compile(endpoint: Endpoint): Compiled {
  const names: string[] = [];
  const source = endpoint.path.replaceAll(/\{(\w+)(\.\.\.)?\}/g, (_, name: string, many?: string) => {
    names.push(name);
    return many ? '(.+)' : '([^/]+)';
  });
  return { endpoint, names, pattern: new RegExp(`^${source}$`) };
}

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // a broken escape names nothing
  }
}
