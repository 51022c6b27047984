export type { GrpcDependencies } from './dependencies.ts';
export { GrpcModule } from './grpc.module.ts';
export { type GrpcServerOptions, GrpcServerStrategy } from './server-strategy.grpc.ts';
