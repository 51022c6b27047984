import type { KubeObject } from '#api';
import type { EndpointSlice, Node, Pod, Service } from '#api/types';
import type { Clock } from '#base';
import type { Informer } from '#client/contract';
import type { NodeRoutes, RoutingNode, ServiceProxy, ServiceRoute } from '#network/contract';
import { internalIpsOf, nodeLabels, podCidrsOf } from '#objects';
import type { Logger } from '#telemetry';
import { asksForHostPorts, hostPortsOf } from '../host-ports-plan.ts';

export interface NetworkTablesOptions {
  nodeName: string;
  clock: Clock;
  logger: Logger;
  nodes: Informer<Node>;
  services: Informer<Service>;
  slices: Informer<EndpointSlice>;
  pods: Informer<Pod>;
  routes: NodeRoutes;
  proxy: ServiceProxy;
  serviceRoutes: (services: readonly Service[], slices: readonly EndpointSlice[], node: RoutingNode) => ServiceRoute[];
  /** Everything up to this EndpointSlice version is in the kernel. */
  applied: (resourceVersion: string) => void;
}

const RETRY_MS = 2_000;

/** Keeps routes to other nodes and the tables of services at what the API says: as soon as it changes, many changes at once. */
export class NetworkTables {
  private readonly stops: (() => void)[] = [];
  private readonly services: Repeated;
  private readonly routes: Repeated;
  private readonly hostPorts: Repeated;

  constructor(private readonly options: NetworkTablesOptions) {
    const { logger, clock } = options;
    this.services = new Repeated(() => this.applyServices(), logger, clock);
    this.routes = new Repeated(() => this.applyRoutes(), logger, clock);
    this.hostPorts = new Repeated(() => this.options.proxy.applyHostPorts(this.options.pods.list().flatMap(hostPortsOf)), logger, clock);
  }

  /** Resolves when the tables stand for the first time. */
  async start(): Promise<void> {
    const { nodes, services, slices, pods } = this.options;
    await Promise.all([nodes, services, slices].map((informer) => (informer as Informer<KubeObject>).synced()));
    this.stops.push(
      nodes.onChange(({ object, previous }) => {
        void this.routes.again();
        if (object.metadata.name === this.options.nodeName && zoneOf(object) !== zoneOf(previous)) void this.services.again();
      }),
      services.onChange(() => void this.services.again()),
      slices.onChange(() => void this.services.again()),
      // Only these: any other change of a pod reaches the tables through its EndpointSlice.
      pods.onChange(({ object }) => {
        if (asksForHostPorts(object)) void this.hostPorts.again();
      }),
    );
    await Promise.all([this.services.again(), this.routes.again()]);
  }

  /** The kernel keeps the tables: pods are served while no agent runs. */
  stop(): void {
    for (const stop of this.stops) stop();
  }

  private async applyServices(): Promise<void> {
    const { nodes, services, slices, proxy, serviceRoutes, nodeName, applied } = this.options;
    const { resourceVersion } = slices;
    await proxy.apply(serviceRoutes(services.list(), slices.list(), routingNode(nodeName, nodes)));
    // The version from before: what came meanwhile is in a later application.
    applied(resourceVersion);
  }

  private applyRoutes(): Promise<void> {
    const { nodes, routes, nodeName } = this.options;
    return routes.apply(
      nodes
        .list()
        .filter((node) => node.metadata.name !== nodeName)
        .flatMap((node) => {
          const [ips, podCidrs] = [internalIpsOf(node), podCidrsOf(node)];
          return ips.length > 0 && podCidrs.length > 0 ? [{ name: node.metadata.name ?? '', ips, podCidrs }] : [];
        }),
    );
  }
}

/** This node, as hints of endpoints speak of it. */
export function routingNode(name: string, nodes: Informer<Node>): RoutingNode {
  const zone = zoneOf(nodes.get('', name));
  return { name, ...(zone && { zone }) };
}

const zoneOf = (node: Node | undefined): string | undefined => node?.metadata.labels?.[nodeLabels.zone];

/** Runs a task now or, when it runs already, once more after it. */
export class Repeated {
  private running: Promise<void> | undefined;
  private dirty = false;

  constructor(
    private readonly task: () => Promise<void>,
    private readonly logger: Logger,
    private readonly clock: Clock,
  ) {}

  again(): Promise<void> {
    this.dirty = true;
    this.running ??= this.run();
    return this.running;
  }

  private async run(): Promise<void> {
    await Promise.resolve(); // changes of one turn are one application
    while (this.dirty) {
      this.dirty = false;
      try {
        await this.task();
      } catch (err) {
        this.logger.error({ err }, 'network tables could not be applied; they are tried again');
        this.clock.after(RETRY_MS, () => void this.again());
      }
    }
    this.running = undefined;
  }
}
