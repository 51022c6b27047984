import type { NodeServicesOf } from '#api-server';
import { awaitUnrouted } from './await-unrouted.ts';
import { EndpointRoutes } from './endpoint-routes.ts';
import { metricsKinds } from './metrics/index.ts';
import type { StreamParts } from './streams/dependencies.ts';
import { connectHandlers } from './streams/index.ts';

/** What the api-server does with connected nodes for pods, services and nodes: their streams, and waiting until no node routes to a pod. */
export function nodeServices(options: Pick<StreamParts, 'clock' | 'random' | 'logger' | 'kubeletClient'>): NodeServicesOf {
  return ({ sessions, view, authorizer }) => {
    const routes = new EndpointRoutes(view);
    return {
      kinds: metricsKinds({ sessions, view, clock: options.clock }),
      connect: connectHandlers({ ...options, nodes: { sessions }, view, authorizer }),
      awaitUnrouted: (podUid, deadline, signal) =>
        awaitUnrouted({ view, sessions, routes, clock: options.clock }, podUid, deadline, signal),
    };
  };
}
