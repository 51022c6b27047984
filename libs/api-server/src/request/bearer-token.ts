import { lookUp } from '#base';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** A subprotocol that carries a token: browsers cannot set headers of a WebSocket. `k8s.io/apiserver/pkg/authentication/request/websocket` */
export const tokenProtocol = 'base64url.bearer.authorization.k8s.io.';

/** Values of a header that may be repeated or hold several, separated by commas. */
export function listOf(headers: Headers, name: string): string[] {
  const value = lookUp(headers, name);
  const values = value === undefined ? [] : Array.isArray(value) ? value : [value];
  return values
    .flatMap((each) => each.split(','))
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

/** The token that the caller shows, in the header or as a subprotocol. */
export function bearerToken(headers: Headers): string | undefined {
  const token = /^Bearer\s+(\S+)\s*$/i.exec([headers.authorization].flat()[0] ?? '')?.[1];
  if (token) return token;
  const encoded = listOf(headers, 'sec-websocket-protocol').find((name) => name.startsWith(tokenProtocol));
  return encoded && Buffer.from(encoded.slice(tokenProtocol.length), 'base64url').toString();
}
