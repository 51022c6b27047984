import type { NodeSessions } from '#api-server';
import type { ClusterView } from '#api-server/contract';
import type { Node } from '#api/types';
import type { Clock } from '#base';
import { gvks, isNodeReady } from '#objects';
import type { EndpointRoutes } from './endpoint-routes.ts';

/** Answers this much before the caller would give up. */
const marginMs = 50;
const longestMs = 30_000;

/** What it is looked up in: endpoint slices, and how far each node's session says it has applied them. */
export interface UnroutedSources {
  view: ClusterView;
  sessions: Pick<NodeSessions, 'applied' | 'onProgress'>;
  routes: Pick<EndpointRoutes, 'unroutedSince' | 'onChange'>;
  clock: Clock;
}

/**
 * Resolves with true when no slice routes to the pod and every Ready node with a session has applied that, with false when `deadline`
 * (milliseconds since the epoch) nears or the caller gives up.
 */
export async function awaitUnrouted(sources: UnroutedSources, podUid: string, deadline: number, signal: AbortSignal): Promise<boolean> {
  const { sessions, routes, clock } = sources;
  if (isUnrouted(sources, podUid)) return true;
  const waitMs = Math.min(deadline - clock.now().getTime() - marginMs, longestMs);
  if (waitMs <= 0 || signal.aborted) return false;
  return new Promise<boolean>((resolve) => {
    const finish = (answer: boolean): void => {
      for (const undo of undos) undo();
      resolve(answer);
    };
    const look = (): void => {
      if (isUnrouted(sources, podUid)) finish(true);
    };
    const giveUp = (): void => finish(false);
    const undos = [
      routes.onChange(look),
      sessions.onProgress(look),
      clock.after(waitMs, giveUp),
      () => signal.removeEventListener('abort', giveUp),
    ];
    signal.addEventListener('abort', giveUp, { once: true });
  });
}

/** The question of `awaitUnrouted` at this moment. A node that is not Ready is not waited for: it may never answer. */
export function isUnrouted({ view, sessions, routes }: UnroutedSources, podUid: string): boolean {
  const since = routes.unroutedSince(podUid);
  if (since === undefined) return false;
  for (const [node, { appliedRevision }] of sessions.applied()) {
    if (appliedRevision < since && isNodeReady(view.get<Node>(gvks.Node, '', node))) return false;
  }
  return true;
}
