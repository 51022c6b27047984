import type { ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import { Controller, Inject, UseFilters } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall } from '@nestjs/microservices';
import type { resources } from '#proto';
import { badRequest } from '#api';
import type { Resource } from '../contract.ts';
import { abortOnCancel } from './abort.ts';
import { ApiErrorFilter } from './api-error-filter.grpc.ts';
import { narrowing } from '../request/narrowing.ts';
import { callerOf, certificateOfCall, demand } from './caller.ts';
import { type GrpcDependencies, grpcDependencies } from './dependencies.ts';
import { sendKinds } from './watch-kinds.ts';
import { readPath } from './read.ts';
import { sendWatch } from './watch.ts';
import { writeMany } from './write-many.ts';

/** Reads and writes for the system's own parts: the same authorization and pipeline as HTTPS. */
@Controller()
@UseFilters(ApiErrorFilter)
export class ResourcesGrpc {
  constructor(@Inject(grpcDependencies) private readonly on: GrpcDependencies) {}

  @GrpcMethod('Resources', 'Get')
  async get(call: ServerUnaryCall<resources.GetRequest, resources.ObjectReply>) {
    const { request } = call;
    const resource = named(request.resource);
    const { namespace, name } = request;
    const user = await callerOf(call, this.on.authenticator);
    await demand(user, { verb: 'get', ...resource, namespace, name }, this.on.authorizer);
    const { bytes } = await this.on.service.get({ user, resource, namespace, name });
    return { object: bytes } satisfies resources.ObjectReply;
  }

  @GrpcMethod('Resources', 'List')
  async list(call: ServerUnaryCall<resources.ListRequest, resources.ListReply>) {
    const { request } = call;
    const resource = named(request.resource);
    const { namespace, labelSelector, fieldSelector } = request;
    const user = await callerOf(call, this.on.authenticator);
    await demand(user, { verb: 'list', ...resource, namespace, ...narrowing({ fieldSelector, labelSelector }) }, this.on.authorizer);
    const { items, resourceVersion } = await this.on.service.list({ user, resource, namespace, labelSelector, fieldSelector });
    return { resourceVersion, objects: items.map(({ bytes }) => bytes) } satisfies resources.ListReply;
  }

  @GrpcStreamCall('Resources', 'Watch')
  async watch(call: ServerWritableStream<resources.WatchRequest, resources.WatchReply>): Promise<void> {
    const resource = named(call.request.resource);
    const { namespace, labelSelector, fieldSelector, resourceVersion } = call.request;
    const user = await callerOf(call, this.on.authenticator);
    await demand(user, { verb: 'watch', ...resource, namespace, ...narrowing({ fieldSelector, labelSelector }) }, this.on.authorizer);
    const query = { user, resource, namespace, labelSelector, fieldSelector, ...(resourceVersion && { resourceVersion }) };
    await sendWatch(call, this.on.service, query, abortOnCancel(call));
  }

  /** Who may discover the API over HTTPS may ask this. */
  @GrpcStreamCall('Resources', 'WatchKinds')
  async watchKinds(call: ServerWritableStream<resources.WatchKindsRequest, resources.WatchKindsReply>): Promise<void> {
    const user = await callerOf(call, this.on.authenticator);
    await demand(user, { verb: 'get', group: '', resource: '', nonResourcePath: '/apis' }, this.on.authorizer);
    await sendKinds(call, this.on.kinds, abortOnCancel(call));
  }

  /** The chain asks who calls and whether they may. */
  @GrpcMethod('Resources', 'Read')
  async read(call: ServerUnaryCall<resources.ReadRequest, resources.ReadReply>) {
    const { path: url } = call.request;
    const body = await readPath(this.on.chain, { url, certificate: certificateOfCall(call), signal: abortOnCancel(call) });
    return { body } satisfies resources.ReadReply;
  }

  @GrpcMethod('Resources', 'WriteMany')
  async writeMany(call: ServerUnaryCall<resources.WriteManyRequest, resources.WriteManyReply>) {
    const { service, authorizer, authenticator } = this.on;
    const user = await callerOf(call, authenticator);
    const results = await writeMany(call.request.items, user, { service, authorizer });
    return { results } satisfies resources.WriteManyReply;
  }
}

function named(resource: resources.Resource | undefined): Resource {
  if (!resource?.resource) throw badRequest('the request names no resource');
  return resource;
}
