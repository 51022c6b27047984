import { type BlobDigest, RegistryError } from '../contract.ts';
import { blobDigest } from '../names.ts';
import type { Mirror } from '../mirror/mirror.ts';
import { blobType } from '../notifications/event.ts';
import type { BlobSource, BlobStore } from '../storage/blobs.ts';
import { bodyOf, type Exchange, sendEmpty, unsupported } from './answer.ts';
import { parseByteRange } from './byte-range.ts';
import { sendFile } from './send-file.ts';

interface BlobParts {
  blobs: BlobStore;
  /** Of the repository, where it is another registry's. */
  mirror: Mirror | undefined;
}

/**
 * GET, HEAD and DELETE of `/v2/<name>/blobs/<digest>`. The bytes of a digest never change: caches may keep them for a year, and the digest
 * is the entity tag. Ranges are for GET alone (RFC 9110, 14.2).
 */
export async function serveBlob({ blobs, mirror }: BlobParts, exchange: Exchange, at: { name: string; digest: string }): Promise<void> {
  const { request, response } = exchange;
  const digest = blobDigest(at.digest);
  const unknown = new RegistryError('BLOB_UNKNOWN', 'blob unknown to registry', { detail: { digest } });
  if (request.method === 'DELETE') {
    if (!(await blobs.unlink(at.name, digest))) throw unknown;
    await exchange.note({ action: 'delete', repository: at.name, mediaType: blobType, digest });
    return sendEmpty(exchange, 202, { 'docker-content-digest': digest });
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') throw unsupported(request.method ?? '', ['GET', 'HEAD', 'DELETE']);
  const source = await sourceOf({ blobs, mirror }, { ...at, digest }, request.method === 'GET' ? 'bytes' : 'size');
  if (!source) throw unknown;
  const size = source.sizeBytes;
  const headers = {
    'docker-content-digest': digest,
    etag: `"${digest}"`,
    'cache-control': 'max-age=31536000',
    'accept-ranges': 'bytes',
    'content-type': 'application/octet-stream',
  };
  if (namesEtag(request.headers['if-none-match'], digest)) {
    response.writeHead(304, headers).end();
    return;
  }
  const range =
    request.method === 'GET' && rangeApplies(request.headers['if-range']?.toString(), digest)
      ? parseByteRange(request.headers.range, size)
      : 'whole';
  if (range === 'unsatisfiable') {
    throw new RegistryError('RANGE_INVALID', 'invalid content range', { headers: { 'content-range': `bytes */${size}` } });
  }
  const { first, last } = range === 'whole' ? { first: 0, last: size - 1 } : range;
  const partial = range === 'whole' ? {} : { 'content-range': `bytes ${first}-${last}/${size}` };
  response.writeHead(range === 'whole' ? 200 : 206, { ...headers, ...partial, 'content-length': last - first + 1 });
  // Of nothing there is no first and last byte to send.
  if (request.method === 'HEAD' || size === 0) {
    response.end();
    return;
  }
  const isSent = source.place !== undefined && (await sendFile(response, source.place, { first, last }));
  if (!isSent) await source.send({ first, last }, bodyOf(response));
  response.end();
  await exchange.note({ action: 'pull', repository: at.name, mediaType: blobType, digest, sizeBytes: size });
}

async function sourceOf(
  { blobs, mirror }: BlobParts,
  { name, digest }: { name: string; digest: BlobDigest },
  wanted: 'bytes' | 'size',
): Promise<BlobSource | undefined> {
  if (mirror) return mirror.blob(name, digest, wanted);
  const sizeBytes = await blobs.sizeIn(name, digest);
  return sizeBytes === undefined ? undefined : blobs.source(digest, sizeBytes);
}

/** If-None-Match, RFC 9110, 13.1.2: a weak comparison, and `*` is every tag. */
export function namesEtag(header: string | undefined, digest: string): boolean {
  return (
    header !== undefined && header.split(',').some((tag) => [digest, '*'].includes(tag.trim().replace(/^W\//, '').replaceAll('"', '')))
  );
}

/** If-Range, RFC 9110, 13.1.5: for other content than the client has a part of, the range is ignored. */
function rangeApplies(ifRange: string | undefined, digest: string): boolean {
  return ifRange === undefined || ifRange.replaceAll('"', '') === digest;
}
