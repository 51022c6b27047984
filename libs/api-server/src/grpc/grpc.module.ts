import { type DynamicModule, Module } from '@nestjs/common';
import { NodeSessionGrpc } from '../nodes/node-session.grpc.ts';
import { ApiErrorFilter } from './api-error-filter.grpc.ts';
import { type GrpcDependencies, grpcDependencies } from './dependencies.ts';
import { HealthGrpc } from './health.grpc.ts';
import { ResourcesGrpc } from './resources.grpc.ts';

/** The gRPC services of the api-server, for an application that connects a `GrpcServerStrategy`. */
@Module({})
export class GrpcModule {
  static forServer(dependencies: GrpcDependencies): DynamicModule {
    return {
      module: GrpcModule,
      controllers: [ResourcesGrpc, NodeSessionGrpc, HealthGrpc],
      providers: [{ provide: grpcDependencies, useValue: dependencies }, ApiErrorFilter],
    };
  }
}
