import { readFile } from 'node:fs/promises';
import { type Clock, isDigest } from '#base';
import { type BlobDigest, type MirrorSettings, type Upstream, UpstreamError } from '#registry';
import { type HttpClient, RepositoryClient } from '#runtime';
import { RuntimeError } from '#runtime/contract';

/** Of repositories that have been asked for: each keeps its token. More are forgotten, the oldest first. */
const mostClients = 1000;

/** A registry that is mirrored, by the client that nodes pull with: tokens, redirects and broken connections are its business. */
export function openUpstream(settings: MirrorSettings, parts: { http: HttpClient; clock: Clock }): Upstream {
  const endpoint = { url: settings.upstream.href.replace(/\/+$/, ''), configured: true };
  const clients = new Map<string, Promise<RepositoryClient>>();
  const open = async (repository: string): Promise<RepositoryClient> => {
    const { username, password, passwordFile } = settings;
    const secret = password ?? (passwordFile === undefined ? undefined : (await readFile(passwordFile, 'utf8')).trimEnd());
    const credentials = username !== undefined && secret !== undefined ? { username, password: secret } : undefined;
    return new RepositoryClient({ endpoint, repository, access: 'pull', ...parts, ...(credentials && { credentials }) });
  };
  const clientOf = (repository: string): Promise<RepositoryClient> => {
    const known = clients.get(repository);
    if (known) return known;
    if (clients.size >= mostClients) clients.delete(clients.keys().next().value!);
    const client = open(repository);
    clients.set(repository, client);
    client.catch(() => clients.delete(repository)); // told to who asked; the next one tries again
    return client;
  };
  const translated = async <T>(ask: () => Promise<T>): Promise<T> => {
    try {
      return await ask();
    } catch (err) {
      const translation = translationOf(err);
      if (translation.reason === 'denied') clients.clear(); // the password may be another one by now
      throw translation;
    }
  };
  return {
    host: settings.upstream.host,
    manifest: (repository, reference, signal) => translated(async () => (await clientOf(repository)).manifest(reference, signal)),
    blobSize: (repository, digest, signal) => translated(async () => (await clientOf(repository)).blobSize(ofSha256(digest), signal)),
    blob: (repository, digest) => bytesOf(clientOf(repository), digest),
  };
}

async function* bytesOf(client: Promise<RepositoryClient>, digest: BlobDigest): AsyncGenerator<Buffer> {
  yield* (await client).blob(ofSha256(digest));
}

/** The client knows no other algorithm. */
function ofSha256(digest: BlobDigest): `sha256:${string}` {
  if (isDigest(digest)) return digest;
  throw new UpstreamError('unknown', 'blobs are mirrored by sha256 alone');
}

function translationOf(err: unknown): UpstreamError {
  if (err instanceof UpstreamError) return err;
  const code = err instanceof RuntimeError ? err.code : undefined;
  const reason = code === 'image-not-found' ? 'unknown' : code === 'unauthorized' ? 'denied' : 'unavailable';
  return new UpstreamError(reason, err instanceof Error ? err.message : String(err), { cause: err });
}
