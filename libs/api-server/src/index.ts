export * from './contract.ts';
export type { ClusterView } from './cluster-view.ts';
export { parsePodSecurity, type PodSecurityConfiguration } from './admission/index.ts';
export { type GrpcDependencies, GrpcModule, GrpcServerStrategy } from './grpc/index.ts';
export { type HttpsServer, serveHttps } from './http/serve-chain.ts';
export { ApiServer, type ServerOptions } from './server.ts';
