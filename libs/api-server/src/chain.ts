import { ApiError, forbidden, pageNotFound, requestEntityTooLarge } from '#api';
import type { Clock } from '#base';
import type { AuthorizationAttributes, UserInfo } from '#kinds/contract';
import type { Logger } from '#telemetry';
import type { Authenticator, Authorizer, ConnectHandlers, HttpAnswer, ResourceService } from './contract.ts';
import { statusOf } from './errors/status-of.ts';
import type { ServerMetrics } from './metrics.ts';
import type { Overload } from './overload.ts';
import type { ServedKinds } from './resources/served-kinds.ts';
import { parseRequestInfo } from './request/request-info.ts';
import { type Admitted, header, type HttpCall } from './rest/call.ts';
import { read } from './rest/read.ts';
import { statusAnswer, textAnswer } from './rest/render.ts';
import { route } from './rest/route.ts';
import { watch } from './rest/watch.ts';
import { write } from './rest/write.ts';

/** The largest body that is read: upstream's `MaxRequestBodyBytes`. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

export interface ChainParts {
  kinds: ServedKinds;
  service: ResourceService;
  authenticator: Authenticator;
  authorizer: Authorizer;
  overload: Overload;
  metrics: ServerMetrics;
  clock: Clock;
  logger: Logger;
  connect: ConnectHandlers;
  /** Paths that are no resources (discovery, health, metrics): undefined when there is no such path. */
  pages(admitted: Admitted): HttpAnswer | Promise<HttpAnswer | undefined> | undefined;
  below(limit: number): number;
}

/**
 * The way of every request, in order:
 *
 *   admit   request info → authenticate → overload → authorize      before the body is read
 *   serve   route (404, 405, 406) → decode … store                  with the body
 *
 * Every error on the way becomes a Status, and whatever is no ApiError a 500: a request cannot end the process.
 */
export class Chain {
  constructor(private readonly parts: ChainParts) {}

  /** Everything that comes before the body. `done` must be called when the answer is out. */
  async admit(call: HttpCall): Promise<{ admitted: Admitted; done: () => void } | { refused: HttpAnswer }> {
    const { path, query } = splitUrl(call.url);
    const info = parseRequestInfo(call.method, path, query);
    try {
      const user = await this.parts.authenticator.authenticate({ token: bearerToken(call), certificate: call.certificate });
      const admitted: Admitted = { call, path, query, info, user, warnings: [] };
      const done = this.parts.overload.enter(info, isLongRunning(admitted));
      try {
        await this.authorize(admitted);
      } catch (err) {
        done();
        throw err;
      }
      return { admitted, done };
    } catch (err) {
      return { refused: this.failed(err, call) };
    }
  }

  async serve(admitted: Admitted, body: Buffer): Promise<HttpAnswer> {
    try {
      if (body.length > MAX_BODY_BYTES) throw bodyTooLarge();
      return withWarnings(await this.answer(admitted, body), admitted.warnings);
    } catch (err) {
      return withWarnings(this.failed(err, admitted.call), admitted.warnings);
    }
  }

  private async authorize({ user, info }: Admitted): Promise<void> {
    const attributes: AuthorizationAttributes = info.isResource
      ? {
          verb: info.verb,
          group: info.group,
          version: info.version,
          resource: info.resource,
          subresource: info.subresource || undefined,
          namespace: info.namespace || undefined,
          name: info.name || undefined,
        }
      : { verb: info.verb, group: '', resource: '', nonResourcePath: info.path };
    const { allowed, reason } = await this.parts.authorizer.authorize(user, attributes);
    if (!allowed) throw notAllowed(user, attributes, reason);
  }

  private async answer(admitted: Admitted, body: Buffer): Promise<HttpAnswer> {
    const { kinds, service, clock } = this.parts;
    const { info } = admitted;
    if (!info.isResource) return (await this.parts.pages(admitted)) ?? notFoundPage(admitted, this.parts);
    if (!kinds.hasGroup(info.group)) return textAnswer(404, '404 page not found\n');
    const found = route(kinds, admitted);
    if (info.subresource !== '' && found.kind.definition.subresources?.[info.subresource]?.do === 'connect') {
      return this.connect(admitted, body);
    }
    if (info.verb === 'watch') {
      const now = (): Date => clock.now();
      return watch({ service, metrics: this.parts.metrics, now, below: this.parts.below }, found);
    }
    if (info.verb === 'get' || info.verb === 'list') return read(service, found, clock.now());
    return write(service, found, body, clock.now());
  }

