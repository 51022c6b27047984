export { createKindCatalog } from './catalog/kind-catalog.ts';
export * from './contract.ts';
export { type GrpcDependencies, GrpcModule, GrpcServerStrategy } from './grpc/index.ts';
export { type HttpsServer, serveHttps } from './http/serve-chain.ts';
export { ApiServer, type ServerOptions } from './server.ts';
