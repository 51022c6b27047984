import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Clock, Random } from '#base';
import type { Logger } from '#telemetry';
import { type Access, everything, type Permits } from './authentication/access.ts';
import type { StorageDriver } from './drivers/contract.ts';
import { type GarbageReport, RegistryError } from './contract.ts';
import { type Exchange, sendError, sendJson, unsupported } from './http/answer.ts';
import { serveBlob } from './http/blobs.ts';
import { listCatalog, listReferrers, listTags } from './http/lists.ts';
import { serveManifest } from './http/manifests.ts';
import { type Route, routeOf } from './http/route.ts';
import { beginUpload, continueUpload } from './http/uploads.ts';
import type { RegistryMetrics } from './metrics.ts';
import type { Mirror } from './mirror/mirror.ts';
import { Mirrors } from './mirror/mirrors.ts';
import type { Upstream } from './mirror/upstream.ts';
import type { Happening } from './notifications/event.ts';
import type { Notifications } from './notifications/notifications.ts';
import { addressOf, RateLimits } from './rate-limits.ts';
import type { MirrorSettings } from './settings/mirrors.ts';
import { noSettings, type Settings } from './settings/settings.ts';
import { retentionPlan, unusedPlan } from './storage/retention-plan.ts';
import { BlobStore } from './storage/blobs.ts';
import { collectGarbage, type GarbageOptions } from './storage/garbage.ts';
import { Manifests } from './storage/manifests.ts';
import { Quotas } from './storage/quotas.ts';
import { Uploads } from './storage/uploads.ts';
import { servePage } from './web/serve-page.ts';

export interface RegistryOptions {
  driver: StorageDriver;
  clock: Clock;
  random: Random;
  logger: Logger;
  metrics: RegistryMetrics;
  /** Without it everybody may pull and push. */
  access?: Access;
  /** As of now; a registry without settings has none of what they say. */
  settings?: () => Promise<Settings>;
  notifications?: Notifications;
  /** How mirrors reach their upstreams. */
  openUpstream?: (settings: MirrorSettings) => Upstream;
}

interface Circumstances {
  permits: Permits;
  /** Of the repository that is asked for, where it is another registry's. */
  mirror: Mirror | undefined;
}

/** Sessions that nobody has written to for a day are given up; their bytes would stay for ever. */
export const uploadIdleMs = 24 * 3_600_000;
/** Longer than any push that is still alive takes between its first blob and its manifest. */
export const garbageGraceMs = 3_600_000;

/** An OCI registry (distribution-spec v1.1) over one storage driver, as a request handler for any HTTP server of Node's. */
export class OciRegistry {
  /** Public for the handlers of `http/`, as `uploads` is. */
  readonly blobs: BlobStore;
  private readonly manifests: Manifests;
  readonly uploads: Uploads;
  readonly quotas: Quotas;
  private readonly rates: RateLimits;
  private readonly mirrors: Mirrors | undefined;

  constructor(private readonly options: RegistryOptions) {
    this.quotas = new Quotas(options.driver, async () => (await this.settings()).quotas);
    this.rates = new RateLimits(options.clock);
    this.blobs = new BlobStore(options.driver, options, this.quotas);
    this.manifests = new Manifests(options.driver, this.blobs, this.quotas);
    this.uploads = new Uploads(options.driver, this.blobs, options);
    const { settings, openUpstream } = options;
    const { blobs, manifests, uploads } = this;
    if (settings && openUpstream)
      this.mirrors = new Mirrors({ ...options, blobs, manifests, uploads }, async () => (await settings()).mirrors, openUpstream);
  }

  /** Clears what crashed uploads left. Idempotent. */
  async open(): Promise<void> {
    await this.options.driver.open();
    const expired = await this.uploads.expire(uploadIdleMs);
    if (expired > 0) this.options.logger.info({ expired }, 'gave up idle uploads');
  }

