import { join } from 'node:path';
import type { Registry } from 'prom-client';
import type { EndpointSlice, Namespace, NetworkPolicy, Node, Pod, Service, ServiceCIDR } from '#api/types';
import type { Clock, Random } from '#base';
import type { EventSink, Informers } from '#client';
import type { Api, Informer } from '#client/contract';
import { resources } from '#objects';
import type { ClusterDns, PodNetwork, PolicyTables } from '#network/contract';
import type { ContainerRuntime } from '#runtime/containers.contract';
import type { ImageService } from '#runtime/images.contract';
import type { LogReader } from '#runtime/logs.contract';
import type { Snapshotter } from '#runtime/snapshots.contract';
import type { VolumeMounts } from '#runtime/volumes.contract';
import type { Logger } from '#telemetry';
import type { AgentContext } from './context.ts';
import { CsiDrivers } from './csi/csi-drivers.ts';
import { CsiPaths } from './csi/csi-paths.ts';
import { localVolumesDir } from './local-volumes.ts';
import { agentMetrics } from './metrics.ts';
import { meteredRuntime } from './metered-runtime.ts';
import { allocatableOf, capacityOf, enforcedOf } from './node-plan.ts';
import { NodePort } from './node-port/node-port.ts';
import type { PortAnswer, PortRequest } from './node-port/port-request.ts';
import type { NodeSettings } from './node-settings.ts';
import { type Level, type Levels, levelsOfNode } from './pressure-plan.ts';
import { podsCgroupPath, podsLimits } from './resources-plan.ts';
import { hasSandbox } from './pod-life.ts';
import { parseResolvConf } from './pod-files-plan.ts';
import { NodeSessions } from './session/node-session.ts';
import { PodStreams } from './session/pod-streams.ts';
import { NodeStats } from './stats/node-stats.ts';
import { mountedImages, volumesInUse } from './volumes/volume-record.ts';
import { ObjectWatches } from './volumes/object-watches.ts';
import { PodTokens } from './volumes/tokens.ts';
import { dnsLookups } from './workers/dns-lookups.ts';
import { ImageGarbage } from './workers/image-garbage.ts';
import { NodeCgroups } from './workers/node-cgroups.ts';
import { NodePressure } from './workers/node-pressure.ts';
import { readHost, readLevels, readOrEmpty } from './workers/host-report.ts';
import { NetworkPolicies } from './workers/network-policies.ts';
import { type IngressNetwork, type NodeIngress, nodeIngress } from './workers/ingress.ts';
import { lowestOf } from './workers/lowest-version.ts';
import { NodeStatusWorker } from './workers/node-status.ts';
import type { PodWorker } from './workers/pod-worker.ts';
import { PodRanges } from './workers/pod-ranges.ts';
import { Pods } from './workers/pods.ts';
import { nodeWorkers, podWorkers } from './workers/index.ts';
import { RunningWorkers } from './workers/worker.ts';
import { shutdownGroups } from './shutdown-plan.ts';
import { shutDownForGood, shutDownPods } from './workers/shut-down.ts';
import { type RoutingNetwork, routingParts } from './workers/routing-parts.ts';
import { hasStaticPods, StaticPods, type StaticPodsOptions } from './workers/static-pods.ts';
import { StatusWriter } from './workers/status-writer.ts';

export interface AgentOptions {
  nodeName: string;
  /** The primary one first, then that of the other family. */
  nodeIps: readonly string[];
  rootDir: string;
  cgroupRoot: string;
  kubeletPort: number;
  version: string;
  servers: readonly string[];
  tls: { ca: string; cert: string; key: string };
  settings: NodeSettings;
  clusterDns: readonly string[];
  clusterDomain: string;
  /** Others run on this machine as well. */
  sharedMachine: boolean;
  clock: Clock;
  random: Random;
  logger: Logger;
  registry: Registry;
  /** What `/metrics/probes` shows. */
  probes: Registry;
  api: Api;
  /** As the node itself, which sees its own pods alone. */
  informers: Informers;
  /** As the node's service proxy, DNS and policies, which see all services, nodes and pods. */
  networkInformers: Informers;
  /** Likewise: of pods, no more of each than policies look at. */
  policyInformers: Informers;
  networkApi: Api;
  events: EventSink;
  images: ImageService;
  runtime: ContainerRuntime;
  mounts: VolumeMounts;
  /** Of `images`. */
  snapshots: Pick<Snapshotter, 'mount' | 'remove'>;
  logs: LogReader;
  network: AgentNetwork;
  /** A static pod, out of JSON or YAML. */
  readPod: StaticPodsOptions['readPod'];
}

