import type { IncomingMessage } from 'node:http';
import { ApiError, badRequest, requestEntityTooLarge } from '#api';
import type { Clock, Random } from '#base';
import type { AuthorizationAttributes } from '#kinds/contract';
import type { Logger } from '#telemetry';
import { impersonate } from './authentication/index.ts';
import { shapeOf } from './catalog/subresources.ts';
import type { Authenticator, Authorizer, ConnectHandlers, ConnectRequest, HttpAnswer, KindCatalog, ResourceService } from './contract.ts';
import type { Core } from './core.ts';
import { forbiddenBy } from './errors/refusal.ts';
import { statusOf } from './errors/status-of.ts';
import type { ServerMetrics } from './metrics.ts';
import { isLongRunning, measured } from './request-metrics.ts';
import type { Overload } from './overload.ts';
import { bearerToken } from './request/bearer-token.ts';
import { inTime, requestTimeoutMs } from './request/deadline.ts';
import { errorFormat } from './request/negotiate.ts';
import { parseRequestInfo } from './request/request-info.ts';
import { type Admitted, header, type HttpCall } from './rest/call.ts';
import type { ProtobufAnswers } from './rest/protobuf.ts';
import { connect, isConnect } from './rest/connect.ts';
import { read } from './rest/read.ts';
import { statusAnswer, textAnswer } from './rest/render.ts';
import { route } from './rest/route.ts';
import { warningHeaders } from './rest/warnings.ts';
import { watch } from './rest/watch.ts';
import { write } from './rest/write.ts';
import { Turns } from './turns.ts';
import { offeredProtocols } from './streams/negotiation.ts';
import { answerOverWebSocket, logProtocols, watchProtocols } from './streams/websocket-answer.ts';

/** The largest body that is read: upstream's `MaxRequestBodyBytes`. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** What the chain hands requests to. All of it is shared by all requests. */
export interface ChainParts {
  kinds: KindCatalog;
  service: ResourceService;
  authenticator: Authenticator;
  authorizer: Authorizer;
  overload: Overload;
  metrics: ServerMetrics;
  clock: Clock;
  logger: Logger;
  core: Core;
  connect: ConnectHandlers;
  protobuf: ProtobufAnswers;
  /** Paths that are no resources: discovery, health, metrics. */
  pages(admitted: Admitted): Promise<HttpAnswer>;
  random: Random;
}

/**
 * The way of every request, in order:
 *
 *   admit   request info → authenticate → authorize                       before the body is read
 *   serve   a seat among all requests → route (404, 405, 406) → decode … store   with the body
 *
 * Every error on the way becomes a Status, and whatever is no ApiError a 500: a request cannot end the process.
 */
export class Chain {
  private readonly turns: Turns;

  constructor(private readonly parts: ChainParts) {
    this.turns = new Turns(parts.clock);
  }

  get clock(): Clock {
    return this.parts.clock;
  }

  get random(): Random {
    return this.parts.random;
  }

  /** Everything that comes before the body. `done` must be called when the answer is out, with its status. */
  async admit(call: HttpCall): Promise<{ admitted: Admitted; done: (status: number) => void } | { refused: HttpAnswer }> {
    const { path, query } = splitUrl(call.url);
    const info = parseRequestInfo(call.method, path, query);
    const observe = measured(this.parts, { call, query, info });
    try {
      const { authenticator, authorizer } = this.parts;
      const shown = await authenticator.authenticate({ token: bearerToken(call.headers), certificate: call.certificate });
      const user = await impersonate(shown, call.headers, authorizer);
      const admitted: Admitted = { call, path, query, info, user, protobuf: this.parts.protobuf, warnings: [] };
      await this.authorize(admitted);
      return { admitted, done: observe };
    } catch (err) {
      const refused = this.failed(err, call);
      observe(refused.status);
      return { refused };
    }
  }

  /** Receives the body, in a place that no other user's bodies take. Throws ApiError 429. */
  async receive(admitted: Admitted, read: () => Promise<Buffer>): Promise<Buffer> {
    const leave = this.parts.overload.receive(admitted);
    try {
      return await read();
    } finally {
      leave();
    }
  }

  /** Everything from the body on. Never rejects. Long-running requests take no seat, which they would keep for hours. */
  async serve(admitted: Admitted, body: Buffer): Promise<HttpAnswer> {
    let leave: (() => void) | undefined;
    try {
      if (body.length > MAX_BODY_BYTES) throw bodyTooLarge();
      if (isLongRunning(admitted, this.parts.kinds)) return withWarnings(await this.answer(admitted, body), admitted.warnings);
      leave = await this.parts.overload.enter(admitted);
      if (admitted.info.isResource) await this.turns.mine();
      const answer = await inTime(this.parts.clock, requestTimeoutMs(admitted.query), this.answer(admitted, body));
      return withWarnings(answer, admitted.warnings);
    } catch (err) {
      return withWarnings(this.failed(err, admitted.call), admitted.warnings);
    } finally {
      leave?.();
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
          fieldSelector: info.fieldSelector,
          labelSelector: info.labelSelector,
        }
      : { verb: info.verb, group: '', resource: '', nonResourcePath: info.path };
    const { allowed, reason } = await this.parts.authorizer.authorize(user, attributes);
    if (!allowed) throw forbiddenBy(user, attributes, reason);
  }

