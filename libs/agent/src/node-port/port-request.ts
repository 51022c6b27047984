export interface PortRequest {
  path: string;
  query: URLSearchParams;
  /** Aborts when nobody reads the answer any more. */
  signal: AbortSignal;
}

export interface PortAnswer {
  code: number;
  /** `text/plain` unless given. */
  type?: string;
  location?: string;
  body: string | AsyncIterable<Uint8Array>;
}
