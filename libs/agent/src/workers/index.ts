import type { AgentContext } from '../context.ts';
import { CsiRegistration } from '../csi/csi-registration.ts';
import type { NodeSessions } from '../session/node-session.ts';
import type { ImageGarbage } from './image-garbage.ts';
import { syncImages } from './image-sync.ts';
import { LocalDirectories } from './local-directories.ts';
import { rotateLogs } from './log-rotation.ts';
import type { NetworkPolicies } from './network-policies.ts';
import type { LoadBalancerAddresses } from './load-balancer-addresses.ts';
import type { NodeIngress } from './ingress.ts';
import type { NetworkTables } from './network-tables.ts';
import { type NodeLeaseOptions, renewNodeLease } from './node-lease.ts';
import type { NodeCgroups } from './node-cgroups.ts';
import type { NodePressure } from './node-pressure.ts';
import type { NodeStatusWorker } from './node-status.ts';
import type { Pods } from './pods.ts';
import type { ServiceRanges } from './service-ranges.ts';
import type { StaticPods } from './static-pods.ts';
import { enforceStorageLimits } from './storage-limits.ts';
import { lasting, type Worker } from './worker.ts';

/** What makes a node known and keeps it so, in the order of their beginning; they end in the reverse. */
export const nodeWorkers = (parts: {
  pressure: NodePressure;
  status: NodeStatusWorker;
  lease: NodeLeaseOptions;
  cgroups: NodeCgroups;
}): readonly Worker[] => [
  parts.pressure,
  parts.cgroups,
  parts.status,
  { name: 'node-lease', run: (signal) => renewNodeLease(parts.lease, signal) },
];

export interface PodParts {
  context: AgentContext;
  pods: Pods;
  statics: StaticPods;
  sessions: NodeSessions;
  tables: NetworkTables;
  policies: NetworkPolicies;
  balancers: LoadBalancerAddresses;
  serviceRanges: ServiceRanges;
  dns: { start(): Promise<void>; stop(): Promise<void> };
  ingress: NodeIngress | undefined;
  garbage: ImageGarbage;
}

/**
 * What runs pods on a node that has its network: in this order the tables stand before any pod of the API begins, and statuses are written
 * last.
 */
export function podWorkers(parts: PodParts): readonly Worker[] {
  const { context, pods, statics, sessions, tables, policies, balancers, serviceRanges, dns, ingress, garbage } = parts;
  const { clock, logger, runtime, mounts, settings, statuses, watches } = context;
  return [
    lasting('status-writer', { stop: () => statuses.close() }),
    lasting('object-watches', { stop: () => watches.close() }),
    lasting('node-session', sessions),
    statics,
    lasting('network-tables', tables),
    lasting('network-policies', policies),
    lasting('service-ranges', serviceRanges),
    balancers,
    lasting('dns', dns),
    new CsiRegistration(context),
    lasting('pods', pods),
    ...(ingress ? [lasting('ingress', ingress)] : []),
    { name: 'storage-limits', run: (signal) => enforceStorageLimits({ runtime, mounts, clock, logger, pods: () => pods.all() }, signal) },
    { name: 'log-rotation', run: (signal) => rotateLogs({ runtime, clock, logger, limits: settings.logs }, signal) },
    new LocalDirectories(context),
    garbage,
    { name: 'image-sync', run: (signal) => syncImages({ images: context.images, clock, logger }, signal) },
  ];
}
