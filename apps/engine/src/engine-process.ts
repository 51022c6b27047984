import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { syncImages } from '#agent';
import { systemClock } from '#base';
import type { Logger } from '#telemetry';
import { type NodeEngine, openEngine } from '../../agent/src/node-engine.ts';
import { type NodeRuntime, openRuntime } from '../../agent/src/node-runtime.ts';
import type { AloneConfig } from './config.ts';

/** The Docker Engine API of this machine, without a cluster: what each node's agent serves beside its pods. Its containers outlive it. */
export class EngineProcess {
  private readonly stopping = new AbortController();
  private readonly syncing: Promise<void>;

  private constructor(
    private readonly config: AloneConfig,
    private readonly node: NodeRuntime,
    private readonly engine: NodeEngine,
    logger: Logger,
  ) {
    this.syncing = syncImages({ images: node.images, clock: systemClock, logger }, this.stopping.signal);
  }

  static async open(config: AloneConfig, logger: Logger): Promise<EngineProcess> {
    await writeFile('/proc/sys/net/ipv4/ip_forward', '1'); // or what containers send goes nowhere
    const node = await openRuntime(config, logger);
    return new EngineProcess(config, node, await openEngine(config, node, logger), logger);
  }

  /** Ends the containers, within the seconds that the file `shutdown` says: who sends the signal writes it before, and sees it go. */
  async shutDown(): Promise<void> {
    const file = join(this.config.rootDir, 'shutdown');
    await this.engine.shutDown(Number((await readFile(file, 'utf8')).trim()));
    await rm(file, { force: true });
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.syncing;
    await this.engine.close();
    await this.node.runtime.close();
  }
}
