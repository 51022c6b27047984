import { parseExact, Int64 } from '#base';
import { stringify } from 'yaml';
import { protobufMediaType, type Status } from '#api';
import type { HttpAnswer } from '../contract.ts';
import type { Format } from '../request/negotiate.ts';
import { type Admitted, header } from './call.ts';
import { protobufAnswer } from './protobuf.ts';

const newline = Buffer.from('\n');

/** Answers a value that was made for this request: as JSON, unless another format was asked for. */
export function jsonAnswer(
  status: number,
  value: unknown,
  { admitted, format }: { admitted?: Admitted; format?: Format } = {},
): HttpAnswer {
  if (format?.mediaType === 'application/yaml') return yamlAnswer(status, value);
  if (format?.mediaType === protobufMediaType) return protobufAnswer(status, value);
  const text = admitted && isPretty(admitted) ? JSON.stringify(value, null, 2) : JSON.stringify(value);
  return { status, headers: { 'content-type': 'application/json' }, body: Buffer.from(`${text}\n`) };
}

/** Answers JSON whose bytes are at hand, in one piece or several. */
export function bytesAnswer(
  status: number,
  bytes: Buffer | readonly Buffer[],
  { admitted, format }: { admitted: Admitted; format: Format },
): HttpAnswer {
  const parts = Buffer.isBuffer(bytes) ? [bytes] : bytes;
  if (format.mediaType === 'application/yaml' || isPretty(admitted)) {
    return jsonAnswer(status, parseExact(Buffer.concat(parts).toString()), { admitted, format });
  }
  return { status, headers: { 'content-type': 'application/json' }, body: [...parts, newline] };
}

const exactNumbers = (_key: unknown, value: unknown): unknown => (value instanceof Int64 ? BigInt(value.text) : value);

function yamlAnswer(status: number, value: unknown): HttpAnswer {
  const body = Buffer.from(stringify(value, exactNumbers, { lineWidth: 0, aliasDuplicateObjects: false }));
  return { status, headers: { 'content-type': 'application/yaml' }, body };
}

export function statusAnswer(
  status: Status,
  { headers = {}, format }: { headers?: Record<string, string>; format?: Format } = {},
): HttpAnswer {
  const answer = jsonAnswer(status.code, status, { format });
  const retry = status.details?.retryAfterSeconds;
  return { ...answer, headers: { ...answer.headers, ...(retry !== undefined && { 'retry-after': String(retry) }), ...headers } };
}

export const textAnswer = (status: number, text: string, headers: Record<string, string> = {}): HttpAnswer => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff', ...headers },
  body: Buffer.from(text),
});

/** `?pretty`, or a client that a person reads: `k8s.io/apiserver/pkg/endpoints/handlers/negotiation.isPrettyPrint`. */
function isPretty({ query, call }: Admitted): boolean {
  const wanted = query.get('pretty');
  if (wanted !== null) return wanted !== 'false' && wanted !== '0';
  return /^(curl|Wget|Mozilla\/5\.0)/.test(header(call, 'user-agent') ?? '');
}
