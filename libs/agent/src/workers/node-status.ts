import { ApiError } from '#api';
import type { Node, NodeStatus } from '#api/types';
import type { Clock } from '#base';
import { create, patch, resources } from '#client';
import type { Api } from '#client/contract';
import type { Logger } from '#telemetry';
import { type HostReport, newNode, type NodeFacts, nodeStatus } from '../node-plan.ts';

const LOOK_MS = 10_000;
const REPORT_MS = 300_000;

export interface NodeStatusOptions {
  api: Api;
  clock: Clock;
  logger: Logger;
  facts: NodeFacts;
  readHost: () => Promise<HostReport>;
}

/** Registers the Node and keeps its status: written when it changes, and every five minutes (the Lease is the heartbeat). */
export class NodeStatusWorker {
  node: Node | undefined;
  private written: { status: NodeStatus; atMs: number } | undefined;

  constructor(private readonly options: NodeStatusOptions) {}

  /** Resolves when the API has the node with its status; tries until then. */
  async register(signal: AbortSignal): Promise<void> {
    const { api, clock, logger, facts, readHost } = this.options;
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        this.node = await readOrCreate(api, newNode(facts, await readHost()));
        await this.report();
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
        await this.report();
      } catch (err) {
        if (err instanceof ApiError && err.code === 404)
          await this.register(signal); // deleted while it lives
        else this.options.logger.warn({ err }, 'the node status could not be written');
      }
    }
  }

  private async report(): Promise<void> {
    const { api, clock, facts, readHost } = this.options;
    const now = clock.now();
    const status = nodeStatus(facts, await readHost(), { now, previous: this.written?.status ?? this.node?.status });
    const due = !this.written || now.getTime() - this.written.atMs >= REPORT_MS;
    if (!due && sameButHeartbeat(status, this.written!.status)) return;
    const ref = { resource: resources.nodes, name: facts.name };
    this.node = await patch<Node>(api, ref, { status }, { subresource: 'status', patchType: 'application/strategic-merge-patch+json' });
    this.written = { status, atMs: now.getTime() };
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
  const labels = node.metadata.labels ?? {};
  const stale = Object.entries(labels).some(([key, value]) => present.metadata.labels?.[key] !== value);
  return stale ? patch<Node>(api, ref, { metadata: { labels } }) : present;
}

function sameButHeartbeat(a: NodeStatus, b: NodeStatus): boolean {
  const bare = (status: NodeStatus): string =>
    JSON.stringify({ ...status, conditions: status.conditions?.map((c) => ({ ...c, lastHeartbeatTime: '' })) });
  return bare(a) === bare(b);
}
