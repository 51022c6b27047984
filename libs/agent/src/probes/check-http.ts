import { type IncomingMessage, type OutgoingHttpHeaders, request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { setKey } from '#base';
import type { HTTPGetAction } from '#api/types';
import { type CheckResult, dialError, failed, hostPort, ok, unknown } from './result.ts';

/** Where one request goes. The path is sent as it is written: probes ask for `/a/../b` when told to. */
interface Target {
  protocol: 'http:' | 'https:';
  host: string;
  port: number;
  path: string;
}

interface HttpTarget {
  host: string;
  port: number;
  /** Aborts when the time for all of it is over. */
  signal: AbortSignal;
  /** Whatever answer comes is good. */
  hook?: boolean;
}

/** The kubelet's `maxRespBodyLength` (pkg/probe/http). */
const MAX_BODY_BYTES = 10 * 1024;
const MAX_HEADER_BYTES = 1 << 20;
/** Where Go's http.Client stops too. */
const MAX_REQUESTS = 10;

/**
 * A GET whose answer is good from 200 to 399. Redirects are followed on the same host; one that leads to another host is a success with a
 * warning (Kubernetes, "HTTP probes").
 */
export async function checkHttp(action: HTTPGetAction, target: HttpTarget): Promise<CheckResult> {
  const { signal } = target;
  const headers = headersOf(action, target.hook ? 'kube-lifecycle/1.36' : 'kube-probe/1.36');
  const first: Target = {
    protocol: action.scheme === 'HTTPS' ? 'https:' : 'http:',
    host: target.host,
    port: target.port,
    path: requestPath(action.path ?? ''),
  };
  let current = first;
  for (let asked = 1; ; asked++) {
    let response: IncomingMessage;
    try {
      response = await get(current, headers, signal);
    } catch (err) {
      return failed(`Get "${textOf(current)}": ${requestError(err as Error, current, signal)}`);
    }
    const location = redirection(response);
    const next = location === undefined ? undefined : URL.parse(location, textOf(current));
    const isLast = location === undefined || (next && next.hostname !== new URL(textOf(first)).hostname);
    if (isLast && !target.hook) return verdict(response, signal);
    response.destroy();
    if (isLast) return ok;
    const refusal = !next
      ? `failed to parse Location header "${location}"`
      : asked === MAX_REQUESTS
        ? `stopped after ${MAX_REQUESTS} redirects`
        : isWeb(next.protocol)
          ? undefined
          : `unsupported protocol scheme "${next.protocol.slice(0, -1)}"`;
    if (refusal || !next) return failed(`Get "${textOf(current)}": ${refusal}`);
    // A whole URL names its host itself; a path is asked of the host that was named.
    if (/^[a-z][a-z0-9+.-]*:/i.test(location)) delete headers['host'];
    current = targetOf(next);
  }
}

/** Certificates are not checked: the probe is about the container, not its name. */
function get({ protocol, host, port, path }: Target, headers: OutgoingHttpHeaders, signal: AbortSignal): Promise<IncomingMessage> {
  const options: RequestOptions = { host, port, path, headers, signal, agent: false, maxHeaderSize: MAX_HEADER_BYTES };
  return new Promise((resolve, reject) => {
    const request =
      protocol === 'https:'
        ? httpsRequest({ ...options, rejectUnauthorized: false, servername: isIP(host) ? '' : host })
        : httpRequest(options);
    request.on('response', resolve);
    request.on('error', reject); // after the response too: then its reader is told
    request.end();
  });
}

/** Where a response sends its reader. Those without a place, and others of 300 to 399, are answers like any other. */
function redirection({ statusCode = 0, headers }: IncomingMessage): string | undefined {
  return [301, 302, 303, 307, 308].includes(statusCode) && headers.location ? headers.location : undefined;
}

async function verdict(response: IncomingMessage, signal: AbortSignal): Promise<CheckResult> {
  const code = response.statusCode ?? 0;
  let body: string;
  try {
    body = await bodyOf(response);
  } catch {
    return unknown(
      signal.aborted ? 'context deadline exceeded (Client.Timeout or context cancellation while reading body)' : 'unexpected EOF',
    );
  }
  if (code < 200 || code >= 400) return failed(`HTTP probe failed with statuscode: ${code}`);
  return code < 300 ? ok : { ok: true, warning: `Probe terminated redirects, Response body: ${body}` };
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let read = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    read += chunk.length;
    if (read >= MAX_BODY_BYTES) break; // which closes the connection
  }
  return Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString();
}

/** The probe's own, unless the action has them; an empty one is not sent. What frames the message is not the action's to say. */
function headersOf({ httpHeaders = [] }: HTTPGetAction, userAgent: string): OutgoingHttpHeaders {
  const wanted = new Map<string, string[]>();
  for (const { name, value } of httpHeaders) {
    const key = name.toLowerCase();
    wanted.set(key, [...(wanted.get(key) ?? []), value]);
  }
  for (const name of ['content-length', 'transfer-encoding', 'trailer']) wanted.delete(name);
  const single: OutgoingHttpHeaders = { 'user-agent': userAgent, accept: '*/*', connection: 'close' };
  for (const name of ['user-agent', 'accept', 'host', 'connection']) {
    const [value] = wanted.get(name) ?? [];
    if (value) setKey(single, name, value);
    else if (value === '') delete single[name];
    wanted.delete(name);
  }
  return { ...single, ...Object.fromEntries(wanted) };
}

/** Path and query of the action. A whole URL gives only these; a fragment is never sent. */
function requestPath(text: string): string {
  const path = text.replace(/#.*$/s, '').replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i, '');
  const absolute = path.startsWith('/') ? path : `/${path}`;
  return absolute.replace(/[^!-~]+/g, (part) => encodeURIComponent(part));
}

function targetOf({ protocol, hostname, port, pathname, search }: URL): Target {
  const https = protocol === 'https:';
  return {
    protocol: https ? 'https:' : 'http:',
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port ? Number(port) : https ? 443 : 80,
    path: `${pathname}${search}`,
  };
}

const isWeb = (protocol: string): boolean => protocol === 'http:' || protocol === 'https:';
const textOf = ({ protocol, host, port, path }: Target): string => `${protocol}//${hostPort(host, port)}${path}`;

function requestError(err: Error, { host, port }: Target, signal: AbortSignal): string {
  if (signal.aborted) return 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
  const code = (err as NodeJS.ErrnoException).code ?? '';
  if (err.message === 'socket hang up') return 'EOF';
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER') return 'http: server gave HTTP response to HTTPS client';
  if (code.startsWith('HPE_')) return 'net/http: HTTP/1.x transport connection broken: malformed HTTP response';
  return dialError(err, host, port);
}
