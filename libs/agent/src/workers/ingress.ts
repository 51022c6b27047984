import { join } from 'node:path';
import type { EndpointSlice, Ingress, IngressClass, Node, Secret, Service } from '#api/types';
import type { Clock } from '#base';
import type { Informer, InformerFactory } from '#client/contract';
import type { IngressProxy, IngressState, RoutingNode } from '#network/contract';
import { isServedIngress, resources } from '#objects';
import { checkedTlsPair, type KeyPairPem, tlsPairOf } from '#pki';
import type { VolumeMounts } from '#runtime/volumes.contract';
import type { Logger } from '#telemetry';
import type { AgentContext } from '../context.ts';
import type { ObjectWatches } from '../volumes/object-watches.ts';
import type { dnsLookups } from './dns-lookups.ts';
import { Repeated, routingNode } from './network-tables.ts';

export interface NodeIngressOptions {
  rootDir: string;
  clock: Clock;
  logger: Logger;
  mounts: Pick<VolumeMounts, 'tmpfs'>;
  ingresses: Informer<Ingress>;
  classes: Informer<IngressClass>;
  services: Informer<Service>;
  slices: Informer<EndpointSlice>;
  lookups: Pick<ReturnType<typeof dnsLookups>, 'service' | 'slicesOf'>;
  /** As the node, which may read the Secrets that Ingresses take their certificates from. */
  watches: Pick<ObjectWatches, 'use'>;
  node: () => RoutingNode;
  network: IngressNetwork;
  /** Nothing is sent any more to endpoints that were gone at this EndpointSlice version. */
  applied: (resourceVersion: string) => void;
}

/** What `#network` has for it. */
export interface IngressNetwork {
  proxy(directory: string): IngressProxy;
  state(ingresses: readonly Ingress[], sources: Sources): IngressState;
}

interface Sources {
  node: RoutingNode;
  service: (namespace: string, name: string) => Service | undefined;
  slicesOf: (namespace: string, name: string) => readonly EndpointSlice[];
  certificate: (namespace: string, secretName: string) => KeyPairPem | undefined;
}

/** Undefined where this node serves none. */
export function nodeIngress({
  context,
  network,
  informers,
  nodes,
  applied,
  services,
  slices,
  lookups,
}: NodeIngressParts): NodeIngress | undefined {
  if (!network || !applied) return undefined;
  const { rootDir, clock, logger, mounts, watches, nodeName } = context;
  return new NodeIngress({
    rootDir,
    clock,
    logger,
    mounts,
    watches,
    network,
    applied,
    services,
    slices,
    lookups,
    ingresses: informers.informer<Ingress>({ resource: resources.ingresses }),
    classes: informers.informer<IngressClass>({ resource: resources.ingressClasses }),
    node: () => routingNode(nodeName, nodes),
  });
}

interface NodeIngressParts extends Pick<NodeIngressOptions, 'services' | 'slices' | 'lookups'> {
  context: AgentContext;
  network: IngressNetwork | undefined;
  /** As the node's network. */
  informers: InformerFactory;
  nodes: Informer<Node>;
  applied: NodeIngressOptions['applied'] | undefined;
}

/** What its files take: certificates, and some hundred bytes for each path. */
const filesBytes = 256 * 1024 * 1024;
/** Secrets that are there are read within milliseconds. */
const firstReadMs = 5_000;

/** Keeps the ingress proxy of this node at what the API says. The proxy serves on while no agent runs. */
export class NodeIngress {
  private readonly proxy: IngressProxy;
  private readonly changes: Repeated;
  private readonly stops: (() => void)[] = [];
  private readonly secrets: TlsSecrets;

  constructor(private readonly options: NodeIngressOptions) {
    const { logger, clock, rootDir, network, watches } = options;
    this.proxy = network.proxy(join(rootDir, 'ingress'));
    this.changes = new Repeated(() => this.apply(), logger, clock);
    this.secrets = new TlsSecrets(watches, clock, logger, () => void this.changes.again());
  }

