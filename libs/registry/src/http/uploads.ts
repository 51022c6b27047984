import type { IncomingMessage } from 'node:http';
import type { Permits } from '../authentication/access.ts';
import { RegistryError } from '../contract.ts';
import { blobDigest, isBlobDigest, isRepositoryName } from '../names.ts';
import { blobType } from '../notifications/event.ts';
import type { BlobStore } from '../storage/blobs.ts';
import type { Quotas } from '../storage/quotas.ts';
import type { Uploads, UploadSession } from '../storage/uploads.ts';
import { type Exchange, sendEmpty, unsupported } from './answer.ts';
import { parseChunkRange } from './byte-range.ts';

export interface UploadParts {
  blobs: BlobStore;
  uploads: Uploads;
  quotas: Quotas;
}

/**
 * POST `/v2/<name>/blobs/uploads/`: begins a session, takes a whole blob (`?digest`), or mounts one of another repository (`?mount`). What
 * cannot be mounted begins a session (OCI distribution-spec, "Mounting a blob from another repository"), so the client uploads it.
 */
export async function beginUpload(
  { blobs, quotas, uploads }: UploadParts,
  exchange: Exchange,
  at: { name: string; permits: Permits },
): Promise<void> {
  const { name, permits } = at;
  const { request, query } = exchange;
  if (request.method !== 'POST') throw unsupported(request.method ?? '', ['POST']);
  const mount = query.get('mount');
  const from = query.get('from');
  // Of a repository that they may not read, nobody learns by a mount what is in it.
  const mayMount = mount && isBlobDigest(mount) && from && isRepositoryName(from) && permits.may('pull', from);
  if (mayMount && (await blobs.sizeIn(from, mount)) !== undefined) {
    await blobs.link(name, mount);
    await exchange.note({ action: 'mount', repository: name, fromRepository: from, mediaType: blobType, digest: mount });
    return sendEmpty(exchange, 201, { location: `/v2/${name}/blobs/${mount}`, 'docker-content-digest': mount });
  }
  const wanted = query.get('digest');
  const digest = wanted ? blobDigest(wanted) : undefined;
  const session = await uploads.begin(name);
  if (!digest) return sendSession(exchange, session, 202);
  try {
    const size = await uploads.append(session, await bodyWithin(quotas, request, session));
    demandLength(request, size);
    await uploads.commit({ ...session, sizeBytes: size }, digest);
    await exchange.note({ action: 'push', repository: name, mediaType: blobType, digest, sizeBytes: size });
  } catch (err) {
    await uploads.cancel(session); // nobody was told its address
    throw err;
  }
  return sendEmpty(exchange, 201, { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest });
}

/**
 * GET, PATCH, PUT and DELETE of `/v2/<name>/blobs/uploads/<id>`. GET says how far the session has come; PATCH adds a chunk, PUT the last
 * one, which may be empty, and proves the digest. What a broken request has brought stays. Throws BLOB_UPLOAD_UNKNOWN.
 */
export async function continueUpload(
  { quotas, uploads }: UploadParts,
  exchange: Exchange,
  at: { name: string; id: string },
): Promise<void> {
  const { request, query } = exchange;
  const session = await uploads.get(at.name, at.id);
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      return sendSession(exchange, session, 204);
    case 'PATCH': {
      demandRange(request, session);
      const size = await uploads.append(session, await bodyWithin(quotas, request, session));
      return sendSession(exchange, { ...session, sizeBytes: size }, 202);
    }
    case 'PUT': {
      const digest = blobDigest(query.get('digest') ?? '');
      demandRange(request, session);
      const size = await uploads.append(session, await bodyWithin(quotas, request, session));
      await uploads.commit({ ...session, sizeBytes: size }, digest);
      await exchange.note({ action: 'push', repository: at.name, mediaType: blobType, digest, sizeBytes: size });
      return sendEmpty(exchange, 201, {
        location: `/v2/${at.name}/blobs/${digest}`,
        'docker-content-digest': digest,
        'content-range': rangeOf(size),
      });
    }
    case 'DELETE':
      await uploads.cancel(session);
      return sendEmpty(exchange, 204, { 'docker-upload-uuid': session.id });
    default:
      throw unsupported(request.method ?? '', ['GET', 'PATCH', 'PUT', 'DELETE']);
  }
}

/** Refused before it is read where its length is told. */
function bodyWithin(quotas: Quotas, request: IncomingMessage, { repository, sizeBytes }: UploadSession): Promise<AsyncIterable<Buffer>> {
  return quotas.bounded(repository, request, { sent: sizeBytes, announced: Number(request.headers['content-length'] ?? 0) });
}

function sendSession(exchange: Exchange, session: UploadSession, status: 202 | 204): void {
  sendEmpty(exchange, status, {
    location: `/v2/${session.repository}/blobs/uploads/${session.id}`,
    range: rangeOf(session.sizeBytes),
    'docker-upload-uuid': session.id,
  });
}

/** `0-0` for nothing yet, as the Docker registry says it. */
function rangeOf(sizeBytes: number): string {
  return `0-${Math.max(0, sizeBytes - 1)}`;
}

/** OCI distribution-spec: "Chunks MUST be uploaded in order"; otherwise 416, and the client asks where to go on. */
function demandRange(request: IncomingMessage, session: UploadSession): void {
  const header = request.headers['content-range'];
  if (header === undefined) return;
  const range = parseChunkRange(header);
  const place = { location: `/v2/${session.repository}/blobs/uploads/${session.id}`, range: rangeOf(session.sizeBytes) };
  if (!range || range.first !== session.sizeBytes) {
    throw new RegistryError('RANGE_INVALID', 'invalid content range', { headers: place, detail: { range: header } });
  }
  const length = request.headers['content-length'];
  if (length !== undefined && Number(length) !== range.last - range.first + 1) {
    throw new RegistryError('SIZE_INVALID', 'provided length did not match content length', { headers: place });
  }
}

function demandLength(request: IncomingMessage, sizeBytes: number): void {
  const length = request.headers['content-length'];
  if (length !== undefined && Number(length) !== sizeBytes) {
    throw new RegistryError('SIZE_INVALID', 'provided length did not match content length');
  }
}