/** The network of the node, made when it is known what the node is given. */
export interface AgentNetwork extends RoutingNetwork {
  prepare(podCidrs: readonly string[]): Promise<void>;
  pods(podCidrs: readonly string[]): Promise<PodNetwork>;
  policies(podCidrs: readonly string[]): PolicyTables;
  dns(lookups: ReturnType<typeof dnsLookups>): ClusterDns;
  /** None where this node serves no Ingresses. */
  ingress?: IngressNetwork;
}

/** One node: registers it, runs its pods, keeps its network, answers the control plane. */
export class Agent {
  private readonly ending = new AbortController();
  private readonly workers: RunningWorkers;
  private stats: NodeStats | undefined;
  private ready = false;
  private pods: Pods | undefined;
  private status: NodeStatusWorker | undefined;
  private port: NodePort | undefined;
  private streams: PodStreams | undefined;
  private ingress: NodeIngress | undefined;

  constructor(private readonly options: AgentOptions) {
    this.workers = new RunningWorkers((worker, err) => {
      options.logger.fatal({ err, worker }, 'a part of the agent has failed');
      throw err; // nobody handles it: a new process does better than one without this part
    });
  }

  /** Resolves when the node is registered, its network stands and its pods are taken care of. */
  async start(): Promise<void> {
    const { options, ending } = this;
    const { api, clock, logger, informers, networkInformers, policyInformers, nodeName } = options;
    // Of all nodes: routes lead to the others, and this node's own entry tells its ranges and zone.
    const nodes = networkInformers.informer<Node>({ resource: resources.nodes });
    const bound = informers.informer<Pod>({ resource: resources.pods, fieldSelector: `spec.nodeName=${nodeName}` });
    const services = networkInformers.informer<Service>({ resource: resources.services });
    const slices = networkInformers.informer<EndpointSlice>({ resource: resources.endpointSlices });
    const cidrs = networkInformers.informer<ServiceCIDR>({ resource: resources.serviceCIDRs });
    const namespaces = networkInformers.informer<Namespace>({ resource: resources.namespaces });
    const lookups = dnsLookups({ services, slices, namespaces });
    const seen = (): Node | undefined => nodes.get('', nodeName);
    const { pressure, garbage } = this.housekeeping(seen);
    const cgroups = this.nodeCgroups(seen, bound);
    const status = (this.status = this.nodeStatus(seen, pressure));
    informers.start();
    networkInformers.start();
    policyInformers.start();
    let lastContactMs = clock.monotonicMs();
    const renewed = (): void => void (lastContactMs = clock.monotonicMs());
    const lease = { api, clock, logger, nodeName, renewed, owner: () => ({ uid: status.node?.metadata.uid ?? '' }) };
    const registered = this.workers.start(nodeWorkers({ pressure, status, lease, cgroups }));
    const ranges = new PodRanges({ file: join(options.rootDir, 'pod-ranges.json'), nodeName, nodes });
    // Static pods do not wait for the API where the node has once been told what it needs to know.
    const remembered = (await hasStaticPods(options.settings)) ? await ranges.remembered() : undefined;
    if (!remembered) await registered;
    const podCidrs = remembered ?? (await ranges.given(ending.signal));
    if (ending.signal.aborted) return;
    await options.network.prepare(podCidrs);
    const sessions = this.sessions();
    const network = await options.network.pods(podCidrs);
    const policies = new NetworkPolicies({
      clock,
      logger,
      api: options.networkApi,
      policies: networkInformers.informer<NetworkPolicy>({ resource: resources.networkPolicies }),
      namespaces,
      bound,
      everywhere: () => policyInformers.informer<Pod>({ resource: resources.pods }),
      attached: () => network.list(),
      tables: options.network.policies(podCidrs),
    });
    const context = await this.makeContext({ network, policies, services, pressure, sessions });
    const pods = new Pods(context, bound);
    this.pods = pods;
    this.streams = new PodStreams(context, pods);
    this.port = new NodePort(context, pods, { ...options, port: options.kubeletPort });
    this.stats = this.measures(context, pods, sessions);
    const caches = { nodes, services, slices, bound, cidrs };
    const [routed, proxied] = lowestOf(options.network.ingress ? 2 : 1, (version) => sessions.endpointsApplied(version));
    const of = { clock, logger, nodeName, network: options.network, caches, applied: routed!, lastContactMs: () => lastContactMs };
    const routing = routingParts(of);
    const statics = this.staticPods(pods, bound, seen);
    const dns = options.network.dns(lookups);
    const ofIngress = { context, network: options.network.ingress, informers: networkInformers, lookups, applied: proxied };
    const ingress = (this.ingress = nodeIngress({ nodes, services, slices, ...ofIngress }));
    await this.workers.start([
      ...podWorkers({ context, pods, statics, sessions, policies, ...routing, dns, ingress, garbage }),
      this.stats.usage,
    ]);
    await registered;
    if (remembered) await this.checkRanges(ranges, remembered);
    if (ending.signal.aborted) return;
    this.ready = true;
    logger.info({ node: nodeName, podCidrs }, 'the node is ready');
  }

