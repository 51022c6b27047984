import { lookUp } from '#base';
import { ApiError } from '#api';
import type { Node, NodeStatus } from '#api/types';
import type { Clock } from '#base';
import { create, patch } from '#client';
import type { Api, EventRecorder } from '#client/contract';
import { resources } from '#objects';
import type { Logger } from '#telemetry';
import type { ImageService } from '#runtime/images.contract';
import { type AllocatableSettings, type HostReport, newNode, type NodeFacts, nodeStatus } from '../node-plan.ts';
import type { Pressure } from '../pressure-plan.ts';
import type { Worker } from './worker.ts';

/** The kubelet's `nodeStatusUpdateFrequency`. */
const LOOK_MS = 10_000;
/** The kubelet's `nodeStatusReportFrequency`. */
const REPORT_MS = 300_000;

export interface NodeStatusOptions {
  api: Api;
  clock: Clock;
  logger: Logger;
  facts: NodeFacts;
  readHost: () => Promise<HostReport>;
  /** The node as a watch shows it: others write to it too. */
  seen: () => Node | undefined;
  events: EventRecorder;
  settings: AllocatableSettings;
  pressure: () => ReadonlySet<Pressure>;
  images: Pick<ImageService, 'list'>;
  volumesInUse: () => readonly string[];
}

/** Registers the Node and keeps its status: written when it changes, and every five minutes (the Lease is the heartbeat). */
export class NodeStatusWorker implements Worker {
  readonly name = 'node-status';
  /** As it was last written; undefined before the node is registered. */
  node: Node | undefined;
  private written: { status: NodeStatus; atMs: number } | undefined;
  /** As it was last told: events are for changes. */
  private unschedulable = false;
  private shuttingDown = false;

  constructor(private readonly options: NodeStatusOptions) {}

  /** Resolves when the API has the node with its status; tries until then. */
  async start(signal: AbortSignal): Promise<void> {
    const { api, clock, logger, facts, readHost } = this.options;
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        this.node = await readOrCreate(api, newNode(facts, await readHost()));
        if (!this.written) this.options.events.event(this.node, { type: 'Normal', reason: 'Starting', message: 'Starting kubelet.' });
        await this.report(this.node);
        return;
      } catch (err) {
        logger.warn({ err }, 'the node could not be registered yet');
        await clock.sleep(Math.min(5_000, 200 * 2 ** tries), signal).catch(() => undefined);
      }
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    for await (const _ of this.options.clock.every(LOOK_MS, signal)) {
      try {
        await this.report(this.options.seen() ?? this.node);
      } catch (err) {
        if (err instanceof ApiError && err.code === 404)
          await this.start(signal); // deleted while it lives
        else this.options.logger.warn({ err }, 'the node status could not be written');
      }
    }
  }

  /** `known`: what the API has. Where the node was taken for dead, its conditions are true anew, and the status is written again. */
  /** Tells at once that the node takes no pods any more. Throws ApiError. */
  async shutDown(): Promise<void> {
    this.shuttingDown = true;
    if (this.node) this.tell(this.node, 'NodeShutdown', 'Shutdown manager detected shutdown event');
    await this.report(this.options.seen() ?? this.node);
  }

  private async report(known: Node | undefined): Promise<void> {
    const { api, clock, facts, readHost, settings, pressure, images, volumesInUse } = this.options;
    const now = clock.now();
    this.tellSchedulable(known);
    const [host, present] = await Promise.all([readHost(), images.list()]);
    const status = nodeStatus(facts, host, {
      now,
      previous: known?.status,
      pressure: pressure(),
      shuttingDown: this.shuttingDown,
      images: present,
      volumesInUse: volumesInUse(),
      settings,
    });
    const due = !this.written || now.getTime() - this.written.atMs >= REPORT_MS;
    if (!due && sameButHeartbeat(status, this.written!.status)) return;
    const ref = { resource: resources.nodes, name: facts.name };
    this.node = await patch<Node>(api, ref, { status }, { subresource: 'status', patchType: 'application/strategic-merge-patch+json' });
    this.written = { status, atMs: now.getTime() };
    this.tellConditions(this.node, known?.status);
  }

  private tellConditions(node: Node, before: NodeStatus | undefined): void {
    for (const { type, status, reason } of this.written!.status.conditions ?? []) {
      if (before?.conditions?.find((condition) => condition.type === type)?.status !== status)
        this.tell(node, reason!.replace(/^Kubelet/, 'Node'));
    }
  }

  private tellSchedulable(known: Node | undefined): void {
    if (!known || (known.spec.unschedulable ?? false) === this.unschedulable) return;
    this.unschedulable = !this.unschedulable;
    this.tell(known, this.unschedulable ? 'NodeNotSchedulable' : 'NodeSchedulable');
  }

  private tell(node: Node, reason: string, message = `Node ${this.options.facts.name} status is now: ${reason}`): void {
    this.options.events.event(node, { type: 'Normal', reason, message });
  }
}

async function readOrCreate(api: Api, node: Node): Promise<Node> {
  try {
    return await create(api, resources.nodes, node);
  } catch (err) {
    if (!(err instanceof ApiError) || err.code !== 409) throw err;
  }
  const ref = { resource: resources.nodes, name: node.metadata.name! };
  const present = await api.get<Node>(ref);
  const { labels = {}, annotations = {} } = node.metadata;
  const isStale = (own: Record<string, string>, theirs: Record<string, string> | undefined): boolean =>
    Object.entries(own).some(([key, value]) => lookUp(theirs, key) !== value);
  const stale = isStale(labels, present.metadata.labels) || isStale(annotations, present.metadata.annotations);
  return stale ? patch<Node>(api, ref, { metadata: { labels, annotations } }) : present;
}

function sameButHeartbeat(a: NodeStatus, b: NodeStatus): boolean {
  const bare = (status: NodeStatus): string =>
    JSON.stringify({ ...status, conditions: status.conditions?.map((c) => ({ ...c, lastHeartbeatTime: '' })) });
  return bare(a) === bare(b);
}
