export * from './contract.ts';
export { createPodNetwork, type PodNetworkOptions } from './links/pod-network.ts';
export { clearNode, type NodeNetworkOptions, prepareNode } from './node.ts';
export { createNodeRoutes } from './routes/node-routes.ts';
export { hostRunner, type Runner, runnerIn } from './runner.ts';
export { createServiceProxy, type ServiceProxyOptions } from './services/service-proxy.ts';