  /** Containers run on; the next agent finds them. */
  async stop(): Promise<void> {
    this.ending.abort();
    await this.workers.stop();
  }

  /** Ends the pods in order, each within its own grace period and all within `withinMs`; the next agent runs them again. */
  async shutDown(withinMs: number): Promise<void> {
    if (!this.pods) return; // nothing runs yet that was started here
    this.options.logger.info({ withinMs }, 'pods are ended in order');
    await shutDownPods(this.options, this.pods, withinMs);
  }

  /** The node goes down for good: graceful node shutdown. `withinMs` where its settings say nothing. Its pods are over then, and the API knows. */
  async shutDownForGood(withinMs: number): Promise<void> {
    const { clock, logger, settings } = this.options;
    if (!this.pods) return;
    logger.info({ withinMs }, 'the node is shutting down');
    await this.status?.shutDown().catch((err: unknown) => logger.warn({ err }, 'the API is not told that the node is shutting down'));
    const groups = settings.shutdown.length > 0 ? settings.shutdown : shutdownGroups(withinMs, withinMs / 3);
    await shutDownForGood(clock, this.pods, groups);
  }

  /** For `/readyz`: throws while the node is starting. */
  checkReady(): void {
    if (!this.ready) throw new Error('the node is starting');
  }

  /** What the node's own port shows of it; nothing while the node is starting. */
  get figures(): Pick<NodeStats, 'texts' | 'summary'> | undefined {
    return this.stats;
  }

  /** What else the node's own port shows. Throws while the node is starting. */
  async shows(request: PortRequest): Promise<PortAnswer | undefined> {
    this.checkReady();
    return this.port?.answer(request);
  }

  /** `/metrics/ingress`; empty while the proxy does not run. */
  ingressMetrics(): Promise<string> {
    return this.ingress?.metrics() ?? Promise.resolve('');
  }

  private nodeStatus(seen: () => Node | undefined, pressure: NodePressure): NodeStatusWorker {
    const { api, clock, logger, nodeName, nodeIps, kubeletPort, version, rootDir, settings, images } = this.options;
    const runtimeVersion = `berth://${version.replace(/^v/, '')}`;
    const facts = { name: nodeName, ips: nodeIps, kubeletPort, version, runtimeVersion, localVolumesDir: localVolumesDir(rootDir) };
    const events = this.options.events.recorder('kubelet', nodeName);
    return new NodeStatusWorker({
      api,
      clock,
      logger,
      facts,
      readHost: () => readHost(rootDir),
      seen,
      events,
      settings,
      pressure: () => pressure.conditions(),
      images,
      volumesInUse: () => volumesInUse(rootDir),
    });
  }

  /** What keeps the node from running out of memory, disk and process ids. */
  private housekeeping(node: () => Node | undefined): { pressure: NodePressure; garbage: ImageGarbage } {
    const { clock, logger, nodeName, rootDir, settings, images, runtime, mounts, cgroupRoot } = this.options;
    const events = this.options.events.recorder('kubelet', nodeName);
    const levels = async (): Promise<Levels> => {
      const [machine, host, used] = await Promise.all([
        readLevels(rootDir),
        readHost(rootDir),
        runtime.cgroupStats(podsCgroupPath(cgroupRoot)),
      ]);
      return levelsOfNode(machine, { capacity: capacityOf(host, settings), enforced: enforcedOf(host, settings), used });
    };
    const readDisk = async (): Promise<Level> => (await readLevels(rootDir))['imagefs.available'];
    const both = { clock, logger, events, node, runtime };
    const mounted = (): string[] => mountedImages(rootDir);
    const garbage = new ImageGarbage({ ...both, images, mountedImages: mounted, settings: settings.imageGc, readDisk });
    const pressure = new NodePressure({
      ...both,
      settings,
      readLevels: levels,
      pods: () => this.pods?.all() ?? [],
      mounts,
      cgroupRoot,
      freeImages: () => garbage.freeAll(),
    });
    return { pressure, garbage };
  }

