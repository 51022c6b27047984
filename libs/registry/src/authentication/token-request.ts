import { RegistryError } from '../contract.ts';
import type { Exchange } from '../http/answer.ts';

/** What a client asks the token service for, and by what it shows who it is. */
export type TokenRequest = {
  service?: string | undefined;
  scopes: string[];
  /** For a token without end, to get others with. */
  wantsRefresh: boolean;
} & (
  | { by: 'nobody' }
  | { by: 'header'; authorization: string }
  | { by: 'password'; username: string; password: string }
  | { by: 'refresh'; refreshToken: string }
);

/** A form has a password and a token in it, no more. */
const formLimitBytes = 64 * 1024;

/**
 * GET with the query of distribution's "Token Authentication Specification", or POST with the form of its "OAuth2 Token Authentication"
 * (RFC 6749, 4.3 and 6), in whose answer a scope is one text with spaces.
 */
export async function readTokenRequest(exchange: Exchange): Promise<TokenRequest> {
  const { request, query } = exchange;
  const { authorization } = request.headers;
  const byHeader = authorization === undefined ? { by: 'nobody' as const } : { by: 'header' as const, authorization };
  if (request.method !== 'POST') return { ...asked(query), wantsRefresh: query.get('offline_token') === 'true', ...byHeader };
  const form = new URLSearchParams(await readForm(exchange));
  const common = { ...asked(form), wantsRefresh: form.get('access_type') === 'offline' };
  switch (form.get('grant_type')) {
    case 'password': {
      const [username, password] = [form.get('username'), form.get('password')];
      if (username === null || password === null) throw malformed('invalid_request', 'username and password are required');
      return { ...common, by: 'password', username, password };
    }
    case 'refresh_token': {
      const refreshToken = form.get('refresh_token');
      if (refreshToken === null) throw malformed('invalid_request', 'refresh_token is required');
      return { ...common, by: 'refresh', refreshToken };
    }
    default:
      throw malformed('unsupported_grant_type', 'grant_type must be password or refresh_token');
  }
}

function asked(from: URLSearchParams): { service?: string; scopes: string[] } {
  const service = from.get('service');
  return { ...(service !== null && { service }), scopes: from.getAll('scope') };
}

async function readForm({ request }: Exchange): Promise<string> {
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
    throw malformed('invalid_request', 'the body must be application/x-www-form-urlencoded');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > formLimitBytes) throw malformed('invalid_request', 'the body is too large', 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** RFC 6749, 5.2 has the words. */
function malformed(error: string, message: string, status = 400): RegistryError {
  return new RegistryError('UNSUPPORTED', message, { status, detail: { error } });
}
