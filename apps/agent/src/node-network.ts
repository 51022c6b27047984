import { join } from 'node:path';
import type { Registry } from 'prom-client';
import type { AgentNetwork } from '#agent';
import { availableParallelism } from 'node:os';
import { systemClock, systemRandom } from '#base';
import {
  announcedBy,
  createAnnouncer,
  createClusterDns,
  createIngressProxy,
  createNodeRoutes,
  createPodNetwork,
  createPolicyTables,
  createServiceProxy,
  dnsRecords,
  ingressState,
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
    ...(config.ingress.httpPort + config.ingress.httpsPort > 0 && { ingress: nodeIngress(config, logger) }),
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

/** More threads than this serve no node of this kind any faster. */
const mostThreads = 4;

function nodeIngress({ nodeIps, ingress }: AgentConfig, logger: Logger): NonNullable<AgentNetwork['ingress']> {
  const threads = Math.min(availableParallelism(), mostThreads);
  const parts = { ...ingress, addresses: nodeIps, threads, clock: systemClock, random: systemRandom, logger };
  return { state: ingressState, proxy: (directory) => createIngressProxy({ ...parts, directory }) };
}
