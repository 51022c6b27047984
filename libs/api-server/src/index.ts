export * from './contract.ts';
export type { ClusterView } from './cluster-view.ts';
export { type GrpcDependencies, GrpcModule, GrpcServerStrategy } from './grpc/index.ts';
export { serveChain } from './http/fastify.ts';
export { serveUpgrades } from './http/upgrade.ts';
export { ApiServer, type ServerOptions } from './server.ts';
