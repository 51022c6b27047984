import { protobufMediaType, renderAside, type Status, type WrittenForm, writtenText } from '#api';
import type { HttpAnswer, HttpSink } from '../contract.ts';
import type { Format } from '../request/negotiate.ts';
import { type Admitted, header } from './call.ts';
import type { ProtobufAnswers } from './protobuf.ts';

const newline = Buffer.from('\n');

/** Answers a value that was made for this request: as JSON, unless another format was asked for. */
export function jsonAnswer(
  status: number,
  value: unknown,
  { admitted, format, protobuf = admitted?.protobuf }: { admitted?: Admitted; format?: Format; protobuf?: ProtobufAnswers } = {},
): HttpAnswer {
  if (protobuf && format?.mediaType === protobufMediaType) return protobuf.object(status, value);
  const form = formOf(format, admitted);
  const json = JSON.stringify(value);
  if (form) return formedAnswer(status, form, json);
  return { status, headers: { 'content-type': 'application/json' }, body: Buffer.from(`${json}\n`) };
}

/** Answers JSON whose bytes are at hand, in one piece or several. */
export function bytesAnswer(
  status: number,
  bytes: Buffer | readonly Buffer[],
  { admitted, format }: { admitted: Admitted; format: Format },
): HttpAnswer {
  const parts = Buffer.isBuffer(bytes) ? [bytes] : bytes;
  const form = formOf(format, admitted);
  if (form) return formedAnswer(status, form, Buffer.concat(parts).toString());
  return { status, headers: { 'content-type': 'application/json' }, body: [...parts, newline] };
}

function formOf(format: Format | undefined, admitted: Admitted | undefined): WrittenForm | undefined {
  if (format?.mediaType === 'application/yaml') return 'yaml';
  return admitted && isPretty(admitted) ? 'pretty' : undefined;
}

/** What takes some ten milliseconds to write; longer texts are written in another thread. */
const atOnceChars: Readonly<Record<WrittenForm, number>> = { yaml: 64 * 1024, pretty: 1024 * 1024 };

function formedAnswer(status: number, form: WrittenForm, json: string): HttpAnswer {
  const headers = { 'content-type': form === 'yaml' ? 'application/yaml' : 'application/json' };
  const ending = form === 'yaml' ? '' : '\n';
  if (json.length <= atOnceChars[form]) {
    return { status, headers, body: Buffer.from(writtenText(form, json) + ending) };
  }
  const body = async (sink: HttpSink): Promise<void> => {
    sink.write(Buffer.from((await renderAside(form, json)) + ending));
  };
  return { status, headers, body };
}

/** A Status as an answer. `retryAfterSeconds` is said as a header too, which generic clients mind (RFC 9110 §10.2.3). */
export function statusAnswer(
  status: Status,
  { headers = {}, ...form }: { headers?: Record<string, string>; format?: Format; protobuf?: ProtobufAnswers } = {},
): HttpAnswer {
  const answer = jsonAnswer(status.code, status, form);
  const retry = status.details?.retryAfterSeconds;
  return { ...answer, headers: { ...answer.headers, ...(retry !== undefined && { 'retry-after': String(retry) }), ...headers } };
}

/** Plain text, that no browser takes for a page: it may hold what a user wrote. */
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