  private staticPods(pods: Pods, bound: Informer<Pod>, node: () => Node | undefined): StaticPods {
    const { api, clock, logger, nodeName, readPod, settings } = this.options;
    const events = this.options.events.recorder('kubelet', nodeName);
    return new StaticPods({ ...settings.staticPods, nodeName, readPod, pods, bound, api, clock, logger, events, node });
  }

  /** A node that was taken out of the API and registered anew may have other ranges: the next agent begins with them. */
  private async checkRanges(ranges: PodRanges, remembered: readonly string[]): Promise<void> {
    const given = await ranges.given(this.ending.signal);
    if (!this.ending.signal.aborted && given.join() !== remembered.join())
      throw new Error(`the pods of this node have been given other addresses: ${given.join()} instead of ${remembered.join()}`);
  }

  /** What holds the pods of this node to their part of the machine. */
  private nodeCgroups(node: () => Node | undefined, bound: Informer<Pod>): NodeCgroups {
    const { clock, logger, nodeName, rootDir, settings, runtime, cgroupRoot } = this.options;
    return new NodeCgroups({
      runtime,
      cgroupRoot,
      limits: async () => podsLimits(enforcedOf(await readHost(rootDir), settings)),
      pods: () => bound.list(),
      onPods: (changed) => bound.onChange(changed),
      clock,
      logger,
      events: this.options.events.recorder('kubelet', nodeName),
      node,
    });
  }

  private async makeContext({ network, policies, services, pressure, sessions }: ContextParts): Promise<AgentContext> {
    const { options } = this;
    const { api, clock, logger, clusterDns, clusterDomain } = options;
    const [hostHosts, hostResolv, host] = await Promise.all([
      readOrEmpty('/etc/hosts'),
      readOrEmpty('/etc/resolv.conf'),
      readHost(options.rootDir),
    ]);
    const running = (): readonly PodWorker[] => this.pods?.all().filter((worker) => hasSandbox(worker.view().life)) ?? [];
    const metrics = agentMetrics(options, {
      pods: () => running().length,
      containers: () => running().reduce((sum, worker) => sum + worker.runningContainers, 0),
    });
    return {
      nodeName: options.nodeName,
      nodeIps: options.nodeIps,
      rootDir: options.rootDir,
      cgroupRoot: options.cgroupRoot,
      dns: { clusterDns, clusterDomain, host: parseResolvConf(hostResolv) },
      hostHosts,
      settings: options.settings,
      pressure: () => pressure.conditions(),
      nodeMemoryBytes: capacityOf(host, options.settings).memoryBytes,
      nodeAllocatable: allocatableOf(host, options.settings),
      clock,
      random: options.random,
      logger,
      api,
      network,
      policies,
      services,
      metrics,
      events: options.events.recorder('kubelet', options.nodeName),
      images: options.images,
      runtime: meteredRuntime(options.runtime, metrics, clock),
      mounts: options.mounts,
      snapshots: options.snapshots,
      logs: options.logs,
      watches: new ObjectWatches({ api, clock, logger }),
      tokens: new PodTokens(api, clock),
      csi: new CsiDrivers(new CsiPaths(options.rootDir)),
      disksDir: '/dev/disk/by-path',
      statuses: new StatusWriter({ api, clock, logger }),
      awaitUnrouted: (pod, withinMs) => sessions.awaitUnrouted(pod, withinMs),
    };
  }

  private sessions(): NodeSessions {
    const { servers, tls, nodeName, version, clock, logger } = this.options;
    // Pods need the sessions and the streams need the pods; no session begins before all of them are there.
    return new NodeSessions({ servers, tls, nodeName, version, clock, logger, open: (request) => this.streams!.open(request) });
  }

  private measures({ runtime, mounts, rootDir, cgroupRoot, settings }: AgentContext, pods: Pods, sessions: NodeSessions): NodeStats {
    const { nodeName, clock, logger, sharedMachine } = this.options;
    return new NodeStats({
      nodeName,
      rootDir,
      cgroupRoot,
      runtime,
      mounts,
      pods: () => pods.all(),
      clock,
      logger,
      sharedMachine,
      resolutionMs: settings.metricResolutionMs,
      report: (usage) => sessions.used(usage),
    });
  }
}

interface ContextParts extends Pick<AgentContext, 'network' | 'policies' | 'services'> {
  pressure: NodePressure;
  sessions: NodeSessions;
}
