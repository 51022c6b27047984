import type { Clock, Random } from '#base';
import type { Logger } from '#telemetry';
import type { ClusterView } from '../contract.ts';
import { awaitUnrouted } from './await-unrouted.ts';
import { EndpointRoutes } from './endpoint-routes.ts';
import { NodeSessions } from './node-sessions.ts';

export { drain } from './drain.ts';
export { NodeSessions, type StreamRequest } from './node-sessions.ts';
export { Channel, type Frame, type NodeStream, statusIn } from './node-stream.ts';

/** The connected agents and what they have applied. */
export interface Nodes {
  sessions: NodeSessions;
  awaitUnrouted(podUid: string, deadline: number, signal: AbortSignal): Promise<boolean>;
}

interface Parts {
  view: ClusterView;
  clock: Clock;
  random: Random;
  logger: Logger;
}

export function createNodes({ view, clock, random, logger }: Parts): Nodes {
  const sessions = new NodeSessions({ clock, random, logger });
  const routes = new EndpointRoutes(view);
  return {
    sessions,
    awaitUnrouted: (podUid, deadline, signal) => awaitUnrouted({ view, sessions, routes, clock }, podUid, deadline, signal),
  };
}
