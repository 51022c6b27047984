import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { badRequest } from '#api';
import { guarded } from '#base';
import type { Logger } from '#telemetry';
import type { ConnectRequest } from '../contract.ts';
import { agreedProtocol, checkHandshake, offeredProtocols } from './negotiation.ts';
import { refuseUpgrade } from './raw-answer.ts';

const maxMessageBytes = 16 << 20;
const lowWaterBytes = 64 * 1024;
const internalError = 1011;

export interface Accepted {
  client: WebSocket;
  /** '' when the client offered none. */
  protocol: string;
}

/**
 * Completes the handshake with the first subprotocol of the client's that is spoken. Undefined when none is: the client has been told so
 * (403, as upstream) and the connection is over. It reads nothing before it is resumed. Throws ApiError 400.
 */
export async function acceptWebSocket(
  { upgrade, headers }: Pick<ConnectRequest, 'upgrade' | 'headers'>,
  spoken: readonly string[],
): Promise<Accepted | undefined> {
  if (!upgrade) return undefined;
  const { request, socket, head } = upgrade;
  checkHandshake({ method: request.method ?? '', headers });
  const protocol = agreedProtocol(offeredProtocols(headers), spoken);
  if (protocol === undefined) {
    refuseUpgrade(socket, 403, `unable to upgrade: none of the client's protocols is served, these are: ${spoken.join(', ')}`);
    return undefined;
  }
  // Negotiated here: `SPDY/3.1+portforward.k8s.io` is no token of RFC 6455, and the library refuses it.
  delete request.headers['sec-websocket-protocol'];
  request.headers.upgrade = 'websocket'; // the client may have named several
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: maxMessageBytes });
  server.on('headers', (lines) => {
    if (protocol) lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
  });
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(badRequest('unable to upgrade: the client went away'));
    if (socket.destroyed) return gone();
    socket.once('close', gone);
    server.once('wsClientError', (err) => reject(badRequest(`unable to upgrade: ${err.message}`, err)));
    server.handleUpgrade(request, socket, head, (client) => {
      socket.off('close', gone);
      // The library closes with the code of what was wrong (1009 for a message that is too large), and cuts who does not go.
      client.on('error', () => undefined);
      client.pause(); // until somebody listens
      resolve({ client, protocol });
    });
  });
}

/** Every message of the client's. One that `handle` fails on ends this client's stream, and nothing else. */
export function listen(client: WebSocket, logger: Logger, handle: (message: Buffer) => void): void {
  const failed = (err: unknown): void => {
    logger.warn({ err }, 'a WebSocket message ended its stream');
    client.close(internalError);
  };
  client.on(
    'message',
    guarded((message) => handle(bytesOf(message)), failed),
  );
}

function bytesOf(raw: RawData): Buffer {
  if (Buffer.isBuffer(raw)) return raw;
  return Array.isArray(raw) ? Buffer.concat(raw) : Buffer.from(raw);
}

/** Resolves when the connection can take more; at once while little waits. */
export function send(client: WebSocket, data: Buffer | string): Promise<void> {
  if (client.readyState !== client.OPEN) return Promise.resolve();
  return new Promise((resolve) => {
    const waits = client.bufferedAmount > lowWaterBytes;
    client.send(data, () => waits && resolve());
    if (!waits) resolve();
  });
}