  /** Answers a request. Never rejects: failures become answers, and ours are logged. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // The path alone: what Host says is of no concern, and must not make the URL unreadable.
    const url = new URL(`http://registry${request.url ?? '/'}`);
    const exchange: Exchange = { request, response, query: url.searchParams, note: async () => undefined };
    response.setHeader('docker-distribution-api-version', 'registry/2.0');
    const startedMs = this.options.clock.monotonicMs();
    let handler = 'unknown';
    try {
      const route = routeOf(url.pathname);
      if (!route) throw noSuchEndpoint();
      handler = route.handler;
      this.options.metrics.inFlight.inc({ handler });
      try {
        const permits = await this.letIn(exchange, route);
        exchange.note = (happening) => this.note(happening, exchange, permits.user);
        const mirror = 'name' in route ? await this.mirrors?.of(route.name) : undefined;
        if (mirror) await useMirror(mirror, route, request.method);
        await this.dispatch(route, exchange, { permits, mirror });
      } finally {
        this.options.metrics.inFlight.dec({ handler });
      }
    } catch (err) {
      if (!(err instanceof RegistryError) && !hungUp(err)) {
        this.options.logger.error({ err, method: request.method, path: url.pathname }, 'request failed');
      }
      sendError(exchange, err);
    }
    this.observe(exchange, handler, startedMs);
  }

  /** Deletes blobs that no manifest names. Safe while serving. */
  async collectGarbage(options: Partial<GarbageOptions> = {}): Promise<GarbageReport> {
    const { blobs, manifests, uploads } = this;
    const { driver, clock } = this.options;
    const report = await collectGarbage(
      { driver, blobs, manifests, uploads, clock },
      { graceMs: garbageGraceMs, uploadIdleMs, planFor: await this.retention(), ...options },
    );
    this.options.metrics.removedBytes.inc(report.freedBytes);
    return report;
  }

  /** What of a mirror nobody has used for its time, and what the first rule of retention that fits takes. */
  private async retention(): Promise<NonNullable<GarbageOptions['planFor']>> {
    const nowMs = this.options.clock.now().getTime();
    const { retention } = await this.settings();
    const mirrors = (await this.mirrors?.all()) ?? [];
    return (repository) => {
      const mirror = mirrors.find((candidate) => candidate.upstreamName(repository) !== undefined);
      const keepForMs = mirror?.settings.keepForMs;
      if (mirror) return keepForMs === undefined ? undefined : (seen) => unusedPlan(seen, nowMs - keepForMs);
      const rule = retention.find(({ repositories }) => repositories.some((pattern) => pattern.fits(repository)));
      return rule && ((seen) => retentionPlan(seen, rule, nowMs));
    };
  }

  private async settings(): Promise<Settings> {
    return (await this.options.settings?.()) ?? noSettings;
  }

  /** Who may not, and who has asked too often, gets no further. */
  private async letIn(exchange: Exchange, route: Route): Promise<Permits> {
    const { access } = this.options;
    const { rateLimits } = await this.settings();
    if (rateLimits.length === 0) return (await access?.demand(exchange, route)) ?? everything;
    const { request, response } = exchange;
    const nobody = { user: undefined, address: addressOf(request) };
    const hasShown = /^basic /i.test(request.headers.authorization ?? '') || route.handler === 'token';
    if (hasShown) this.rates.demand(rateLimits, 'logins', nobody);
    let permits: Permits;
    try {
      permits = (await access?.demand(exchange, route)) ?? everything;
    } catch (err) {
      if (hasShown && isRefusal(err)) this.rates.take(rateLimits, 'logins', nobody);
      throw err;
    }
    const who = { ...nobody, user: permits.user };
    const isPull = route.handler === 'manifest' && request.method === 'GET';
    const headers = { ...this.rates.take(rateLimits, 'requests', who), ...(isPull && this.rates.take(rateLimits, 'pulls', who)) };
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    return permits;
  }

