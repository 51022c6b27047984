export type { GrpcDependencies } from './dependencies.ts';
export { GrpcModule } from './grpc.module.ts';
export { GrpcServerStrategy } from './server-strategy.grpc.ts';
