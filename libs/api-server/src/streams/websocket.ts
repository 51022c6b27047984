import { type WebSocket, WebSocketServer } from 'ws';
import type { ConnectRequest } from '../contract.ts';
import { agreedProtocol, offeredProtocols } from './negotiation.ts';
import { refuseUpgrade } from './raw-answer.ts';

const maxMessageBytes = 16 << 20;
const lowWaterBytes = 64 * 1024;

export interface Accepted {
  client: WebSocket;
  /** '' when the client offered none. */
  protocol: string;
}

/**
 * Completes the handshake with the first subprotocol of the client's that is spoken. Undefined when none is: the client has been told so
 * (403, as upstream) and the connection is over. It reads nothing before it is resumed.
 */
export async function acceptWebSocket(
  { upgrade, headers }: Pick<ConnectRequest, 'upgrade' | 'headers'>,
  spoken: readonly string[],
): Promise<Accepted | undefined> {
  if (!upgrade) return undefined;
  const { request, socket, head } = upgrade;
  const protocol = agreedProtocol(offeredProtocols(headers), spoken);
  if (protocol === undefined) {
    refuseUpgrade(socket, 403, `unable to upgrade: none of the client's protocols is served, these are: ${spoken.join(', ')}`);
    return undefined;
  }
  // Negotiated here: `SPDY/3.1+portforward.k8s.io` is no token of RFC 6455, and the library refuses it.
  delete request.headers['sec-websocket-protocol'];
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: maxMessageBytes });
  server.on('headers', (lines) => {
    if (protocol) lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
  });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    server.once('wsClientError', reject);
    server.handleUpgrade(request, socket, head, (client) => {
      socket.off('error', reject);
      client.on('error', () => client.terminate());
      client.pause(); // until somebody listens
      resolve({ client, protocol });
    });
  });
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
