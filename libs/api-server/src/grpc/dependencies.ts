import type { Clock } from '#base';
import type { Logger } from '#telemetry';
import type { Authenticator, Authorizer, KindCatalog, ResourceService } from '../contract.ts';
import type { Chain } from '../chain.ts';
import type { Nodes } from '../nodes/index.ts';

/** What the gRPC services stand on. */
export interface GrpcDependencies {
  service: ResourceService;
  chain: Pick<Chain, 'admit' | 'serve'>;
  kinds: KindCatalog;
  authenticator: Authenticator;
  authorizer: Authorizer;
  nodes: Nodes;
  clock: Clock;
  logger: Logger;
  /** Whether the process can serve (caches filled, store reachable); for grpc.health.v1. */
  ready(): boolean;
}

export const grpcDependencies = Symbol('gRPC dependencies');
