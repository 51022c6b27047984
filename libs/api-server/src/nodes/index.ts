import type { AddedKind, Authorizer, ClusterView, ConnectHandlers } from '../contract.ts';
import type { NodeSessions } from './node-sessions.ts';

export { drain } from './drain.ts';
export { NodeSessions, type StreamRequest } from './node-sessions.ts';
export { Channel, type Frame, type NodeStream, statusIn } from './node-stream.ts';

/** What is done with connected agents. It knows pods (`libs/nodes`), so that this library need not. */
export interface NodeServices {
  connect: ConnectHandlers;
  /** Those whose objects are made of what nodes tell. */
  kinds: readonly AddedKind[];
  /** Whether, before `deadline` (milliseconds since the epoch), every node has applied that nothing is sent to the pod any more. */
  awaitUnrouted(podUid: string, deadline: number, signal: AbortSignal): Promise<boolean>;
}

export type NodeServicesOf = (server: { sessions: NodeSessions; view: ClusterView; authorizer: Authorizer }) => NodeServices;

/** The connected agents and what they have applied. */
export interface Nodes extends Pick<NodeServices, 'awaitUnrouted'> {
  sessions: NodeSessions;
}
