import type { UserInfo } from '#kinds/contract';

/** A whole answer as a value: whoever makes it need not know whether HTTP/1.1, HTTP/2 or a test writes it out. */
export interface HttpAnswer {
  status: number;
  headers: Record<string, string | string[]>;
  /** Whole bodies, or a function that writes until it is done. */
  body: Buffer | readonly Buffer[] | ((sink: HttpSink) => Promise<void>);
}

/** Where a long answer (watch, log, proxy) is written. The writer minds `write`'s answer, so that a slow reader does not fill memory. */
export interface HttpSink {
  /** False: the connection's buffer is full; await `drained` before writing more. */
  write(chunk: Buffer): boolean;
  drained(): Promise<void>;
  /** Bytes written that the connection has not taken yet. */
  readonly pendingBytes: number;
  /** Aborts when the client goes away or the server stops. */
  readonly signal: AbortSignal;
}

/**
 * A group and version that somebody else answers for, whole: its discovery, and every request below it after authorization. It goes before
 * kinds of that version in the catalogue (what an APIService is upstream: kube-aggregator).
 */
export interface DelegatedVersion {
  group: string;
  version: string;
  /** meta/v1 APIResource, as discovery shows them now. */
  resources(): readonly DelegatedResource[];
  /** Throws ApiError. */
  answer(request: DelegatedRequest): Promise<HttpAnswer>;
}

export interface DelegatedResource {
  name: string;
  singularName: string;
  namespaced: boolean;
  kind: string;
  verbs: readonly string[];
}

/** What a path and a query ask for: `pods/a/metric` is resource, name and subresource. */
export interface DelegatedRequest {
  user: UserInfo;
  verb: string;
  namespace: string;
  resource: string;
  name: string;
  subresource: string;
  query: URLSearchParams;
  signal: AbortSignal;
}
