import type { Registry } from 'prom-client';
import { type Descriptions, loadDescriptions, ProtobufEncoder } from '#api';
import type { Clock, Random } from '#base';
import type { AllocationPool } from '#kinds/contract';
import { createWatchCache, keyOf, type Store, type WatchCache } from '#store';
import type { Logger } from '#telemetry';
import { createAuthenticator } from './authentication/index.ts';
import { cachedView } from './cached-view.ts';
import { Chain } from './chain.ts';
import type { Authenticator, Authorizer, ClusterView, KindCatalog, Policy, PolicyOf } from './contract.ts';
import type { Core } from './core.ts';
import { Discovery } from './discovery/discovery.ts';
import { createServerMetrics } from './metrics.ts';
import { type Nodes, type NodeServicesOf, NodeSessions } from './nodes/index.ts';
import { defaultLimits, Overload, type OverloadLimits } from './overload.ts';
import { OpenApiDocuments } from './openapi/documents.ts';
import { version } from './pages/version.ts';
import { createPages } from './pages/pages.ts';
import { ProtobufAnswers } from './rest/protobuf.ts';
import { Resources } from './service.ts';
import { Turns } from './writes/turns.ts';

/** What the application hands in: everything that has a clock, a disk or a socket behind it. */
export interface ServerOptions {
  catalog: KindCatalog;
  store: Store;
  clock: Clock;
  random: Random;
  logger: Logger;
  registry: Registry;
  ranges: Pick<AllocationPool, 'serviceCidrs' | 'nodePortRange' | 'loadBalancerCidrs'>;
  policy: PolicyOf;
  /** Where clients in the cluster reach this server: `host:port`. */
  advertise: string;
  nodes: NodeServicesOf;
  limits?: Partial<OverloadLimits>;
  /** In place of the real one, for tests. */
  authenticator?: Authenticator;
}

interface Prepared {
  cache: WatchCache;
  descriptions: Descriptions;
}

/** An api-server without its sockets: the chain that HTTP goes through, the service that gRPC calls, and what runs beside them. */
export class ApiServer {
  readonly kinds: KindCatalog;
  readonly cache: WatchCache;
  readonly view: ClusterView;
  readonly core: Core;
  readonly resources: Resources;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly nodes: Nodes;
  readonly chain: Chain;
  private readonly stopping = new AbortController();
  private readonly policy: Policy;
  private kept: Promise<unknown> = Promise.resolve();

  private constructor(options: ServerOptions, { cache, descriptions }: Prepared) {
    const { catalog: kinds, store, clock, random, logger, registry, ranges } = options;
    this.kinds = kinds;
    this.cache = cache;
    this.view = cachedView(kinds, cache);
    this.policy = options.policy(this.view);
    const { authorizer, rules, admission, tokens } = this.policy;
    this.authorizer = authorizer;
    this.authenticator = options.authenticator ?? createAuthenticator({ tokens });
    const metrics = createServerMetrics(registry);
    const encoder = new ProtobufEncoder(kinds.types);
    this.core = {
      kinds,
      encoder,
      store,
      cache,
      turns: new Turns(),
      clock,
      random,
      admission,
      authorizer,
      tokens,
      rules,
      ranges,
      metrics,
      logger,
    };
    this.resources = new Resources(this.core);
    const sessions = new NodeSessions({ clock, random, logger });
    const services = options.nodes({ sessions, view: this.view, authorizer });
    for (const kind of services.kinds) kinds.put(kind);
    this.nodes = { sessions, awaitUnrouted: (...asked) => services.awaitUnrouted(...asked) };
    const pages = createPages({
      discovery: new Discovery(kinds, options.advertise),
      openApi: new OpenApiDocuments(kinds, descriptions, version.gitVersion),
      checks: { ping: () => undefined, store: () => this.checkStore() },
      collect: () => this.countObjects(),
      registry,
      openId: tokens,
      externalUrl: `https://${options.advertise}`,
    });
    this.chain = new Chain({
      kinds,
      service: this.resources,
      authenticator: this.authenticator,
      authorizer: this.authorizer,
      overload: new Overload({ ...defaultLimits, ...options.limits }, metrics, clock),
      metrics,
      clock,
      logger,
      core: this.core,
      protobuf: new ProtobufAnswers(kinds, encoder),
      connect: services.connect,
      pages,
      random,
    });
  }

  /** Fills the watch cache. Afterwards requests can be answered. */
  static async create(options: ServerOptions): Promise<ApiServer> {
    const { store, clock, logger, registry } = options;
    await leaveFirstRevisions(store);
    const cache = createWatchCache({ store, clock, logger, registry });
    await cache.start();
    return new ApiServer(options, { cache, descriptions: await loadDescriptions() });
  }

  /** Makes what every cluster has, through the same way as any request, and starts what runs beside the requests. */
  async start(): Promise<void> {
    const { kept } = await this.policy.begin({ service: this.resources, kinds: this.kinds, view: this.view }, this.stopping.signal);
    this.kept = kept;
  }

  /** Whether requests can be answered now. */
  get ready(): boolean {
    return this.cache.healthy && !this.stopping.signal.aborted;
  }

  /** Ends every watch and what runs beside the requests. */
  async close(): Promise<void> {
    this.stopping.abort();
    await Promise.allSettled([this.kept]);
    await this.cache.close();
  }

  private checkStore(): void {
    if (!this.cache.healthy) throw new Error('the store cannot be reached');
  }

  private countObjects(): void {
    // Of what was taken out there is nothing to tell.
    this.core.metrics.storageObjects.reset();
    for (const kind of this.kinds.all) {
      if (kind.version || kind.definition.made) continue;
      const { group, resource } = kind.resource;
      this.core.metrics.storageObjects.labels(group === '' ? resource : `${resource}.${group}`).set(this.cache.count(kind.storedAs));
    }
  }
}

/**
 * Uses up the first revisions of a new store. A watch from version 1 means "from an age that is gone" to clients, and has to get 410 Expired
 * in a new cluster as in an old one.
 */
async function leaveFirstRevisions(store: Store): Promise<void> {
  if ((await store.revision()) > 0) return;
  const key = keyOf({ group: 'berth', resource: 'births', namespace: '', name: 'cluster' });
  await store.write([
    { key, expect: 'any', value: '{"kind":"Birth","apiVersion":"berth/v1","metadata":{}}' },
    { key, expect: 'any', value: undefined },
  ]);
}
