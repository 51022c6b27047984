import { Agent as HttpAgent, type IncomingMessage, type OutgoingHttpHeaders, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { agentTrusting } from './trust.ts';

export interface HttpRequest {
  method: string;
  url: string;
  headers?: OutgoingHttpHeaders;
  body?: Buffer | Readable;
  signal?: AbortSignal;
}

const timeouts = {
  /** A host that does not answer a connection attempt is taken for absent. */
  connectMs: 15_000,
  /** No byte for so long ends a transfer; it is then taken up again. */
  idleMs: 60_000,
};

const plainAgent = new HttpAgent({ keepAlive: true, maxSockets: 64, keepAliveMsecs: 30_000 });

/** One exchange. Resolves with the head of the answer, its body unread. Rejects with the network's error. */
export function exchange({ method, url, headers = {}, body, signal }: HttpRequest): Promise<IncomingMessage> {
  const secure = url.startsWith('https:');
  return new Promise((resolve, reject) => {
    const agent = secure ? agentTrusting(new URL(url).host) : plainAgent;
    const options = { method, headers, signal, timeout: timeouts.idleMs, agent };
    const request = (secure ? httpsRequest : httpRequest)(url, options, resolve);
    request.on('error', reject);
    request.on('timeout', () => request.destroy(new Error(`${new URL(url).host} did not answer for ${timeouts.idleMs / 1000} s`)));
    request.on('socket', (socket) => {
      if (!socket.connecting) return;
      socket.setTimeout(timeouts.connectMs);
      socket.once(secure ? 'secureConnect' : 'connect', () => socket.setTimeout(timeouts.idleMs));
    });
    if (body === undefined || Buffer.isBuffer(body)) request.end(body);
    else pipeline(body, request, (err) => err && reject(err));
  });
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

/** Gives the connection back when nobody wants the body. */
export function discardBody(response: IncomingMessage): void {
  response.resume();
  response.on('error', () => undefined); // nobody waits for it any more
}
