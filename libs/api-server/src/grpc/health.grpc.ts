import type { ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import { Controller, Inject, UseFilters } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall } from '@nestjs/microservices';
import { notFound } from '#api';
import { health } from '#proto';
import { abortOnCancel } from './abort.ts';
import { ApiErrorFilter } from './api-error-filter.grpc.ts';
import { type GrpcDependencies, grpcDependencies } from './dependencies.ts';

const Status = health.HealthCheckResponse_ServingStatus;
const services = new Set(['', 'berth.v1.Resources', 'berth.v1.NodeSession']);
const lookEveryMs = 1000;

/** The gRPC health checking protocol; probes need no permission, as with /healthz. */
@Controller()
@UseFilters(ApiErrorFilter)
export class HealthGrpc {
  constructor(@Inject(grpcDependencies) private readonly on: Pick<GrpcDependencies, 'ready' | 'clock'>) {}

  @GrpcMethod('Health', 'Check')
  check(call: ServerUnaryCall<health.HealthCheckRequest, health.HealthCheckResponse>): health.HealthCheckResponse {
    const { service } = call.request;
    if (!services.has(service)) throw notFound({ group: '', resource: 'services' }, service);
    return { status: this.status() };
  }

  @GrpcStreamCall('Health', 'Watch')
  async watch(call: ServerWritableStream<health.HealthCheckRequest, health.HealthCheckResponse>): Promise<void> {
    const known = services.has(call.request.service);
    let sent: health.HealthCheckResponse_ServingStatus | undefined;
    for await (const _ of this.on.clock.every(lookEveryMs, abortOnCancel(call))) {
      const status = known ? this.status() : Status.SERVICE_UNKNOWN;
      if (status !== sent) call.write({ status });
      sent = status;
    }
  }

  private status(): health.HealthCheckResponse_ServingStatus {
    return this.on.ready() ? Status.SERVING : Status.NOT_SERVING;
  }
}