  private async connect(admitted: Admitted, body: Buffer): Promise<HttpAnswer> {
    void body;
    void admitted;
    throw pageNotFound();
  }

  private failed(err: unknown, call: HttpCall): HttpAnswer {
    const status = statusOf(err);
    if (!(err instanceof ApiError)) this.parts.logger.error({ err, method: call.method, url: splitUrl(call.url).path }, 'request failed');
    return statusAnswer(status, status.code === 401 ? { 'www-authenticate': 'Bearer' } : {});
  }
}

export const bodyTooLarge = (): ApiError => requestEntityTooLarge(`Request entity too large: limit is ${MAX_BODY_BYTES}`);

function notFoundPage(_admitted: Admitted, _parts: ChainParts): HttpAnswer {
  return textAnswer(404, '404 page not found\n');
}

function splitUrl(url: string): { path: string; query: URLSearchParams } {
  const mark = url.indexOf('?');
  return mark < 0
    ? { path: url, query: new URLSearchParams() }
    : { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) };
}

const websocketToken = 'base64url.bearer.authorization.k8s.io.';

/** Of the header, or of a WebSocket's subprotocol: browsers cannot set headers there. */
function bearerToken(call: HttpCall): string | undefined {
  const token = /^Bearer\s+(\S+)\s*$/i.exec(header(call, 'authorization') ?? '')?.[1];
  if (token) return token;
  const protocols = (header(call, 'sec-websocket-protocol') ?? '').split(',').map((name) => name.trim());
  const encoded = protocols.find((name) => name.startsWith(websocketToken))?.slice(websocketToken.length);
  return encoded && Buffer.from(encoded, 'base64url').toString();
}

/** Requests that stay: they count apart, and no time limit of a request holds for them. */
export function isLongRunning({ info, query }: Pick<Admitted, 'info' | 'query'>): boolean {
  if (!info.isResource) return false;
  if (info.verb === 'watch') return true;
  if (info.subresource === 'log') return query.get('follow') === 'true' || query.get('follow') === '1';
  return ['exec', 'attach', 'portforward', 'proxy'].includes(info.subresource);
}

/** `k8s.io/apiserver/pkg/endpoints/handlers/responsewriters.forbiddenMessage`. */
function notAllowed(user: UserInfo, attributes: AuthorizationAttributes, reason: string): ApiError {
  const who = `User ${JSON.stringify(user.username)}`;
  const because = reason ? `: ${reason}` : '';
  const { verb, group, resource, subresource, namespace, name = '', nonResourcePath } = attributes;
  if (nonResourcePath !== undefined) {
    const message = `forbidden: ${who} cannot ${verb} path ${JSON.stringify(nonResourcePath)}${because}`;
    return new ApiError({ code: 403, reason: 'Forbidden', message, details: {} });
  }
  const what = JSON.stringify(subresource ? `${resource}/${subresource}` : resource);
  const place = namespace ? `in the namespace ${JSON.stringify(namespace)}` : 'at the cluster scope';
  return forbidden(
    { group, resource },
    name,
    `${who} cannot ${verb} resource ${what} in API group ${JSON.stringify(group)} ${place}${because}`,
  );
}

/** RFC 7234 §5.5: code 299, no agent, quoted text. */
function withWarnings(answer: HttpAnswer, warnings: readonly string[]): HttpAnswer {
  if (warnings.length === 0) return answer;
  const quoted = [...new Set(warnings)].map((text) => `299 - "${text.replaceAll(/["\\]/g, String.raw`\$&`).replaceAll(/[\r\n]+/g, ' ')}"`);
  return { ...answer, headers: { ...answer.headers, warning: quoted } };
}
