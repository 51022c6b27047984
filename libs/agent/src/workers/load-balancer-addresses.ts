import type { KubeObject } from '#api';
import type { EndpointSlice, Node, Service } from '#api/types';
import type { Clock } from '#base';
import type { Informer } from '#client/contract';
import type { Announcer } from '#network/contract';
import type { Logger } from '#telemetry';
import { Repeated } from './network-tables.ts';

export interface LoadBalancerAddressesOptions {
  clock: Clock;
  logger: Logger;
  nodes: Informer<Node>;
  services: Informer<Service>;
  slices: Informer<EndpointSlice>;
  announcer: Announcer;
  /** Those of all services that this node is to answer for, as far as it knows the cluster. */
  announced: (cluster: { services: readonly Service[]; slices: readonly EndpointSlice[]; nodes: readonly Node[] }) => readonly string[];
  /** When the api-server last heard of this node (`monotonicMs`). */
  lastContactMs: () => number;
}

/** As long as the node's Lease lasts: after that the others take it for gone, and one of them answers in its place. */
const CUT_OFF_MS = 40_000;
const CHECK_MS = 5_000;
/** A frame may be lost, and who has just learnt an address elsewhere may hold on to that for a second. */
const TOLD_AGAIN_MS = [1_100, 3_000];

/** Answers on the node network for the load balancer addresses that are this node's, as soon as they are. */
export class LoadBalancerAddresses {
  readonly name = 'load-balancer-addresses';
  private readonly addresses: Repeated;
  private applied: string | undefined;

  constructor(private readonly options: LoadBalancerAddressesOptions) {
    this.addresses = new Repeated(() => this.apply(), options.logger, options.clock);
  }

  /** The kernel goes on answering when it ends: the addresses are served while the agent starts anew. */
  async run(signal: AbortSignal): Promise<void> {
    const { nodes, services, slices, clock } = this.options;
    const informers = [nodes, services, slices] as unknown as Informer<KubeObject>[];
    await Promise.all(informers.map((informer) => informer.synced()));
    const stops = informers.map((informer) => informer.onChange(() => void this.addresses.again()));
    for await (const _now of clock.every(CHECK_MS, signal)) await this.addresses.again();
    for (const stop of stops) stop();
  }

  private async apply(): Promise<void> {
    const { nodes, services, slices, announcer, announced, clock, lastContactMs } = this.options;
    // Cut off from the api-server it does not hear that another node has taken its place: two must not answer.
    const isCutOff = clock.monotonicMs() - lastContactMs() > CUT_OFF_MS;
    const ips = isCutOff ? [] : announced({ nodes: nodes.list(), services: services.list(), slices: slices.list() });
    const wanted = ips.join();
    if (wanted === this.applied) return;
    const added = await announcer.apply(ips);
    this.applied = wanted;
    if (added.length === 0) return;
    this.options.logger.info({ addresses: added }, 'this node answers for addresses of load balancers');
    await announcer.tell(added);
    for (const ms of TOLD_AGAIN_MS) clock.after(ms, () => void this.tellAgain(added));
  }

  private async tellAgain(ips: readonly string[]): Promise<void> {
    const { announcer, logger } = this.options;
    await announcer.tell(ips).catch((err: unknown) => logger.warn({ err }, 'addresses of load balancers could not be announced again'));
  }
}
