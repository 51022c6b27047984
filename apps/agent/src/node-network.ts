import { join } from 'node:path';
import type { Registry } from 'prom-client';
import type { AgentNetwork } from '#agent';
import { systemClock } from '#base';
import { createClusterDns, createNodeRoutes, createPodNetwork, createServiceProxy, dnsRecords, prepareNode, serviceRoutes } from '#network';
import type { Logger } from '#telemetry';
import type { AgentConfig } from './config.ts';

/** Wires `#network` for one node. */
export function nodeNetwork(config: AgentConfig, logger: Logger, registry: Registry): AgentNetwork {
  const { nodeIps, serviceCidr, clusterDns, clusterCidr, interfacePrefix } = config;
  return {
    prepare: (podCidrs) => prepareNode({ nodeIp: nodeIps[0] ?? '', serviceCidr, clusterDns, podCidrs }),
    pods: ([podCidr = '']) =>
      createPodNetwork({ podCidr, directory: join(config.rootDir, 'network'), interfacePrefix, table: config.nftTable }),
    routes: createNodeRoutes(),
    proxy: createServiceProxy({ table: config.nftTable, clusterCidr, serviceCidr, ownAddresses: [clusterDns], logger }),
    serviceRoutes,
    dns: (lookups) =>
      createClusterDns({
        address: clusterDns,
        domain: config.clusterDomain,
        records: dnsRecords(lookups),
        resolvConf: '/etc/resolv.conf',
        clock: systemClock,
        logger,
        registry,
      }),
  };
}
