import type { Registry } from 'prom-client';
import type { HttpAnswer } from '../contract.ts';
import type { Admitted } from '../rest/call.ts';
import { jsonAnswer, textAnswer } from '../rest/render.ts';
import type { Discovery } from '../discovery/discovery.ts';
import type { OpenApiDocuments } from '../openapi/documents.ts';
import { health, type HealthChecks } from './health.ts';
import { version } from './version.ts';

export interface PageParts {
  discovery: Discovery;
  openApi: OpenApiDocuments;
  checks: HealthChecks;
  /** Called before metrics are rendered, for those that are read off. */
  collect(): void;
  registry: Registry;
  /** Public keys of the service-account issuer, and its discovery document. */
  openId: { jwks(): unknown; discovery(externalUrl: string): unknown };
  externalUrl: string;
}

/** Paths that are no resources. */
export function createPages(parts: PageParts): (admitted: Admitted) => Promise<HttpAnswer> {
  return async (admitted) => {
    const path = admitted.path.length > 1 ? admitted.path.replace(/\/$/, '') : admitted.path;
    if (admitted.call.method !== 'GET' && admitted.call.method !== 'HEAD')
      return textAnswer(405, 'method not allowed\n', { allow: 'GET, HEAD' });
    const checked = await health(parts.checks, path, admitted.query);
    if (checked) return checked;
    switch (path) {
      case '/version':
        return jsonAnswer(200, version, { admitted });
      case '/metrics':
        parts.collect();
        return textAnswer(200, await parts.registry.metrics(), { 'content-type': parts.registry.contentType });
      case '/openid/v1/jwks':
        return typed(await parts.openId.jwks(), 'application/jwk-set+json', admitted);
      case '/.well-known/openid-configuration':
        return jsonAnswer(200, await parts.openId.discovery(parts.externalUrl), { admitted });
    }
    const documented = parts.discovery.page(path, admitted) ?? parts.openApi.page(path, admitted);
    return documented ?? index(parts, path, admitted);
  };
}

function typed(value: unknown, type: string, admitted: Admitted): HttpAnswer {
  const answer = jsonAnswer(200, value, { admitted });
  return { ...answer, headers: { ...answer.headers, 'content-type': type } };
}

/** `/` lists what there is, and so does a path that is not there. */
function index({ discovery, checks }: PageParts, path: string, admitted: Admitted): HttpAnswer {
  const named = (prefix: string): string[] => [prefix, ...Object.keys(checks).map((name) => `${prefix}/${name}`)];
  const paths = [
    '/.well-known/openid-configuration',
    ...discovery.paths(),
    ...['/healthz', '/livez', '/readyz'].flatMap(named),
    '/metrics',
    '/openapi/v2',
    '/openapi/v3',
    '/openid/v1/jwks',
    '/version',
  ].sort();
  return jsonAnswer(path === '/' ? 200 : 404, { paths }, { admitted });
}
