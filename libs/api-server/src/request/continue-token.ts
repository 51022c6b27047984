import { type ApiError, badRequest, jsonSyntaxError } from '#api';

/** Where a list goes on. rv -1 asks for the newest state from there on, as the token of an expired list does. */
export interface Continue {
  rv: number;
  start: string;
}

const version = 'meta.k8s.io/v1';

/** Opaque to clients; the form is upstream's, in base64url (API concepts, "Retrieving large results sets in chunks"). */
export const encodeContinue = ({ rv, start }: Continue): string =>
  Buffer.from(JSON.stringify({ v: version, rv, start })).toString('base64url');

const invalid = (why: string): ApiError => badRequest(`invalid continue token: continue key is not valid${why}`);

/** `k8s.io/apiserver/pkg/storage.DecodeContinue`. Throws ApiError 400. */
export function parseContinue(text: string): Continue {
  const wrongAt = illegalAt(text);
  if (wrongAt !== undefined) throw invalid(`: illegal base64 data at input byte ${wrongAt}`);
  const { v, rv, start } = fieldsOf(Buffer.from(text, 'base64url').toString());
  if (v !== version) throw invalid(': server does not recognize this encoded version');
  if (rv === 0) throw invalid(`: incorrect encoded start resourceVersion (version ${version})`);
  if (start === '') throw invalid(`: encoded start key empty (version ${version})`);
  return { rv, start };
}

/** What Go's base64.RawURLEncoding stops at; undefined when it does not. */
function illegalAt(text: string): number | undefined {
  const wrong = text.search(/[^A-Za-z0-9_\-\r\n]/);
  if (wrong >= 0) return wrong;
  return text.replaceAll(/[\r\n]/g, '').length % 4 === 1 ? text.length - 1 : undefined;
}

function fieldsOf(json: string): Continue & { v: string } {
  const syntax = jsonSyntaxError(json);
  if (syntax !== undefined) throw invalid(`: ${syntax}`);
  const token = (JSON.parse(json) ?? {}) as Record<string, unknown>;
  const mismatch = (value: unknown, what: string): ApiError => invalid(`: json: cannot unmarshal ${goKind(value)} into Go ${what}`);
  if (typeof token !== 'object' || Array.isArray(token)) throw mismatch(token, 'value of type storage.continueToken');
  const { v = '', rv = 0, start = '' } = token;
  if (typeof v !== 'string') throw mismatch(v, 'struct field continueToken.v of type string');
  if (!Number.isInteger(rv)) throw mismatch(rv, 'struct field continueToken.rv of type int64');
  if (typeof start !== 'string') throw mismatch(start, 'struct field continueToken.start of type string');
  return { v, rv: rv as number, start };
}

function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return `number ${value}`;
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
