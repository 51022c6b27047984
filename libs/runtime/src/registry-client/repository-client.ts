import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Backoff, type Clock, type Digest, digestOf, isDigest } from '#base';
import { RuntimeError } from '../contract.ts';
import type { RegistryCredentials } from '../images.contract.ts';
import { Authorization } from './authorization.ts';
import { parseChallenges } from './challenge.ts';
import type { Endpoint } from './endpoints.ts';
import { discardBody, type HttpClient, type HttpRequest, readBody } from './http.ts';

export interface Manifest {
  mediaType: string;
  digest: Digest;
  bytes: Buffer;
}

export interface RepositoryOptions {
  endpoint: Endpoint;
  repository: string;
  credentials?: RegistryCredentials;
  access: 'pull' | 'pull,push';
  http: HttpClient;
  clock: Clock;
}

type Send = Omit<HttpRequest, 'url' | 'body'> & { path: string; body?: Buffer | (() => Readable); once?: boolean };

export interface PushedBlob {
  digest: Digest;
  sizeBytes: number;
  /** Asked again when the transfer has to be repeated. */
  body: () => Readable;
  /** A repository of the same registry that may have it. */
  mountFrom?: string;
}

const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/**
 * The size that registries and clients are expected to take (OCI distribution-spec, "Pushing Manifests"); it is read into memory as a
 * whole.
 */
const manifestLimitBytes = 4 * 1024 * 1024;
/** Of one request, or of one transfer that makes no progress. */
const attempts = 5;
const redirectLimit = 10;
/** Of a list of tags; a registry that tells more has no end. */
const mostParts = 1000;

/** One repository of one registry, over OCI distribution-spec v1.1. Every failure is a RuntimeError. */
export class RepositoryClient {
  private readonly authorization: Authorization;

  constructor(private readonly options: RepositoryOptions) {
    const scope = `repository:${options.repository}:${options.access}`;
    const { credentials, clock, http, endpoint } = options;
    this.authorization = new Authorization({ credentials, scope, clock, http, endpoint });
  }

  /** Whether everything so far could be had by anybody. */
  get isAnonymous(): boolean {
    return this.authorization.isAnonymous;
  }

  /** Of the registry that is really asked. */
  get host(): string {
    return new URL(this.options.endpoint.url).host;
  }

  /**
   * By tag or digest. The digest is that of the bytes that came, whatever headers say. Throws 'bad-image' when another one was asked for.
   */
  async manifest(reference: string, signal?: AbortSignal): Promise<Manifest> {
    const response = await this.send({ method: 'GET', path: `manifests/${reference}`, headers: { accept: manifestTypes }, signal });
    if (response.statusCode !== 200) throw await this.refusal(response, reference);
    const bytes = await readBody(response, manifestLimitBytes).catch((err: unknown) => {
      throw unavailable(this.place(reference), err);
    });
    const digest = digestOf(bytes);
    if (isDigest(reference) && digest !== reference) {
      throw new RuntimeError('bad-image', `manifest ${reference} of ${this.place()} has other content: its digest is ${digest}`);
    }
    return { mediaType: (response.headers['content-type'] ?? '').split(';')[0]!.trim(), digest, bytes };
  }

