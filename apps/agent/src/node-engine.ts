import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { podOf } from '#agent';
import { systemClock, systemRandom } from '#base';
import { builderOf, changedConfig } from '#builder';
import { Engine, EngineServer, type EngineOptions, endpoints, type NodeLinks } from '#engine';
import { ContainerDns, type ContainerNames, createBridgeNetworks, createHostPorts, raiseLoopback } from '#network';
import { CrunBuildRunner, readLog, volumeMounts } from '#runtime';
import type { Logger } from '#telemetry';
import type { AgentConfig } from './config.ts';

/** unix(7): `sun_path` without its closing zero. */
const LONGEST_PATH = 107;
const RESOLV_CONF = '/etc/resolv.conf';

export type EngineConfig = Pick<
  AgentConfig,
  | 'engineSocket'
  | 'engineCidr'
  | 'rootDir'
  | 'cgroupRoot'
  | 'nodeName'
  | 'nftTable'
  | 'interfacePrefix'
  | 'serviceCidrs'
  | 'clusterCidrs'
  | 'clusterDns'
  | 'clusterDomain'
  | 'machineNetns'
>;

export interface NodeEngine {
  shutDown(seconds: number): Promise<void>;
  close(): Promise<void>;
}

const none: NodeEngine = { shutDown: async () => undefined, close: async () => undefined };

/** The Docker Engine API of one node, on the images and containers that its pods are made of too. Without `--engine-socket` there is none. */
export async function openNodeEngine(
  config: EngineConfig,
  parts: Pick<EngineOptions, 'archives' | 'registries' | 'images' | 'building' | 'filesystems' | 'runtime'>,
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
  parts: Pick<EngineOptions, 'archives' | 'registries' | 'images' | 'building' | 'filesystems' | 'runtime'>,
  logger: Logger,
): Promise<NodeEngine> {
  const rootDir = join(config.rootDir, 'engine');
  const cgroupRoot = `${config.cgroupRoot}/builds`;
  const runner = new CrunBuildRunner({ building: parts.building, workDir: join(rootDir, 'runs'), cgroupRoot });
  await runner.clear();
  let names: ContainerNames | undefined;
  const dns = await ContainerDns.start({
    names: () => names,
    resolvConf: RESOLV_CONF,
    clock: systemClock,
    random: systemRandom,
    logger,
  });
  const links = linksOf(config, dns.port, logger);
  const engine = await Engine.open({
    ...parts,
    name: config.nodeName,
    rootDir,
    cgroupRoot: `${config.cgroupRoot}/engine`,
    builder: builderOf({ images: parts.images, building: parts.building, runner, cacheDir: join(rootDir, 'cache') }),
    changed: changedConfig,
    mounts: volumeMounts,
    logs: { read: readLog },
    links,
    podOf,
    clock: systemClock,
    random: systemRandom,
    logger,
  });
  names = engine.networks.names;
  const server = await EngineServer.listen({ socket: config.engineSocket, endpoints, engine, logger });
  return {
    shutDown: (seconds) => engine.shutDown(seconds),
    async close() {
      await server.close();
      engine.close();
      await dns.stop();
      await links.hostPorts.close();
    },
  };
}

/** Networks that only this node knows; outside them the containers show the node's own address. */
function linksOf(config: EngineConfig, resolverPort: number, logger: Logger): NodeLinks {
  const { engineCidr, nftTable, interfacePrefix, serviceCidrs, clusterCidrs, clusterDns, clusterDomain, machineNetns } = config;
  const cluster = [...clusterCidrs, ...serviceCidrs];
  return {
    bridges: createBridgeNetworks({ table: `${nftTable}-engine`, clusterCidrs: clusterDomain === '' ? [] : cluster, resolverPort, logger }),
    hostPorts: createHostPorts({ logger, ...(machineNetns !== '' && { machineNetns }) }),
    prefix: interfacePrefix,
    subnet: engineCidr,
    taken: cluster,
    linkRanges: () => Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).flatMap(({ cidr }) => cidr ?? [])),
    ipv6: existsSync('/proc/net/if_inet6'),
    // Without a cluster they are those of the machine.
    ...(clusterDomain === ''
      ? { servers: clusterDns }
      : { cluster: { dns: clusterDns.filter((address) => !address.includes(':')), domain: clusterDomain } }),
    resolvConf: RESOLV_CONF,
    loopback: raiseLoopback,
  };
}
