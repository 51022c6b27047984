import { join } from 'node:path';
import { podOf } from '#agent';
import { systemClock, systemRandom } from '#base';
import { buildImage, changedConfig } from '#builder';
import { Engine, EngineServer, type EngineOptions, endpoints, type NodeLinks } from '#engine';
import { createPodNetwork, createServiceProxy, raiseLoopback } from '#network';
import { CrunBuildRunner, readLog, volumeMounts } from '#runtime';
import type { Logger } from '#telemetry';
import type { AgentConfig } from './config.ts';

/** unix(7): `sun_path` without its closing zero. */
const LONGEST_PATH = 107;

export type EngineConfig = Pick<
  AgentConfig,
  'engineSocket' | 'engineCidr' | 'rootDir' | 'cgroupRoot' | 'nodeName' | 'nftTable' | 'interfacePrefix' | 'serviceCidrs' | 'clusterDns'
>;

export interface NodeEngine {
  shutDown(seconds: number): Promise<void>;
  close(): Promise<void>;
}

const none: NodeEngine = { shutDown: async () => undefined, close: async () => undefined };

/** The Docker Engine API of one node, on the images and containers that its pods are made of too. Without `--engine-socket` there is none. */
export async function openNodeEngine(
  config: EngineConfig,
  parts: Pick<EngineOptions, 'images' | 'building' | 'filesystems' | 'runtime'>,
  logger: Logger,
): Promise<NodeEngine> {
  if (config.engineSocket === '') return none;
  try {
    if (Buffer.byteLength(config.engineSocket) > LONGEST_PATH) {
      logger.warn(
        { socket: config.engineSocket },
        'the path of the engine’s socket is too long for the kernel; there is no Docker API on this node',
      );
      return none;
    }
    return await openEngine(config, parts, logger);
  } catch (err) {
    // The node's pods must not wait for it.
    logger.error({ err }, 'the Docker API of this node could not be opened');
    return none;
  }
}

/** The same for whoever has nothing else to run. Throws where it cannot be opened. */
export async function openEngine(
  config: EngineConfig,
  parts: Pick<EngineOptions, 'images' | 'building' | 'filesystems' | 'runtime'>,
  logger: Logger,
): Promise<NodeEngine> {
  const rootDir = join(config.rootDir, 'engine');
  const runner = new CrunBuildRunner({ building: parts.building, workDir: join(rootDir, 'runs') });
  const engine = await Engine.open({
    ...parts,
    name: config.nodeName,
    rootDir,
    cgroupRoot: `${config.cgroupRoot}/engine`,
    build: (options) =>
      buildImage({ ...options, images: parts.images, building: parts.building, runner, cacheDir: join(rootDir, 'cache') }),
    changed: changedConfig,
    mounts: volumeMounts,
    logs: { read: readLog },
    links: await linksOf(config, logger),
    podOf,
    clock: systemClock,
    random: systemRandom,
    logger,
  });
  const server = await EngineServer.listen({ socket: config.engineSocket, endpoints, engine, logger });
  return {
    shutDown: (seconds) => engine.shutDown(seconds),
    async close() {
      await server.close();
      engine.close();
    },
  };
}

/** Addresses of a range that only this node knows; outside it the containers show the node's own. */
async function linksOf(config: EngineConfig, logger: Logger): Promise<NodeLinks> {
  const { engineCidr, nftTable, interfacePrefix, rootDir, serviceCidrs, clusterDns } = config;
  const ipv4 = (address: string): boolean => !address.includes(':');
  const table = `${nftTable}-engine`;
  await createServiceProxy({ table, clusterCidrs: [engineCidr], serviceCidrs: serviceCidrs.filter(ipv4), logger }).apply([]);
  const network = await createPodNetwork({
    podCidrs: [engineCidr],
    directory: join(rootDir, 'engine', 'network'),
    interfacePrefix: `${interfacePrefix.slice(0, 4)}e`,
    table: `${table}-guard`,
  });
  return { bridge: { network, subnet: engineCidr, dns: clusterDns.filter(ipv4) }, loopback: raiseLoopback };
}