  /**
   * The bytes of a blob, from an offset on. A connection that breaks is taken up where it broke. What the repository does not have is
   * looked for at `urls`. Not verified: whoever keeps them does that.
   */
  async *blob(digest: Digest, options: { from?: number; urls?: readonly string[]; signal?: AbortSignal } = {}): AsyncGenerator<Buffer> {
    const { from = 0, urls = [], signal } = options;
    const backoff = new Backoff<string>(200, 5_000);
    let done = from;
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await this.openBlob(digest, { from: done, urls, signal });
        let skip = response.statusCode === 206 ? 0 : done;
        for await (const chunk of response as AsyncIterable<Buffer>) {
          const rest = skip >= chunk.length ? undefined : chunk.subarray(skip);
          skip = Math.max(0, skip - chunk.length);
          if (!rest) continue;
          done += rest.length;
          attempt = 1; // it moves
          yield rest;
        }
        return;
      } catch (err) {
        if (err instanceof RuntimeError && err.code !== 'registry-unavailable') throw err;
        signal?.throwIfAborted();
        if (attempt >= attempts) throw unavailable(this.place(digest), err);
        await this.options.clock.sleep(backoff.nextMs(digest), signal);
      }
    }
  }

  /** All of them; a registry may tell them in parts (OCI distribution-spec, "Listing Tags"). */
  async tags(signal?: AbortSignal): Promise<string[]> {
    const tags: string[] = [];
    let path: string | undefined = 'tags/list';
    for (let part = 0; path !== undefined && part < mostParts; part++) {
      const response: IncomingMessage = await this.send({ method: 'GET', path, signal });
      if (response.statusCode !== 200) throw await this.refusal(response, '');
      const body = await readBody(response, manifestLimitBytes).catch((err: unknown) => {
        throw unavailable(this.place(), err);
      });
      tags.push(...tagsIn(body));
      const next = /<([^>]+)>\s*;\s*rel="?next"?/.exec(String(response.headers.link ?? ''))?.[1];
      path = next === undefined ? undefined : new URL(next, this.url('tags/list')).href;
    }
    return tags;
  }

  /** Whether this repository has it: another one of the same registry counts only after a mount. */
  async hasBlob(digest: Digest, signal?: AbortSignal): Promise<boolean> {
    const response = await this.send({ method: 'HEAD', path: `blobs/${digest}`, signal });
    discardBody(response);
    if (response.statusCode === 404) return false;
    if (response.statusCode !== 200) throw await this.refusal(response, digest);
    return true;
  }

  /** Throws 'image-not-found' for what this repository does not have. */
  async blobSize(digest: Digest, signal?: AbortSignal): Promise<number> {
    const response = await this.send({ method: 'HEAD', path: `blobs/${digest}`, signal });
    if (response.statusCode !== 200) throw await this.refusal(response, digest);
    discardBody(response);
    const size = Number(response.headers['content-length'] ?? Number.NaN);
    if (Number.isSafeInteger(size)) return size;
    throw new RuntimeError('registry-unavailable', `${this.place(digest)}: its size is not told`);
  }

  /**
   * POST, then PUT of the whole blob as one stream. A broken transfer begins again: what a registry kept of it is its secret. `exists`: it was
   * there.
   */
  async pushBlob(blob: PushedBlob, signal?: AbortSignal): Promise<'exists' | 'pushed'> {
    const backoff = new Backoff<string>(200, 5_000);
    for (let attempt = 1; ; attempt++) {
      if (await this.hasBlob(blob.digest, signal)) return attempt === 1 ? 'exists' : 'pushed';
      try {
        await this.pushBlobOnce(blob, signal);
        return 'pushed';
      } catch (err) {
        signal?.throwIfAborted();
        if (attempt >= attempts || !(err instanceof RuntimeError) || err.code !== 'registry-unavailable') throw err;
        await this.options.clock.sleep(backoff.nextMs(''), signal);
      }
    }
  }

  /** Under a tag or its digest. Its blobs have to be there: a registry may refuse it otherwise. */
  async pushManifest(reference: string, manifest: { mediaType: string; bytes: Buffer }, signal?: AbortSignal): Promise<void> {
    const headers = { 'content-type': manifest.mediaType, 'content-length': manifest.bytes.length };
    const response = await this.send({ method: 'PUT', path: `manifests/${reference}`, headers, body: manifest.bytes, signal });
    if (response.statusCode !== 201 && response.statusCode !== 202) throw await this.refusal(response, reference);
    discardBody(response);
  }

  private async pushBlobOnce(blob: PushedBlob, signal?: AbortSignal): Promise<void> {
    const query = blob.mountFrom ? `?${new URLSearchParams({ mount: blob.digest, from: blob.mountFrom }).toString()}` : '';
    const begun = await this.send({ method: 'POST', path: `blobs/uploads/${query}`, headers: { 'content-length': 0 }, signal });
    if ((begun.statusCode !== 201 && begun.statusCode !== 202) || !begun.headers.location) throw await this.refusal(begun, blob.digest);
    discardBody(begun);
    if (begun.statusCode === 201) return;
    const location = new URL(begun.headers.location, this.url('blobs/uploads/'));
    location.searchParams.set('digest', blob.digest);
    const headers = { 'content-type': 'application/octet-stream', 'content-length': blob.sizeBytes };
    const response = await this.send({ method: 'PUT', path: location.toString(), headers, body: blob.body, signal, once: true });
    if (response.statusCode !== 201) throw await this.refusal(response, blob.digest);
    discardBody(response);
  }

  private async openBlob(
    digest: Digest,
    { from, urls, signal }: { from: number; urls: readonly string[]; signal: AbortSignal | undefined },
  ): Promise<IncomingMessage> {
    const headers = from > 0 ? { range: `bytes=${from}-` } : {};
    let failure: RuntimeError | undefined;
    for (const path of [`blobs/${digest}`, ...urls.filter((url) => /^https?:/.test(url))]) {
      const response = await this.send({ method: 'GET', path, headers, signal });
      if (response.statusCode === 200 || response.statusCode === 206) return response;
      failure ??= await this.refusal(response, digest);
      discardBody(response);
      if (failure.code !== 'image-not-found') break;
    }
    throw failure!;
  }

  /** Sends until there is an answer worth having: again after a lost connection, 429 or 5xx, with credentials after 401. */
  private async send(request: Send): Promise<IncomingMessage> {
    const backoff = new Backoff<string>(200, 5_000);
    for (let attempt = 1; ; attempt++) {
      let response: IncomingMessage;
      try {
        response = await this.withAuthorization(request);
      } catch (err) {
        if (err instanceof RuntimeError) throw err;
        request.signal?.throwIfAborted();
        if (request.once || attempt >= attempts || isFinal(err)) throw unavailable(this.place(), err);
        await this.options.clock.sleep(backoff.nextMs(''), request.signal);
        continue;
      }
      const status = response.statusCode ?? 0;
      // Of the answers above 500 these two (not implemented, no space left) would be the same a second later.
      if ((status < 500 && status !== 429) || status === 501 || status === 507 || request.once || attempt >= attempts) return response;
      discardBody(response);
      const afterMs = Math.min(30, Number(response.headers['retry-after']) || 0) * 1000;
      await this.options.clock.sleep(Math.max(afterMs, backoff.nextMs('')), request.signal);
    }
  }

  private async withAuthorization(request: Send): Promise<IncomingMessage> {
    const sent = this.authorization.current();
    const first = await this.followed(request);
    if (first.statusCode !== 401) return first;
    // Several blobs go at once: another request may have been challenged, and answered, before this one.
    if (this.authorization.current() === sent) {
      await this.authorization.answer(parseChallenges(first.headers['www-authenticate']), request.signal);
    }
    const now = this.authorization.current();
    if (now === undefined || now === sent) return first;
    discardBody(first);
    return this.followed(request);
  }

  /** Follows redirects of reads. Credentials go to the registry's own host only: blobs often lie in somebody else's store. */
  private async followed(request: Send): Promise<IncomingMessage> {
    const { endpoint, http } = this.options;
    let url = new URL(/^https?:/.test(request.path) ? request.path : this.url(request.path));
    let from: URL | undefined;
    for (let hop = 0; ; hop++) {
      const own = url.host === new URL(endpoint.url).host;
      const authorization = own ? this.authorization.current() : undefined;
      const headers = { 'user-agent': 'berth', ...request.headers, ...(authorization && { authorization }) };
      const body = typeof request.body === 'function' ? request.body() : request.body;
      const response = await http.exchange({ method: request.method, url, headers, body, signal: request.signal }, { endpoint, from });
      const { location } = response.headers;
      if (![301, 302, 303, 307, 308].includes(response.statusCode ?? 0) || !location) return response;
      if (hop >= redirectLimit) throw new RuntimeError('registry-unavailable', `${this.place()}: too many redirects`);
      discardBody(response);
      const next = URL.parse(location, url.href);
      if (!next) throw new RuntimeError('registry-unavailable', `${this.place()}: redirected to what is no address`);
      from = url;
      url = next;
    }
  }

  private async refusal(response: IncomingMessage, what: string): Promise<RuntimeError> {
    const status = response.statusCode ?? 0;
    const words = response.complete && !response.readable ? '' : await readBody(response, 64 * 1024).then(errorWords, () => '');
    const place = this.place(what);
    if (status === 404) return new RuntimeError('image-not-found', `${place}: not found${words && `: ${words}`}`);
    if (status === 401 || status === 403) {
      return new RuntimeError(
        'unauthorized',
        `pull access denied, repository does not exist or may require authorization: ${place}${words && `: ${words}`}`,
      );
    }
    return new RuntimeError('registry-unavailable', `unexpected status ${status} from ${place}${words && `: ${words}`}`);
  }

  private url(path: string): string {
    return `${this.options.endpoint.url}/v2/${this.options.repository}/${path}`;
  }

  private place(reference = ''): string {
    const name = `${this.host}/${this.options.repository}`;
    return reference === '' ? name : isDigest(reference) ? `${name}@${reference}` : `${name}:${reference}`;
  }
}

