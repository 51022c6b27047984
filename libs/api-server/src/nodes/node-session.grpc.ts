import type { ServerDuplexStream, ServerUnaryCall } from '@grpc/grpc-js';
import { Controller, Inject, UseFilters } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall } from '@nestjs/microservices';
import { ApiError } from '#api';
import { nodeNameOf } from '#objects';
import type { nodeSession } from '#proto';
import { abortOnCancel } from '../grpc/abort.ts';
import { ApiErrorFilter } from '../grpc/api-error-filter.grpc.ts';
import { type CallWithPeer, callerOf } from '../grpc/caller.ts';
import { type GrpcDependencies, grpcDependencies } from '../grpc/dependencies.ts';

/** What agents call; a caller is the node that its certificate names, and nothing else. */
@Controller()
@UseFilters(ApiErrorFilter)
export class NodeSessionGrpc {
  constructor(@Inject(grpcDependencies) private readonly on: GrpcDependencies) {}

  @GrpcStreamCall('NodeSession', 'Session')
  async session(call: ServerDuplexStream<nodeSession.NodeMessage, nodeSession.ControlMessage>): Promise<void> {
    await this.on.nodes.sessions.serve(await this.node(call), call);
  }

  @GrpcStreamCall('NodeSession', 'Connect')
  async connect(call: ServerDuplexStream<nodeSession.StreamFrame, nodeSession.StreamFrame>): Promise<void> {
    await this.on.nodes.sessions.connect(await this.node(call), call);
  }

  @GrpcMethod('NodeSession', 'AwaitUnrouted')
  async awaitUnrouted(
    call: ServerUnaryCall<nodeSession.AwaitUnroutedRequest, nodeSession.AwaitUnroutedReply>,
  ): Promise<nodeSession.AwaitUnroutedReply> {
    await this.node(call);
    return { unrouted: await this.on.nodes.awaitUnrouted(call.request.podUid, Number(call.getDeadline()), abortOnCancel(call)) };
  }

  private async node(call: CallWithPeer): Promise<string> {
    const user = await callerOf(call, this.on.authenticator);
    const node = nodeNameOf(user);
    if (node === undefined) {
      throw new ApiError({ code: 403, reason: 'Forbidden', message: `forbidden: User ${JSON.stringify(user.username)} is not a node` });
    }
    return node;
  }
}
