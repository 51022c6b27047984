import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import type { Engine } from '../engine.ts';

/** One operation of the API. Each file of `endpoints/` has those of one path or one thing done. */
export interface Endpoint {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Below the version: `/containers/{name}/json`. A `{name...}` takes slashes too. */
  path: string;
  handle(call: Call, engine: Engine): Promise<Reply>;
}

/** What was asked. */
export interface Call {
  /** A part of the path; '' for a name that the path has not. */
  param: (name: string) => string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /** What follows the headers, unread. */
  body: Readable;
  /** Aborts when the client has gone. */
  signal: AbortSignal;
  /** `[1, 43]`: as the path says, or the newest. */
  version: ApiVersion;
}

export type ApiVersion = readonly [major: number, minor: number];

export type Reply =
  | { status: 201 | 204 | 304 }
  | { status: 200 | 201; json: unknown }
  | { status: 200; text: string; headers?: Record<string, string> }
  /** Sent while it is made. Headers go out at once. */
  | { status: 200; type: string; stream: (out: NodeJS.WritableStream) => Promise<void>; headers?: Record<string, string> }
  /** The connection itself, after `101 UPGRADED`; for who asks without an upgrade the body in both directions. Ended when it resolves. */
  | { hijack: (connection: Duplex) => Promise<void>; type: string };