  /** A token service that refuses a password is asked again by those who guess. */
  private async serveToken(exchange: Exchange): Promise<void> {
    const { access } = this.options;
    if (!access?.serveToken) throw noSuchEndpoint();
    try {
      await access.serveToken(exchange);
    } catch (err) {
      if (isRefusal(err))
        this.rates.take((await this.settings()).rateLimits, 'logins', { user: undefined, address: addressOf(exchange.request) });
      throw err;
    }
  }

  private async note(happening: Happening, { request }: Exchange, user: string | undefined): Promise<void> {
    const { notifications, random } = this.options;
    if (!notifications) return;
    const { headers, method = '', socket } = request;
    const origin = {
      id: random.uuid(),
      addr: `${socket.remoteAddress}:${socket.remotePort}`,
      host: headers.host ?? '',
      method,
      useragent: headers['user-agent'] ?? '',
      user,
    };
    await notifications.add(happening, origin, (socket as TLSSocket).encrypted ? 'https' : 'http');
  }

  private dispatch(route: Route, exchange: Exchange, { permits, mirror }: Circumstances): Promise<void> | void {
    switch (route.handler) {
      case 'base':
        if (exchange.request.method !== 'GET' && exchange.request.method !== 'HEAD')
          throw unsupported(exchange.request.method ?? '', ['GET']);
        return sendJson(exchange, {});
      case 'token':
        return this.serveToken(exchange);
      case 'page':
        return servePage({ driver: this.options.driver, manifests: this.manifests, permits, query: exchange.query }, exchange, route);
      case 'catalog':
        return listCatalog(this.options.driver, exchange, permits);
      case 'tags':
        return listTags(this.manifests, exchange, route);
      case 'referrers':
        return listReferrers(this.manifests, exchange, route);
      case 'blob':
        return serveBlob({ blobs: this.blobs, mirror }, exchange, route);
      case 'blob-upload':
        return beginUpload(this, exchange, { name: route.name, permits });
      case 'blob-upload-chunk':
        return continueUpload(this, exchange, route);
      case 'manifest':
        return serveManifest(this.manifests, exchange, route);
    }
  }

  private observe({ request, response }: Exchange, handler: string, startedMs: number): void {
    const { metrics, clock } = this.options;
    const method = (request.method ?? '').toLowerCase();
    metrics.requests.inc({ code: String(response.statusCode), handler, method });
    metrics.duration.observe({ handler, method }, (clock.monotonicMs() - startedMs) / 1000);
    metrics.requestSize.observe({ handler }, Number(request.headers['content-length'] ?? 0));
    metrics.responseSize.observe({ handler }, Number(response.getHeader('content-length') ?? 0));
  }
}

/** Before a mirrored repository is read from the store: what is asked for is there, or it is an error. Nobody pushes to it. */
async function useMirror(mirror: Mirror, route: Route, method: string | undefined): Promise<void> {
  const isRead = method === 'GET' || method === 'HEAD';
  if (route.handler === 'manifest' && isRead) await mirror.freshen(route.name, route.reference);
  const isPush =
    (route.handler === 'manifest' && method === 'PUT') || route.handler === 'blob-upload' || route.handler === 'blob-upload-chunk';
  if (isPush) throw unsupported(method ?? '', ['GET', 'HEAD', 'DELETE']);
}

function isRefusal(err: unknown): boolean {
  return err instanceof RegistryError && err.code === 'UNAUTHORIZED';
}

function noSuchEndpoint(): RegistryError {
  return new RegistryError('NAME_UNKNOWN', 'no such endpoint', { status: 404 });
}

/** The client went away in mid-transfer: its business, not a fault of ours. */
function hungUp(err: unknown): boolean {
  const code = (err as NodeJS.ErrnoException | undefined)?.code ?? '';
  return ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR', 'ERR_STREAM_DESTROYED'].includes(code);
}
