import type { Clock } from '#base';
import { RuntimeError } from '../contract.ts';
import type { Platform, RegistryCredentials } from '../images.contract.ts';
import type { RegistryAccess, RegistryImage, RegistryOptions } from '../registry.contract.ts';
import { Authorization } from '../registry-client/authorization.ts';
import { parseChallenges } from '../registry-client/challenge.ts';
import { endpointsOf, type Mirrors } from '../registry-client/endpoints.ts';
import { discardBody, type HttpClient } from '../registry-client/http.ts';
import { parseReference } from '../registry-client/reference.ts';
import { RepositoryClient } from '../registry-client/repository-client.ts';
import { parseDocument } from './manifest.ts';

export interface RegistryAccessParts {
  http: HttpClient;
  mirrors: Mirrors;
  clock: Clock;
  credentialsFor: ((host: string) => RegistryCredentials | undefined) | undefined;
}

/** `RegistryAccess` over the client of pulls and pushes. Of several endpoints the first is asked. */
export class StoreRegistryAccess implements RegistryAccess {
  constructor(private readonly parts: RegistryAccessParts) {}

  tags(reference: string, options: RegistryOptions = {}): Promise<string[]> {
    return this.client(reference, options).tags(options.signal);
  }

  async inspect(reference: string, options: RegistryOptions = {}): Promise<RegistryImage> {
    const { digest, tag = 'latest' } = parseReference(reference);
    const client = this.client(reference, options);
    const found = await client.manifest(digest ?? tag, options.signal);
    const document = parseDocument(found.bytes, found.mediaType);
    const descriptor = { mediaType: found.mediaType, digest: found.digest, size: found.bytes.length };
    if (document.kind === 'index') {
      return {
        descriptor,
        platforms: document.entries.flatMap(({ platform }) => (platform?.os && platform.architecture ? [platform as Platform] : [])),
      };
    }
    const chunks: Buffer[] = [];
    const { config } = document.manifest;
    if (config.size > configLimitBytes) throw new RuntimeError('bad-image', `invalid image: its config has ${config.size} bytes`);
    for await (const chunk of client.blob(config.digest, { ...(options.signal && { signal: options.signal }) })) chunks.push(chunk);
    const { os = '', architecture = '', variant } = JSON.parse(Buffer.concat(chunks).toString()) as Partial<Platform>;
    return { descriptor, platforms: [{ os, architecture, ...(variant !== undefined && { variant }) }] };
  }

  /** OCI distribution-spec, "Determining Support": `/v2/` says 401 to whoever is nobody. */
  async login(host: string, credentials: RegistryCredentials, signal?: AbortSignal): Promise<void> {
    const { http, clock, mirrors } = this.parts;
    const endpoint = endpointsOf(host, mirrors)[0]!;
    const url = new URL(`${endpoint.url}/v2/`);
    const authorization = new Authorization({ credentials, scope: '', clock, http, endpoint });
    const ask = async (header?: string) => {
      try {
        const response = await http.exchange(
          { method: 'GET', url, headers: header ? { authorization: header } : {}, ...(signal && { signal }) },
          { endpoint },
        );
        discardBody(response);
        return response;
      } catch (err) {
        if (err instanceof RuntimeError) throw err;
        throw new RuntimeError('registry-unavailable', `Get "${url.href}": ${(err as Error).message}`, { cause: err });
      }
    };
    // Shown at once too: a registry that lets anybody read asks nobody, and still knows who may write.
    const basic = `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
    const first = await ask();
    const refused = (err?: unknown): RuntimeError =>
      new RuntimeError('unauthorized', `Get "${url.href}": unauthorized: incorrect username or password`, { cause: err });
    if (first.statusCode === 401) {
      await authorization.answer(parseChallenges(first.headers['www-authenticate']), signal).catch((err: unknown) => {
        throw err instanceof RuntimeError && err.code === 'unauthorized' ? refused(err) : err;
      });
    }
    const second = await ask(authorization.current() ?? basic);
    if (second.statusCode === 200) return;
    if (second.statusCode === 401 || second.statusCode === 403) throw refused();
    throw new RuntimeError('registry-unavailable', `login attempt to ${url.href} failed with status: ${second.statusCode}`);
  }

  private client(reference: string, { credentials }: RegistryOptions): RepositoryClient {
    const { credentialsFor, mirrors } = this.parts;
    const { host, repository } = parseReference(reference);
    const endpoint = endpointsOf(host, mirrors)[0]!;
    return new RepositoryClient({
      ...this.parts,
      endpoint,
      repository,
      credentials: credentials ?? credentialsFor?.(host),
      access: 'pull',
    });
  }
}

/** As in pulls. */
const configLimitBytes = 4 * 1024 * 1024;