function tagsIn(body: Buffer): string[] {
  try {
    const { tags } = JSON.parse(body.toString()) as { tags?: unknown };
    return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
  } catch {
    return []; // no list of a registry
  }
}

/** Names that do not exist and certificates that are wrong do not mend within the seconds that we would try. */
function isFinal(err: unknown): boolean {
  const code = (err as NodeJS.ErrnoException).code ?? '';
  return ['ENOTFOUND', 'EPROTO'].includes(code) || /CERT|^UNABLE_TO_VERIFY/.test(code);
}

function unavailable(place: string, err: unknown): RuntimeError {
  if (err instanceof RuntimeError) return err;
  const { message = String(err), code } = err as Partial<NodeJS.ErrnoException>;
  const reason = tlsReason(message) ?? (message || code);
  return new RuntimeError('registry-unavailable', `failed to reach ${place}: ${reason}`, { cause: err });
}

/** Of what OpenSSL says with all its places in sources, what has gone wrong; undefined for other failures. */
function tlsReason(message: string): string | undefined {
  const [, reason] = /:SSL routines:[^:]*:([^:]+):/.exec(message) ?? [];
  // A record that is none: Go's words for it.
  if (reason === 'wrong version number' || reason === 'packet length too long') return 'server gave HTTP response to HTTPS client';
  return reason && `tls: handshake failure: ${reason}`;
}

/**
 * OCI distribution-spec, "Error Codes", as far as a line of text goes. Anything else that a server says is left out: it need not be a
 * registry, and who may name an image may not read what the node can reach.
 */
function errorWords(body: Buffer): string {
  try {
    const { errors } = JSON.parse(body.toString()) as { errors?: { code?: unknown; message?: unknown }[] };
    const words = (errors ?? []).map(({ code, message }) => [code, message].filter((word) => typeof word === 'string').join(': '));
    return words
      .join('; ')
      .replace(/\p{Cc}+/gu, ' ')
      .slice(0, 400);
  } catch {
    return '';
  }
}
