import { Agent as HttpAgent, type IncomingMessage, type OutgoingHttpHeaders, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import type { Destinations, Trust } from './destinations.ts';
import type { Endpoint } from './endpoints.ts';
import { TrustingAgents } from './trust.ts';

/** A stream as body is read once: whoever tries again makes a new one. */
export interface HttpRequest {
  method: string;
  url: URL;
  headers?: OutgoingHttpHeaders;
  body?: Buffer | Readable;
  signal?: AbortSignal;
}

/** Whose request it is: the registry that is asked, and the URL that led to this one, where that is not the registry itself. */
export interface Errand {
  endpoint: Endpoint;
  from?: URL;
}

const timeouts = {
  /** A host that does not answer a connection attempt is taken for absent. */
  connectMs: 15_000,
  /** No byte for so long ends a transfer; it is then taken up again. */
  idleMs: 60_000,
};

/** Per host and set of rules. Connections that are kept save a TLS handshake for each blob. */
const pooling = { keepAlive: true, maxSockets: 64, keepAliveMsecs: 30_000 };

/** Every request to a registry, its token service and its stores goes through here, and nowhere that the rules refuse. */
export class HttpClient {
  /** By trust: a pooled connection was made under one set of rules, and is used under that alone. */
  private readonly agents = new Map<Trust, { plain: HttpAgent; secure: TrustingAgents }>();

  constructor(readonly destinations: Destinations) {}

  /**
   * One exchange. Resolves with the head of the answer, its body unread. Rejects with the network's error, or 'destination-refused'
   * before anything has been sent.
   */
  async exchange({ method, url, headers = {}, body, signal }: HttpRequest, errand: Errand): Promise<IncomingMessage> {
    const trust = this.destinations.trust(url, errand);
    this.destinations.demandAddress(url, trust);
    const secure = url.protocol === 'https:';
    const agent = this.agent(url, trust);
    // A name and a password in an address would become an Authorization header that nobody here has decided on.
    const target = new URL(url);
    target.username = target.password = '';
    return new Promise((resolve, reject) => {
      const options = { method, headers, signal, timeout: timeouts.idleMs, agent };
      const request = (secure ? httpsRequest : httpRequest)(target, options, resolve);
      request.on('error', reject);
      request.on('timeout', () => request.destroy(new Error(`${url.host} did not answer for ${timeouts.idleMs / 1000} s`)));
      request.on('socket', (socket) => {
        if (!socket.connecting) return;
        socket.setTimeout(timeouts.connectMs);
        socket.once(secure ? 'secureConnect' : 'connect', () => socket.setTimeout(timeouts.idleMs));
      });
      if (body === undefined || Buffer.isBuffer(body)) request.end(body);
      else pipeline(body, request, (err) => err && reject(err));
    });
  }

  private agent(url: URL, trust: Trust): HttpAgent {
    let agents = this.agents.get(trust);
    if (!agents) {
      const options = trust === 'any' ? pooling : { ...pooling, lookup: this.destinations.lookupFor(trust) };
      agents = { plain: new HttpAgent(options), secure: new TrustingAgents(options) };
      this.agents.set(trust, agents);
    }
    return url.protocol === 'https:' ? agents.secure.for(url.host) : agents.plain;
  }
}

/** The whole body, at most `limitBytes` of it. */
export async function readBody(response: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limitBytes) {
      response.destroy();
      throw new Error(`answer is longer than ${limitBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Beyond so much another connection costs less than the rest, which may have no end. */
const discardLimitBytes = 64 * 1024;

/** Gives the connection back when nobody wants the body. */
export function discardBody(response: IncomingMessage): void {
  let left = discardLimitBytes;
  response.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) response.destroy();
  });
  response.on('error', () => undefined); // nobody waits for it any more
}
