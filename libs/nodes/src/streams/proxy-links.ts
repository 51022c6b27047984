import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { posix } from 'node:path';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { createDeflate, createDeflateRaw, createGunzip, createGzip, createInflate, createInflateRaw } from 'node:zlib';
import { HtmlLinks } from './html-links.ts';

/** Where a proxied answer's own addresses are found from outside. `k8s.io/apimachinery/pkg/util/proxy.Transport` */
export interface Place {
  /** The path down to `…/proxy`, without a slash at its end. */
  prefix: string;
  /** The `Host` that the client named. */
  host: string;
  /** What the other side is called inside: `10.244.1.5:8080`. */
  backend: readonly string[];
}

/** A URL of the other side's own, as the client has to ask for it. Relative ones, and those of other hosts, stay. */
export function rewriteUrl(url: string, { prefix, host, backend }: Place): string {
  const [origin = '', named = ''] = /^(?:[a-z][a-z0-9+.-]*:)?\/\/([^/?#]*)/i.exec(url) ?? [];
  const rest = url.slice(origin.length);
  if ((named !== '' && named !== host && !backend.includes(named)) || !rest.startsWith('/')) return url;
  const { path = '', tail = '' } = /^(?<path>[^?#]*)(?<tail>.*)$/s.exec(rest)?.groups ?? {};
  const clean = /\/[./]/.test(path) ? posix.normalize(path) : path;
  return `${named !== '' && named === host ? origin : ''}${clean.startsWith(prefix) ? '' : prefix}${clean}${tail}`;
}

/** Whether the body's links are to be rewritten: pages are, unless they are packed in a way that is not known here. */
export function hasLinks({ headers }: IncomingMessage): boolean {
  if (headers.location) return false; // nobody reads the page of a redirect
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  return type.trim().toLowerCase() === 'text/html' && ['', 'gzip', 'deflate'].includes(headers['content-encoding'] ?? '');
}

/** The body with its links rewritten, packed as it came. */
export async function withLinks(answer: IncomingMessage, place: Place): Promise<Readable> {
  const rewriter = new HtmlLinks((url) => rewriteUrl(url, place));
  const [unpack, pack] = await codecOf(answer);
  const stages: Transform[] = unpack && pack ? [unpack, rewriter, pack] : [rewriter];
  // A failure destroys the last stage with it: whoever reads there learns of it.
  pipeline([answer, ...stages], () => undefined);
  return stages.at(-1)!;
}

async function codecOf(answer: IncomingMessage): Promise<[Transform, Transform] | []> {
  const encoding = answer.headers['content-encoding'];
  if (encoding === 'gzip') return [createGunzip(), createGzip()];
  if (encoding !== 'deflate') return [];
  // RFC 9110 §8.4.1.2: the zlib format; some send bare deflate. The first byte tells: 8 is zlib's method.
  if (answer.readableLength === 0 && !answer.readableEnded) await once(answer, 'readable');
  const first = answer.read() as Buffer | null;
  if (first) answer.unshift(first);
  return first && (first[0]! & 0x0f) !== 8 ? [createInflateRaw(), createDeflateRaw()] : [createInflate(), createDeflate()];
}
