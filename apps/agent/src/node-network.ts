import { join } from 'node:path';
import type { Registry } from 'prom-client';
import type { AgentNetwork } from '#agent';
import { systemClock } from '#base';
import {
  announcedBy,
  createAnnouncer,
  createClusterDns,
  createNodeRoutes,
  createPodNetwork,
  createPolicyTables,
  createServiceProxy,
  dnsRecords,
  prepareNode,
  routeServiceCidrs,
  serviceRoutes,
} from '#network';
import type { Logger } from '#telemetry';
import type { AgentConfig } from './config.ts';

/** Wires `#network` for one node. */
export function nodeNetwork(config: AgentConfig, logger: Logger, registry: Registry): AgentNetwork {
  const { nodeIps, nodeName, serviceCidrs, loadBalancerCidrs, clusterDns, clusterCidrs, interfacePrefix } = config;
  const proxy = createServiceProxy({
    table: config.nftTable,
    clusterCidrs,
    serviceCidrs,
    loadBalancerCidrs,
    ownAddresses: clusterDns,
    logger,
  });
  return {
    prepare: (podCidrs) => prepareNode({ nodeIps, serviceCidrs, loadBalancerCidrs, clusterDns, podCidrs }),
    pods: (podCidrs) => createPodNetwork({ podCidrs, directory: join(config.rootDir, 'network'), interfacePrefix, table: config.nftTable }),
    routes: createNodeRoutes({ clusterCidrs }),
    policies: (podCidrs) => createPolicyTables({ table: `${config.nftTable}-policies`, podCidrs, clusterDns, logger }),
    proxy,
    serviceRoutes,
    serviceCidrs: async (cidrs) => {
      await routeServiceCidrs({ nodeIps, serviceCidrs: [...new Set([...serviceCidrs, ...loadBalancerCidrs, ...cidrs])] });
      await proxy.applyServiceCidrs(cidrs);
    },
    announcer: createAnnouncer({ nodeIps }),
    announced: (cluster) => announcedBy(nodeName, cluster, loadBalancerCidrs),
    dns: (lookups) =>
      createClusterDns({
        addresses: clusterDns,
        domain: config.clusterDomain,
        records: dnsRecords(lookups),
        resolvConf: '/etc/resolv.conf',
        clock: systemClock,
        logger,
        registry,
      }),
  };
}
