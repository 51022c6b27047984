import type { Clock, Random } from '#base';
import type { Logger } from '#telemetry';
import type { Authorizer, ClusterView } from '#api-server/contract';
import type { Nodes } from '#api-server';
import type { NodeSocket } from './node-socket.ts';

/** What the streaming subresources stand on. */
export interface StreamParts {
  nodes: Pick<Nodes, 'sessions'>;
  view: ClusterView;
  clock: Clock;
  authorizer: Authorizer;
  logger: Logger;
  /** What this server shows to a node's own port. */
  kubeletClient?: { cert: string; key: string };
  /** Chooses among equal backends. */
  random: Random;
}

/** Opens a connection to a port of the pod. Throws ApiError. */
export type Dial = (port: number) => Promise<NodeSocket>;