  /** Resolves when the proxy serves what there is, or when it cannot. */
  async start(): Promise<void> {
    const { ingresses, classes, services, slices, mounts, rootDir } = this.options;
    // Keys stay in memory.
    mounts.tmpfs(join(rootDir, 'ingress'), { sizeBytes: filesBytes, mode: 0o700 });
    await Promise.all([ingresses.synced(), classes.synced(), services.synced(), slices.synced()]);
    const again = (): void => void this.changes.again();
    this.stops.push(ingresses.onChange(again), classes.onChange(again), services.onChange(again), slices.onChange(again));
    this.proxy.onEnd(again);
    await this.changes.again();
  }

  stop(): void {
    for (const stop of this.stops) stop();
    this.secrets.close();
    this.proxy.close();
  }

  metrics(): Promise<string> {
    return this.proxy.metrics();
  }

  private async apply(): Promise<void> {
    const { ingresses, classes, slices, lookups, network, node, applied } = this.options;
    const { resourceVersion } = slices;
    try {
      const served = ingresses.list().filter((ingress) => isServedIngress(ingress, (name) => classes.get('', name)));
      await this.secrets.follow(served);
      const state = network.state(served, {
        node: node(),
        service: lookups.service,
        slicesOf: lookups.slicesOf,
        certificate: (namespace, name) => this.secrets.pair(namespace, name),
      });
      await this.proxy.apply(state);
    } finally {
      // Pods that end must not wait for a proxy that cannot be told.
      applied(resourceVersion);
    }
  }
}

/** The Secrets that Ingresses take their certificates from, each followed while one does. */
class TlsSecrets {
  private readonly followed = new Map<string, { informer: Informer<Secret>; release: () => void }>();
  /** Checked once for each version; a Secret without a good pair has the reason. */
  private readonly checked = new Map<string, { version: string | undefined; pair?: KeyPairPem }>();

  constructor(
    private readonly watches: Pick<ObjectWatches, 'use'>,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly changed: () => void,
  ) {}

  /**
   * Resolves when new ones are known, lest clients get the default certificate meanwhile, from an agent that was started anew above all. Those
   * that cannot be read in time tell when they are there.
   */
  async follow(ingresses: readonly Ingress[]): Promise<void> {
    const wanted = new Map<string, { namespace: string; secretName: string }>(
      ingresses.flatMap(({ metadata: { namespace = '' }, spec }) =>
        (spec?.tls ?? []).flatMap(({ secretName }) =>
          secretName ? [[`${namespace}/${secretName}`, { namespace, secretName }] as const] : [],
        ),
      ),
    );
    for (const [key, { release }] of this.followed) {
      if (wanted.has(key)) continue;
      release();
      this.followed.delete(key);
      this.checked.delete(key);
    }
    const added: Promise<void>[] = [];
    for (const [key, { namespace, secretName }] of wanted) {
      if (this.followed.has(key)) continue;
      const { informer, release } = this.watches.use(resources.secrets, namespace, secretName);
      const stop = informer.onChange(this.changed);
      added.push(informer.synced());
      this.followed.set(key, {
        informer: informer as Informer<Secret>,
        release: () => {
          stop();
          release();
        },
      });
    }
    if (added.length > 0) await this.inTime(Promise.all(added));
  }

  private async inTime(work: Promise<unknown>): Promise<void> {
    const done = new AbortController();
    const late = this.clock.sleep(firstReadMs, done.signal).catch(() => undefined); // not late
    await Promise.race([work, late]);
    done.abort();
  }

  pair(namespace: string, name: string): KeyPairPem | undefined {
    const key = `${namespace}/${name}`;
    const secret = this.followed.get(key)?.informer.get(namespace, name);
    if (!secret) return undefined;
    const known = this.checked.get(key);
    const version = secret.metadata.resourceVersion;
    if (known && known.version === version) return known.pair;
    const pair = this.check(secret);
    this.checked.set(key, { version, ...(pair && { pair }) });
    return pair;
  }

  close(): void {
    for (const { release } of this.followed.values()) release();
    this.followed.clear();
  }

  private check(secret: Secret): KeyPairPem | undefined {
    try {
      return checkedTlsPair(tlsPairOf(secret));
    } catch (err) {
      const { namespace, name } = secret.metadata;
      this.logger.warn({ namespace, name, reason: (err as Error).message }, 'a Secret has no certificate that can be served');
      return undefined;
    }
  }
}
