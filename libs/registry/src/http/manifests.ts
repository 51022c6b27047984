import type { IncomingMessage } from 'node:http';
import { RegistryError } from '../contract.ts';
import { isBlobDigest } from '../names.ts';
import { blobType, type Happening } from '../notifications/event.ts';
import type { Manifests } from '../storage/manifests.ts';
import { type Exchange, sendEmpty, unsupported } from './answer.ts';
import { namesEtag } from './blobs.ts';

/** OCI distribution-spec: registries must take manifests of 4 MiB; more is answered with 413. */
const manifestLimitBytes = 4 * 1024 * 1024;

/** OCI distribution-spec, "Pushing Manifests": at least 10 parameters `tag` in a push by digest, and 414 for too many. */
const mostTags = 100;

/**
 * GET, HEAD, PUT and DELETE of `/v2/<name>/manifests/<reference>`. What is sent is what was pushed, byte for byte, whatever `Accept` says.
 * `OCI-Subject` in the answer to a push tells clients that they need not keep a list of referrers themselves.
 */
export async function serveManifest(manifests: Manifests, exchange: Exchange, at: { name: string; reference: string }): Promise<void> {
  const { request, response } = exchange;
  const note = (happening: Omit<Happening, 'repository'>): Promise<void> =>
    exchange.note({ ...happening, repository: at.name, ...(isBlobDigest(at.reference) ? {} : { tag: at.reference }) });
  switch (request.method) {
    case 'GET':
    case 'HEAD': {
      const { mediaType, digest, bytes } = await manifests.get(at.name, at.reference);
      const headers = { 'docker-content-digest': digest, etag: `"${digest}"`, 'content-type': mediaType };
      if (namesEtag(request.headers['if-none-match'], digest)) {
        response.writeHead(304, headers).end();
        return;
      }
      response.writeHead(200, { ...headers, 'content-length': bytes.length });
      response.end(request.method === 'HEAD' ? undefined : bytes);
      if (request.method === 'GET') await note({ action: 'pull', digest, mediaType, sizeBytes: bytes.length });
      return;
    }
    case 'PUT': {
      const bytes = await readBody(request);
      const tags = exchange.query.getAll('tag');
      if (tags.length > mostTags)
        throw new RegistryError('TAG_INVALID', `at most ${mostTags} tags at once`, { status: 414, detail: { tags: tags.length } });
      const stored = await manifests.put(at.name, at.reference, { bytes, contentType: request.headers['content-type'], tags });
      const { digest, mediaType } = stored;
      for (const tag of stored.tags.length > 0 ? stored.tags : [undefined])
        await note({ action: 'push', digest, mediaType, sizeBytes: bytes.length, ...(tag !== undefined && { tag }) });
      return sendEmpty(exchange, 201, {
        location: `/v2/${at.name}/manifests/${stored.digest}`,
        'docker-content-digest': stored.digest,
        ...(stored.subject && { 'oci-subject': stored.subject }),
        ...(tags.length > 0 && stored.tags.length > 0 && { 'oci-tag': stored.tags.join(', ') }),
      });
    }
    case 'DELETE':
      await manifests.delete(at.name, at.reference);
      await note({ action: 'delete', mediaType: blobType, ...(isBlobDigest(at.reference) && { digest: at.reference }) });
      return sendEmpty(exchange, 202);
    default:
      throw unsupported(request.method ?? '', ['GET', 'HEAD', 'PUT', 'DELETE']);
  }
}

/** 413 before anything is read when the length is told, else as soon as there is too much. */
async function readBody(request: IncomingMessage): Promise<Buffer> {
  const tooLarge = new RegistryError('MANIFEST_INVALID', 'manifest too large', { status: 413, detail: { limitBytes: manifestLimitBytes } });
  if (Number(request.headers['content-length'] ?? 0) > manifestLimitBytes) throw tooLarge;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > manifestLimitBytes) throw tooLarge;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