  /**
   * Who answers: a page, a stream's handler, a watch, a read or a write. A group that is not served is told in plain text, as upstream's
   * mux does.
   */
  private async answer(admitted: Admitted, body: Buffer): Promise<HttpAnswer> {
    const { kinds, service, clock } = this.parts;
    const { info } = admitted;
    if (!info.isResource) return this.parts.pages(admitted);
    if (!kinds.hasGroup(info.group)) return textAnswer(404, '404 page not found\n');
    const delegate = kinds.delegateOf(info.group, info.version);
    if (delegate) return delegate.answer({ ...info, user: admitted.user, query: admitted.query, signal: admitted.call.signal });
    const found = route(kinds, admitted);
    if (found.kind.definition.deprecated) admitted.warnings.push(found.kind.definition.deprecated);
    if (isConnect(found)) return (await connect(this.parts, found, { body })) ?? textAnswer(200, '');
    if (info.verb === 'watch') {
      return watch(this.parts, found);
    }
    if (info.verb === 'get' || info.verb === 'list') return read(service, found, clock.now());
    return write({ service, kinds, logger: this.parts.logger }, found, body, clock.now());
  }

  /**
   * Whether a request that asks for another protocol gets one: streams do, and over WebSocket watches and texts. Everything else is answered
   * as if it had not asked (RFC 9110 §7.8).
   */
  takesUpgrade({ method = 'GET', url = '/', headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): boolean {
    const { path, query } = splitUrl(url);
    const info = parseRequestInfo(method, path, query);
    if (!info.isResource) return false;
    const shape = shapeOf(this.parts.kinds.find(info)?.definition, info.subresource);
    if (shape === 'streams' || shape === 'relay') return true;
    return /\bwebsocket\b/i.test(headers.upgrade ?? '') && (info.verb === 'watch' || shape === 'text');
  }

  /** A WebSocket or SPDY request. Undefined: its handler has taken the connection over. */
  async upgrade(admitted: Admitted, upgrade: NonNullable<ConnectRequest['upgrade']>): Promise<HttpAnswer | undefined> {
    try {
      if (!admitted.info.isResource) return await this.parts.pages(admitted);
      const found = route(this.parts.kinds, admitted);
      const request = { upgrade, headers: admitted.call.headers };
      if (admitted.info.verb === 'watch') {
        const answer = await watch(this.parts, { ...found, format: { ...found.format, mediaType: 'application/json' } });
        await answerOverWebSocket(request, watchProtocols(offeredProtocols(request.headers)), answer);
        return undefined;
      }
      if (!isConnect(found)) throw badRequest('Upgrade request required on a subresource that is a stream');
      const isText = shapeOf(found.kind.definition, admitted.info.subresource) === 'text';
      const answer = await connect(this.parts, found, isText ? {} : { upgrade });
      if (!isText || !answer) return answer;
      await answerOverWebSocket(request, logProtocols, answer);
      return undefined;
    } catch (err) {
      return this.failed(err, admitted.call);
    }
  }

  /**
   * Faults of the server are logged with their cause; what clients did wrong is theirs to read. A 401 names the scheme that would help
   * (RFC 9110 §11.6.1).
   */
  private failed(err: unknown, call: HttpCall): HttpAnswer {
    const status = statusOf(err);
    if (!(err instanceof ApiError) || err.reason === 'InternalError')
      this.parts.logger.error({ err, method: call.method, url: splitUrl(call.url).path }, 'request failed');
    const headers: Record<string, string> = status.code === 401 ? { 'www-authenticate': 'Bearer' } : {};
    return statusAnswer(status, { headers, format: errorFormat(header(call, 'accept')), protobuf: this.parts.protobuf });
  }
}

export const bodyTooLarge = (): ApiError => requestEntityTooLarge(`Request entity too large: limit is ${MAX_BODY_BYTES}`);

/** At the first question mark. The path is not decoded: an encoded slash in a name must not become one that parts. */
export function splitUrl(url: string): { path: string; query: URLSearchParams } {
  const mark = url.indexOf('?');
  return mark < 0
    ? { path: url, query: new URLSearchParams() }
    : { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) };
}

function withWarnings(answer: HttpAnswer, warnings: readonly string[]): HttpAnswer {
  return warnings.length === 0 ? answer : { ...answer, headers: { ...answer.headers, warning: warningHeaders(warnings) } };
}
