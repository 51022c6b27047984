import { lookUp } from '#base';
import type { UserInfo } from '#kinds/contract';
import type { RequestInfo } from '../request/request-info.ts';
import type { ProtobufAnswers } from './protobuf.ts';

/** One HTTP request, whatever carried it. */
export interface HttpCall {
  method: string;
  /** Path and query as they came. */
  url: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  remoteAddress?: string;
  /** Of a client certificate that the cluster's CA signed. */
  certificate?: { commonName: string; organizations: readonly string[]; fingerprint?: string };
  /** Aborts when the client goes away. */
  signal: AbortSignal;
}

/** A call that was let in. */
export interface Admitted {
  call: HttpCall;
  path: string;
  query: URLSearchParams;
  info: RequestInfo;
  user: UserInfo;
  /** Writes what it is answered in protobuf, if it asks for that. */
  protobuf: ProtobufAnswers;
  /** `Warning` headers to send with the answer. */
  warnings: string[];
}

/** A header as one text; several of a name are joined as RFC 9110 §5.3 has it. `name` in lower case. */
export function header(call: HttpCall, name: string): string | undefined {
  const value = lookUp(call.headers, name);
  return Array.isArray(value) ? value.join(',') : value;
}
