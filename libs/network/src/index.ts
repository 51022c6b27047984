export * from './contract.ts';
export { type ClusterDnsOptions, createClusterDns } from './dns/cluster-dns.ts';
export { type DnsLookups, dnsRecords } from './dns/records.ts';
export { createPodNetwork, type PodNetworkOptions } from './links/pod-network.ts';
export { clearNode, type NodeNetworkOptions, prepareNode } from './node.ts';
export { createNodeRoutes } from './routes/node-routes.ts';
export { hostRunner, type Runner, runnerIn } from './runner.ts';
export { createServiceProxy, type ServiceProxyOptions } from './services/service-proxy.ts';
export { serviceRoutes } from './services/service-routes.ts';
