import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { lookUp } from '#base';
import type { Registry } from 'prom-client';

export interface OpsServerOptions {
  /** Addresses to listen on, all with `port`. */
  hosts: readonly string[];
  port: number;
  /** PEM texts. `ca` is what client certificates are checked against. */
  tls: { cert: string; key: string; ca: string };
  /** What `/metrics` shows. */
  registry: Registry;
  /** Named checks of `/readyz`; a check that throws is not ready and its message is shown to `?verbose`. */
  ready?: Readonly<Record<string, () => void | Promise<void>>>;
  /** Asked for every path but the health checks. */
  authorize: Authorize;
  /** More paths, such as `/metrics/cadvisor`: each answers a body in the Prometheus text format, or JSON. */
  extra?: Readonly<Record<string, (query: URLSearchParams) => Promise<string | { json: unknown }>>>;
  /** Whatever else there is, asked for who may read it; undefined: nothing at that path. */
  more?: (request: MoreRequest) => Promise<MoreAnswer | undefined>;
}

/** A request for a path that is neither of the port's own nor among `extra`. */
export interface MoreRequest {
  path: string;
  query: URLSearchParams;
  /** Aborts when the client is gone. */
  signal: AbortSignal;
}

export interface MoreAnswer {
  code: number;
  /** `text/plain` unless given. */
  type?: string;
  location?: string;
  body: string | AsyncIterable<Uint8Array>;
}

/** `unauthenticated` is answered with 401, `forbidden` with 403. A rejection is answered with 500. */
export type Authorize = (request: OpsRequest) => Promise<'allowed' | 'unauthenticated' | 'forbidden'>;

export interface OpsRequest {
  /** The bearer token, not looked at here: only the api-server can tell whose it is. */
  token?: string;
  /** Of a client certificate that the cluster's CA signed. */
  certificate?: { commonName: string; organizations: readonly string[] };
  path: string;
  /** `get`, whatever the method: with `path` the attributes of a non-resource request, as authorization.k8s.io has them. */
  verb: string;
}

/**
 * The HTTPS port that every part has for its operators: `/metrics` for who may read it, `/healthz`, `/livez` and `/readyz` for anyone.
 * Plain `node:https`: two routes do not carry a framework in each of nine processes. Resolves when every host listens, and rejects when one
 * cannot. `close` ends requests that are under way.
 */
export async function serveOps(options: OpsServerOptions): Promise<{ close(): Promise<void> }> {
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    answer(request, options, gone.signal).then(
      (found) => send(response, found),
      (err: unknown) => response.writeHead(500).end(`internal error: ${err instanceof Error ? err.message : String(err)}\n`),
    );
  };
  const servers = await Promise.all(options.hosts.map((host) => listen(options, host, listener)));
  return {
    async close() {
      await Promise.all(servers.map((server) => closeServer(server)));
    },
  };
}

function listen(options: OpsServerOptions, host: string, listener: (q: IncomingMessage, s: ServerResponse) => void): Promise<Server> {
  const { cert, key, ca } = options.tls;
  // A certificate is asked for and not demanded: health is for anyone, and a token does as well.
  const server = createServer({ cert, key, ca, requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.2' }, listener);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, host, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

/** Requests that are under way are cut off: a process that stops has nothing to tell any more. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function send(response: ServerResponse, { code, body, type = 'text/plain; charset=utf-8', location }: MoreAnswer): void {
  response.writeHead(code, { 'content-type': type, ...(location !== undefined && { location }) });
  if (typeof body === 'string') response.end(body);
  else pipeline(Readable.from(body, { objectMode: false }), response, () => undefined); // an end before its time is the client's
}

async function answer(request: IncomingMessage, options: OpsServerOptions, signal: AbortSignal): Promise<MoreAnswer> {
  const url = URL.parse(request.url ?? '/', 'https://localhost');
  if (!url) return { code: 400, body: 'bad request\n' };
  if (request.method !== 'GET' && request.method !== 'HEAD') return { code: 405, body: 'method not allowed\n' };
  switch (url.pathname) {
    case '/healthz':
    case '/livez':
      return { code: 200, body: 'ok' };
    case '/readyz':
      return readiness(options.ready ?? {}, url.searchParams.has('verbose'));
  }
  const extra = lookUp(options.extra, url.pathname);
  if (url.pathname !== '/metrics' && !extra && !options.more) return { code: 404, body: 'not found\n' };
  const verdict = await options.authorize({ ...identityOf(request), path: url.pathname, verb: 'get' });
  if (verdict === 'unauthenticated') return { code: 401, body: 'Unauthorized\n' };
  if (verdict === 'forbidden') return { code: 403, body: 'Forbidden\n' };
  if (url.pathname !== '/metrics' && !extra)
    return (await options.more?.({ path: url.pathname, query: url.searchParams, signal })) ?? { code: 404, body: 'not found\n' };
  const shown = extra ? await extra(url.searchParams) : await options.registry.metrics();
  if (typeof shown !== 'string') return { code: 200, body: JSON.stringify(shown.json), type: 'application/json' };
  return { code: 200, body: shown, type: options.registry.contentType };
}

function identityOf(request: IncomingMessage): Pick<OpsRequest, 'token' | 'certificate'> {
  const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const socket = request.socket as TLSSocket;
  // Whatever another authority has signed counts as no certificate.
  const subject = socket.authorized ? socket.getPeerCertificate().subject : undefined;
  if (!subject?.CN) return token ? { token } : {};
  const organizations = ([] as string[]).concat(subject.O ?? []);
  return { ...(token && { token }), certificate: { commonName: String(subject.CN), organizations } };
}

/** As upstream's `/readyz` has it: a line for each check with `?verbose` or when one fails, else `ok`. All checks are run at once. */
async function readiness(checks: Readonly<Record<string, () => void | Promise<void>>>, verbose: boolean): Promise<MoreAnswer> {
  const lines = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      try {
        await check();
        return { ok: true, text: `[+]${name} ok` };
      } catch (err) {
        return { ok: false, text: `[-]${name} failed: ${err instanceof Error ? err.message : String(err)}` };
      }
    }),
  );
  const ok = lines.every((line) => line.ok);
  const summary = ok ? 'readyz check passed' : 'readyz check failed';
  const body = verbose || !ok ? `${lines.map((line) => line.text).join('\n')}\n${summary}\n` : 'ok';
  return { code: ok ? 200 : 500, body };
}
