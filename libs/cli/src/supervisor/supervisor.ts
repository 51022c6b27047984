import { access } from 'node:fs/promises';
import { connect } from 'node:net';
import { Backoff, type Clock } from '#base';
import type { Logger } from '#telemetry';
import type { ClusterSettings } from './cluster-settings.ts';
import { type Layout, type NodePlace, nodesOf, portsOf } from './layout.ts';
import { ensureBridge, ensureNodePlace } from './node-place.ts';
import { agentPart, controlPlaneParts, type Part, type PartsInput } from './parts.ts';
import { adoptPart, startPart } from './process.ts';

/** A part that ran this long counts as healthy: its next failure is its first. */
const healthyMs = 30_000;
/** The other parts are not kept waiting longer than this for the api-server to listen. */
const apiServerFirstMs = 15_000;

/**
 * Starts every part of a cluster, starts again what ends, and adopts what an earlier supervisor left running. It never stops a part:
 * `berth down` does. `wake` makes it look again at which nodes are held down.
 */
export class Supervisor {
  private wakers: (() => void)[] = [];
  private wakes = 0;
  private readonly backoff = new Backoff<string>(200, 10_000);

  constructor(
    private readonly input: PartsInput & { settings: ClusterSettings; layout: Layout },
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Resolves when the signal aborts; the parts run on. */
  async run(signal: AbortSignal): Promise<void> {
    await ensureBridge(this.input.settings);
    const parts = controlPlaneParts(this.input);
    const first = parts.filter(({ name }) => ['redis', 'api-server', 'registry'].includes(name));
    const kept = first.map((part) => this.keep(part, signal));
    const reachable = this.apiServerReachable(signal);
    const then = parts.filter((part) => !first.includes(part)).map((part) => reachable.then(() => this.keep(part, signal)));
    const nodes = nodesOf(this.input.settings).map((node) => this.keepNode(node, reachable, signal));
    const results = await Promise.allSettled([...kept, ...then, ...nodes]);
    const failed = results.find((result) => result.status === 'rejected' && !signal.aborted);
    if (failed?.status === 'rejected') throw failed.reason;
  }

  wake(): void {
    this.wakes++;
    for (const wake of this.wakers.splice(0)) wake();
  }

  /** What lives by the API waits for the api-server: started together, they would take the processors from it only to try in vain. */
  private async apiServerReachable(signal: AbortSignal): Promise<void> {
    const { grpc } = portsOf(this.input.settings);
    const end = this.clock.monotonicMs() + apiServerFirstMs;
    while (!signal.aborted && this.clock.monotonicMs() < end && !(await accepts(grpc))) {
      await this.clock.sleep(20, signal).catch(() => undefined); // ends early only when the signal aborts
    }
  }

  /** Keeps a part running as long as it is wanted; `prepare` comes before each start, since what a part stands on may be gone as well. */
  private async keep(
    part: Part,
    signal: AbortSignal,
    { wanted, prepare }: { wanted: () => Promise<boolean>; prepare: () => Promise<void> } = always,
  ): Promise<void> {
    while (!signal.aborted && (await wanted())) {
      const startedMs = this.clock.monotonicMs();
      try {
        await prepare();
        const running = (await adoptPart(part, this.clock)) ?? (await startPart(part));
        this.logger.info({ part: part.name, pid: running.pid }, running.adopted ? 'adopted' : 'started');
        const exit = await running.exited(signal);
        this.logger.warn({ part: part.name, pid: running.pid, ...exit }, 'ended');
      } catch (err) {
        if (signal.aborted) return;
        this.logger.error({ part: part.name, err }, 'cannot be kept running');
      }
      if (this.clock.monotonicMs() - startedMs > healthyMs) this.backoff.reset(part.name);
      const failures = this.backoff.failuresOf(part.name);
      const delayMs = this.backoff.nextMs(part.name);
      // The first failure is mended at once; one that repeats waits longer each time.
      if (failures > 0) await this.clock.sleep(delayMs, signal).catch(() => undefined); // ends early only when the signal aborts
    }
  }

  private async keepNode(node: NodePlace, reachable: Promise<void>, signal: AbortSignal): Promise<void> {
    const { settings, layout } = this.input;
    const wanted = async (): Promise<boolean> => !(await exists(layout.node(node.name).stopped));
    const prepare = async (): Promise<void> => {
      await ensureNodePlace({ settings, layout }, node, (message) => this.logger.warn({ node: node.name }, message));
      await reachable;
    };
    while (!signal.aborted) {
      const wakes = this.wakes;
      if (await wanted()) await this.keep(agentPart(this.input, node), signal, { wanted, prepare });
      else if (wakes === this.wakes) await this.nextWake(signal);
    }
  }

  private nextWake(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.wakers.push(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}

const always = { wanted: async () => true, prepare: async () => undefined };

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const answer = (accepted: boolean): void => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => answer(true)).once('error', () => answer(false));
  });
}
