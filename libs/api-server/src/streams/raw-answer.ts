import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** Writes a whole HTTP/1.1 answer on a connection that was to be upgraded, and ends it. */
export function refuseUpgrade(socket: Duplex, status: number, body: string, headers: Readonly<Record<string, string>> = {}): void {
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    `Content-Type: ${headers['content-type'] ?? 'text/plain; charset=utf-8'}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(headers)
      .filter(([name]) => name !== 'content-type')
      .map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

/** 101 for SPDY/3.1, with the subprotocol that both sides speak. */
export function acceptSpdy(socket: Duplex, protocol: string): void {
  switchProtocols(socket, { Upgrade: 'SPDY/3.1', ...(protocol && { 'X-Stream-Protocol-Version': protocol }) });
}

/** From here on the connection speaks what `Upgrade` names. */
export function switchProtocols(socket: Duplex, headers: Readonly<Record<string, string | string[]>>): void {
  const lines = Object.entries(headers).flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}`));
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n${lines.join('\r\n')}\r\n\r\n`);
}
