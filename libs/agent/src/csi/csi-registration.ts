import { type FSWatcher, watch } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiError } from '#api';
import type { CSINode, CSINodeDriver, Node } from '#api/types';
import { type Clock, WorkQueue } from '#base';
import { type Api, create, patch } from '#client';
import { resources } from '#objects';
import type { Logger } from '#telemetry';
import type { VolumeMounts } from '#runtime/volumes.contract';
import type { Worker } from '../workers/worker.ts';
import { csiClient, registrationClient } from './csi-client.ts';
import { capabilitiesOf, type CsiDriverHere, type CsiDrivers } from './csi-drivers.ts';
import { newCsiNode, nodeChange, withDriver, withoutDriver } from './csi-node-plan.ts';

export interface CsiRegistrationOptions {
  api: Api;
  clock: Clock;
  logger: Logger;
  nodeName: string;
  mounts: Pick<VolumeMounts, 'bindWithin' | 'mountsBelow'>;
  csi: CsiDrivers;
}

/** The whole folder, as a key of the queue. */
const ALL = '';

/**
 * Drivers make themselves known by a socket in the folder `plugins_registry`, as to a kubelet: they are asked for their name and their own
 * socket, and told what has become of it. They are known for as long as their socket is there, to schedulers and controllers by the
 * node's CSINode. Kubernetes, "Device plugin registration"; k8s.io/kubelet/pkg/apis/pluginregistration.
 */
export class CsiRegistration implements Worker {
  readonly name = 'csi-registration';
  private readonly queue: WorkQueue<string>;
  /** By socket: which one it is, and who serves it. */
  private readonly known = new Map<string, { identity: string; driver?: string }>();

  constructor(private readonly options: CsiRegistrationOptions) {
    this.queue = new WorkQueue(options.clock, { baseMs: 500, maxMs: 30_000 });
  }

  /** The folders are there, also under the name that drivers know them by. */
  async start(): Promise<void> {
    const { mounts, csi, logger } = this.options;
    const { own, seen, registry } = csi.paths;
    for (const folder of [registry, join(own, 'plugins'), join(own, 'pods')]) await mkdir(folder, { recursive: true, mode: 0o750 });
    try {
      await mkdir(seen, { recursive: true, mode: 0o750 });
      if (!mounts.mountsBelow(seen).includes(seen)) mounts.bindWithin('/', own, seen);
    } catch (err) {
      logger.warn({ err, folder: seen }, 'CSI drivers do not find their folder on this node');
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    const { csi } = this.options;
    const watcher = watch(csi.paths.registry, () => this.queue.add(ALL));
    watcher.on('error', (err) => this.options.logger.warn({ err }, 'the folder of plugins is not watched any more'));
    signal.addEventListener('abort', () => this.end(watcher), { once: true });
    if (signal.aborted) this.end(watcher);
    this.queue.add(ALL);
    for (let key = await this.queue.take(); key !== undefined; key = await this.queue.take()) await this.handle(key);
    csi.close();
  }

  private end(watcher: FSWatcher): void {
    watcher.close();
    this.queue.close();
  }

  private async handle(key: string): Promise<void> {
    try {
      await (key === ALL ? this.look() : this.register(key));
      this.queue.forget(key);
    } catch (err) {
      this.options.logger.warn({ err, socket: key }, 'a plugin could not be registered');
      this.queue.retry(key);
    } finally {
      this.queue.done(key);
    }
  }

  /** Sockets that came, that went, and that others took the place of. */
  private async look(): Promise<void> {
    const { registry } = this.options.csi.paths;
    await this.ensureCsiNode();
    const present = new Map<string, string>();
    for (const name of await readdir(registry)) {
      const found = await stat(join(registry, name)).catch(() => undefined); // gone meanwhile
      if (found?.isSocket() && !name.startsWith('.')) present.set(name, `${found.ino} ${found.ctimeMs}`);
    }
    for (const [name, { identity, driver }] of this.known) {
      if (present.get(name) === identity) continue;
      if (driver) await this.deregister(driver);
      this.known.delete(name);
    }
    for (const [name, identity] of present) {
      if (this.known.has(name)) continue;
      this.known.set(name, { identity });
      this.queue.add(name);
    }
  }

  private async register(name: string): Promise<void> {
    const entry = this.known.get(name);
    if (!entry) return; // gone meanwhile
    const { csi, clock, logger } = this.options;
    const socket = join(csi.paths.registry, name);
    const client = registrationClient(socket, clock);
    try {
      const info = await client.getInfo({});
      if (info.type !== 'CSIPlugin') return logger.info({ socket: name, type: info.type }, 'no plugins of such a type are used');
      try {
        checkVersions(info.supportedVersions);
        await this.take(info.name, info.endpoint ? csi.paths.owned(info.endpoint) : socket);
      } catch (err) {
        const why = err instanceof Error ? err.message : String(err);
        await client.notifyRegistrationStatus({
          pluginRegistered: false,
          error: `RegisterPlugin error -- plugin registration failed with err: ${why}`,
        });
        throw err;
      }
      entry.driver = info.name;
      await client.notifyRegistrationStatus({ pluginRegistered: true, error: '' });
      logger.info({ driver: info.name }, 'a CSI driver is registered');
    } finally {
      client.close();
    }
  }

  /** Asks the driver what it is, and tells the API. */
  private async take(name: string, socket: string): Promise<void> {
    const { api, clock, nodeName, csi } = this.options;
    const client = csiClient(socket, clock);
    try {
      const [info, capabilities] = await Promise.all([client.nodeGetInfo({}), client.nodeGetCapabilities({})]);
      const topology = info.accessibleTopology?.segments ?? {};
      const driver: CsiDriverHere = {
        name,
        client,
        nodeId: info.nodeId,
        capabilities: capabilitiesOf(capabilities),
        maxVolumes: Number(info.maxVolumesPerNode),
        topology,
      };
      const ref = { resource: resources.nodes, name: nodeName };
      await patch(api, ref, nodeChange(await api.get<Node>(ref), driver));
      await this.writeDrivers((drivers) => withDriver(drivers, driver));
      csi.add(driver);
    } catch (err) {
      client.close();
      throw err;
    }
  }

  private async deregister(driver: string): Promise<void> {
    this.options.csi.remove(driver);
    await this.writeDrivers((drivers) => withoutDriver(drivers, driver));
    this.options.logger.info({ driver }, 'a CSI driver is gone');
  }

  private async ensureCsiNode(): Promise<void> {
    const { api, nodeName } = this.options;
    const node = await api.get<Node>({ resource: resources.nodes, name: nodeName });
    try {
      await create(api, resources.csiNodes, newCsiNode(node));
    } catch (err) {
      if (!(err instanceof ApiError && err.code === 409)) throw err;
    }
  }

  private async writeDrivers(change: (drivers: readonly CSINodeDriver[]) => CSINodeDriver[]): Promise<void> {
    const { api, nodeName } = this.options;
    const ref = { resource: resources.csiNodes, name: nodeName };
    const { metadata, spec } = await api.get<CSINode>(ref);
    await patch(api, ref, { metadata: { resourceVersion: metadata.resourceVersion }, spec: { drivers: change(spec.drivers) } });
  }
}

/** The kubelet's rule: some version 1, and that of all is the greatest. */
function checkVersions(versions: readonly string[]): void {
  if (versions.length === 0) throw new Error('validating version failed: no supported versions');
  if (versions.some((version) => /^v?1(\.|$)/.test(version))) return;
  throw new Error(`validating version failed: highest supported version reported by driver (${versions.join(', ')}) must be at least v1.0`);
}
