import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '#telemetry';
import { type NodeEngine, openEngine } from '../../agent/src/node-engine.ts';
import { type NodeRuntime, openRuntime } from '../../agent/src/node-runtime.ts';
import type { AloneConfig } from './config.ts';

/** The Docker Engine API of this machine, without a cluster: what each node's agent serves beside its pods. Its containers outlive it. */
export class EngineProcess {
  private constructor(
    private readonly config: AloneConfig,
    private readonly node: NodeRuntime,
    private readonly engine: NodeEngine,
  ) {}

  static async open(config: AloneConfig, logger: Logger): Promise<EngineProcess> {
    await writeFile('/proc/sys/net/ipv4/ip_forward', '1'); // or what containers send goes nowhere
    const node = await openRuntime(config, logger);
    return new EngineProcess(config, node, await openEngine(config, node, logger));
  }

  /** Ends the containers, within the seconds that the file `shutdown` says: who sends the signal writes it before, and sees it go. */
  async shutDown(): Promise<void> {
    const file = join(this.config.rootDir, 'shutdown');
    await this.engine.shutDown(Number((await readFile(file, 'utf8')).trim()));
    await rm(file, { force: true });
  }

  async close(): Promise<void> {
    await this.engine.close();
    await this.node.runtime.close();
  }
}
